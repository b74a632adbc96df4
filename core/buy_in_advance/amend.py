"""Give a request that waits another duration."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.buy_in_advance import repository
from core.buy_in_advance.durations import check_duration, offered_by
from core.buy_in_advance.records import AdvanceRequest
from core.buy_in_advance.refusals import AdvanceRequestNotFound, RequestSettled
from core.buy_in_advance.request import day_of
from core.db import Tx
from core.kernel.frequency import Frequency
from core.subscriptions.standing import standing
from core.subscriptions.trace import leave_trace


async def amend_request(tx: Tx, *, request_id: UUID, duration: str) -> AdvanceRequest:
    """Change what a waiting request asks for, under the definition that is active now.

    Raises:
        AdvanceRequestNotFound, RequestSettled, SubscriptionEnded, WrongState,
        FrequencyRefused, NoActiveDefinition, PrepaidNotInAdvance, DurationNotOffered,
        NotLongerThanFrequency
    """
    found = await known_request(tx, request_id)
    current = await standing(tx, found.subscription_id, verb="buy_in_advance")
    request = await locked_waiting(tx, request_id)
    length = Frequency.parse_length(duration, path=("duration",))
    entry = await offered_by(tx)
    check_duration(
        length,
        entry,
        subscription_type=current.subscription.type,
        terms=current.terms,
        on=day_of(current),
    )
    await repository.change_request(
        tx, request, duration=str(length), months=length.months, version_id=entry.version_id
    )
    await leave_trace(
        tx,
        action="advance_request.amended",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"request": request.id, "before": request.duration, "duration": str(length)},
    )
    return replace(
        request,
        duration=str(length),
        months=length.months,
        definition_version_id=entry.version_id,
    )


async def known_request(tx: Tx, request_id: UUID) -> AdvanceRequest:
    """Return a request, or refuse its id."""
    found = await repository.request_by_id(tx, request_id)
    if found is None:
        raise AdvanceRequestNotFound(
            "there is no such request; check its id", path=("request",)
        )
    return found


async def locked_waiting(tx: Tx, request_id: UUID) -> AdvanceRequest:
    """Lock a request whose subscription is locked, and refuse one that waits no more."""
    request = await repository.lock_request(tx, request_id)
    if request.state != "waiting":
        raise RequestSettled(
            f"the request is {request.state}; make a new one", path=("request",)
        )
    return request
