"""Ask to be billed for longer than the terms' frequency, from the next billing on."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from core.buy_in_advance import repository
from core.buy_in_advance.durations import check_duration, offered_by
from core.buy_in_advance.records import AdvanceRequest
from core.buy_in_advance.refusals import RequestWaits
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.frequency import Frequency
from core.kernel.ids import new_id
from core.kernel.zones import local_day
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace


async def request_in_advance(
    tx: Tx, *, subscription_id: UUID, duration: str, note: str = ""
) -> AdvanceRequest:
    """Make a request that the next billing of the subscription takes.

    The period is billed from where the subscription is billed to, for the duration; until
    then the request may be amended or cancelled. One at most waits.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, FrequencyRefused,
        NoActiveDefinition, PrepaidNotInAdvance, DurationNotOffered,
        NotLongerThanFrequency, RequestWaits, InvalidText
    """
    current = await standing(tx, subscription_id, verb="buy_in_advance")
    length = Frequency.parse_length(duration, path=("duration",))
    entry = await offered_by(tx)
    check_duration(
        length,
        entry,
        subscription_type=current.subscription.type,
        terms=current.terms,
        on=day_of(current),
    )
    if (await repository.waiting_requests(tx, [current.id])).get(current.id) is not None:
        raise RequestWaits("a request waits already; amend it, or cancel it first")
    request = AdvanceRequest(
        id=new_id(),
        account_id=current.account.id,
        subscription_id=current.id,
        definition_version_id=entry.version_id,
        duration=str(length),
        months=length.months,
        note=line_of_text(note, path=("note",)) if note else "",
        state="waiting",
        reason=None,
        period_id=None,
        requested_by=tx.actor,
        requested_at=current.now,
        settled_by=None,
        settled_at=None,
    )
    await repository.add_request(tx, request)
    await leave_trace(
        tx,
        action="advance_request.made",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"request": request.id, "duration": request.duration},
    )
    return request


def day_of(current: Standing) -> date:
    """Return the local day on which lengths of days and of months are compared."""
    return local_day(current.at_once, current.subscription.timezone)
