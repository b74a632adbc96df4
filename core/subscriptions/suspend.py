"""Let a subscription rest: out of service, and as a rule unbilled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from core.catalogue.compile import Resting
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.clock import in_utc
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.kernel.periods import Period
from core.kernel.proration import days_in
from core.kernel.zones import local_day, start_of_day
from core.subscriptions.repository import set_binding_end
from core.subscriptions.resting_limits import allowed_until
from core.subscriptions.rests import Rest, add_rest
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace


class RestingNotAllowed(Refusal):
    """The billing terms allow no rest."""

    code: ClassVar[str] = "RESTING_NOT_ALLOWED"


class RestRefused(Refusal):
    """A rest begins now or later, ends behind its beginning, and overlaps no other."""

    code: ClassVar[str] = "REST_REFUSED"


@dataclass(frozen=True, slots=True)
class Suspend:
    """When to rest: from now on or from a later instant; without an end, until resumed.

    Where the terms limit the days, a rest without an end lasts as long as they allow.
    """

    subscription_id: UUID
    from_at: datetime | None = None
    until_at: datetime | None = None
    note: str = ""


async def suspend(tx: Tx, command: Suspend) -> Rest:
    """Let a subscription rest, within the limits of its terms.

    While it rests it is `suspended`: usage cannot be ordered, and its days are not owed
    unless the terms bill rests. Days that are on an invoice already stay there, until there
    are credit notes for them. Nothing is stored when the rest begins or ends.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, RestingNotAllowed, RestRefused,
        RestingLimit, InvalidText
    """
    current = await standing(tx, command.subscription_id, verb="suspend")
    limits = current.terms.resting
    if limits is None:
        raise RestingNotAllowed(f"billing terms {current.terms.code} allow no rest")
    from_at, until_at = _wanted(current, command)
    until_at = allowed_until(
        limits,
        current.rests,
        wanted=(from_at, until_at),
        first_day=local_day(current.subscription.starts_at, current.subscription.timezone),
        zone=current.subscription.timezone,
    )
    _refuse_overlap(current, from_at, until_at)
    rest = Rest(
        id=new_id(),
        subscription_id=current.id,
        from_at=from_at,
        until_at=until_at,
        is_billed=limits.billed,
        note=line_of_text(command.note, path=("note",)) if command.note else "",
        created_at=tx.now,
    )
    await add_rest(tx, rest)
    if until_at is not None:
        days = days_in(Period(from_at, until_at), current.subscription.timezone)
        await extend_binding(tx, current, limits, days=days)
    await leave_trace(
        tx,
        action="subscription.suspended",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"rest": rest.id, "from": from_at, "until": until_at, "note": command.note},
    )
    return rest


def _wanted(current: Standing, command: Suspend) -> tuple[datetime, datetime | None]:
    from_at = current.at_once if command.from_at is None else in_utc(command.from_at)
    until_at = None if command.until_at is None else in_utc(command.until_at)
    if from_at < current.at_once:
        raise RestRefused("a rest begins now or later", path=("from",))
    if until_at is not None and until_at <= from_at:
        raise RestRefused("a rest ends behind its beginning", path=("until",))
    return from_at, until_at


def _refuse_overlap(current: Standing, from_at: datetime, until_at: datetime | None) -> None:
    for rest in current.rests:
        begins_before_its_end = rest.until_at is None or from_at < rest.until_at
        if begins_before_its_end and (until_at is None or rest.from_at < until_at):
            raise RestRefused(
                f"it rests from {rest.from_at.isoformat()} already; resume that one first",
                path=("from",),
            )


async def extend_binding(
    tx: Tx, current: Standing, limits: Resting, *, days: int
) -> datetime | None:
    """Move the end of a binding by days, also back, where the terms say that rests do.

    Return the end as it is then.
    """
    bound_until = current.subscription.bound_until
    if not limits.extends_binding or bound_until is None or not days:
        return bound_until
    zone = current.subscription.timezone
    moved = start_of_day(local_day(bound_until, zone) + timedelta(days=days), zone)
    await set_binding_end(tx, current.id, bound_until=moved)
    return moved
