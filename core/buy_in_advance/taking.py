"""Which period a waiting request makes longer at a billing, or why none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.buy_in_advance.length import is_longer, long_period
from core.buy_in_advance.records import AdvanceRequest
from core.catalogue.compile import TermsVersion
from core.kernel.periods import Period
from core.kernel.zones import local_day
from core.periods.rows import StoredPeriod
from core.subscriptions.records import Subscription


@dataclass(frozen=True, slots=True)
class Taking:
    """A request, and the period that it makes longer: `part` is what it will be."""

    request: AdvanceRequest
    period: StoredPeriod
    part: Period
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    """A request that a billing cannot take, with the reason."""

    request: AdvanceRequest
    reason: str


@dataclass(frozen=True, slots=True)
class Billed:
    """What a billing has at hand of one subscription with a request.

    `at_hand` are its periods of all streams, `unbilled` its fees periods that are not
    billed, in their order, those at hand among them.
    """

    request: AdvanceRequest
    at_hand: Sequence[StoredPeriod]
    unbilled: Sequence[StoredPeriod]
    owner: Subscription


def next_to_bill(billed: Billed) -> tuple[StoredPeriod, datetime] | None:
    """Return the fees period that the request applies to, and when it is owed.

    It begins where the subscription is billed to once the periods at hand are: at a due
    period itself where fees are billed in advance, behind it in arrears. A period that was
    over before the request was made is billed as it is.
    """
    at_hand = {period.id for period in billed.at_hand}
    due_from: dict[datetime, datetime] = {}
    for period in sorted(billed.at_hand, key=lambda one: one.due_at, reverse=True):
        in_advance = period.due_at <= period.starts_at
        if period.stream == "fees" and in_advance:
            due_from[period.starts_at] = period.due_at
        elif period.stream != "settlement":
            due_from[period.ends_at] = period.due_at
    for period in billed.unbilled:
        due_at = due_from.get(period.starts_at)
        is_next = due_at is not None and period.ends_at > billed.request.requested_at
        if due_at is not None and is_next and not period.is_advance:
            return period, due_at
        if period.id not in at_hand:
            return None  # what is billed later is behind it
    return None


def next_at_once(
    unbilled: Sequence[StoredPeriod], terms: TermsVersion, *, now: datetime
) -> StoredPeriod | None:
    """Return the fees period that a request applies to when it is billed at once.

    In advance that is the first unbilled one that is not over, in arrears the first behind
    the present one. None where a closing has it at hand, which takes the request.
    """
    in_advance = terms.fixed_charges == "advance"
    for period in unbilled:
        if period.ends_at > now if in_advance else period.starts_at > now:
            return period if period.state == "open" else None
    return None


def ends(owner: Subscription) -> str:
    """Say why what ends is not bought in advance."""
    return f"the subscription ends on {owner.ends_at:%Y-%m-%d}"


def decide(
    billed: Billed,
    terms: TermsVersion,
    found: tuple[StoredPeriod, datetime],
    *,
    anchor: date,
) -> Taking | Rejection:
    """Take the request for the period that was found, or reject it.

    What was asked for may not hold any more: the subscription ends, or its amended terms
    bill as long a period anyhow. `anchor` is that of the terms that hold then.
    """
    period, due_at = found
    request, zone = billed.request, billed.owner.timezone
    if billed.owner.ends_at is not None:
        return Rejection(request, ends(billed.owner))
    if terms.kind != "normal":
        return Rejection(request, f"billing terms {terms.code} are prepaid")
    length = request.length
    if not is_longer(length, terms.frequency, on=local_day(period.starts_at, zone)):
        return Rejection(
            request, f"{length} is not longer than the {terms.frequency} that is billed anyhow"
        )
    part = long_period(period.starts_at, length, anchor=anchor, zone=zone)
    return Taking(request, period, part, due_at)
