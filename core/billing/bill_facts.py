"""The bill at hand of one subscription or job: how long it is, and what criteria read.

Its time is that of its fees; without fees, that of its usage. A bill that holds last
month's usage and next month's fees is one month long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from core.billing.fixed import CHARGED_ONCE
from core.billing.free_time import length_in_months
from core.billing.recurring import share_of
from core.billing.snapshot import (
    Discount,
    FeesPart,
    JobPart,
    Part,
    Snapshot,
    UsagePart,
)
from core.kernel.frequency import Frequency
from core.kernel.gaps import gaps
from core.kernel.periods import Period
from core.kernel.proration import days_in

NO_TIME: Final = Fraction(0)


@dataclass(slots=True)
class Target:
    """A subscription or a job on this invoice.

    Periods whose usage is late are left out. Those whose usage was carried on to this
    invoice are reduced with it, but are no part of its time: that was an earlier bill's.
    """

    id: UUID
    fees: list[FeesPart] = field(default_factory=list)
    usage: list[UsagePart] = field(default_factory=list)
    carried: list[UsagePart] = field(default_factory=list)
    job: JobPart | None = None


def targets_of(snapshot: Snapshot) -> dict[UUID, Target]:
    """Gather the parts of each subscription and job."""
    found: dict[UUID, Target] = {}
    for fees in snapshot.fees:
        found.setdefault(fees.subscription_id, Target(fees.subscription_id)).fees.append(fees)
    for usage in snapshot.usage:
        if not usage.is_late:
            target = found.setdefault(usage.subscription_id, Target(usage.subscription_id))
            (target.carried if usage.is_carried else target.usage).append(usage)
    for job in snapshot.jobs:
        found[job.job_id] = Target(job.job_id, job=job)
    for target in found.values():
        if not target.fees and not target.usage:  # the bill has no other time
            target.usage, target.carried = target.carried, target.usage
    return found


def bill_length(target: Target, discount: Discount) -> Fraction:
    """Return how many of a discount's units of time its bill lasts.

    20 per month are 240 on a bill of a year, and 20 x 11/31 on one of 11 days of January.
    """
    per = discount.per
    if per is None or target.job is not None:
        return Fraction(1)
    fees = sum((_length(part, per) for part in target.fees), NO_TIME)
    usage = sum((_length(part, per) for part in target.usage), NO_TIME)
    if discount.scope == "usage":
        return usage or fees
    return max(fees, usage) if discount.scope == "any" else fees or usage


def _length(part: FeesPart | UsagePart, per: Frequency) -> Fraction:
    owed = _owed(part)
    frequency, spans = part.terms.frequency, Fraction(1)
    if isinstance(part, FeesPart):
        spans = part.spans
    else:
        frequency = part.terms.usage_frequency or frequency
    if per.days is not None:
        return Fraction(days_in(part.whole, part.zone), per.days) * owed
    assert per.months is not None  # one of the two is set, by the unit
    if frequency.months is None:
        return length_in_months(part.whole, part.zone) * owed / per.months
    return spans * frequency.months * owed / per.months


def _owed(part: FeesPart | UsagePart) -> Fraction:
    """Return how much of a whole period a bill is for: time billed before is not in it.

    Fees that were added to a month after its invoice, or an expense beside them, are on the
    next one: it is no longer for that. Nor is a rest in it that is not owed.
    """
    times: list[Period] = []
    taken = [] if isinstance(part, UsagePart) else [*part.billed]
    for slice_ in _slices(part) or [part.period]:
        times += gaps(slice_, taken)
        taken.append(slice_)
    shares = [share_of(part, time) for time in times]
    if any(share is None for share in shares):
        return Fraction(1)
    return sum((Fraction(*share) for share in shares if share is not None), NO_TIME)


def _covered(part: FeesPart | UsagePart) -> Period:
    """Return the time that a part charges: from its first slice to its last."""
    slices = _slices(part) or [part.period]
    return Period(min(one.start for one in slices), max(one.end for one in slices))


def _slices(part: FeesPart | UsagePart) -> list[Period]:
    """Return the times of what recurs on a part."""
    if isinstance(part, UsagePart):
        return [part.period]
    return [
        item.slice
        for item in part.items
        if item.slice.end > item.slice.start and not _is_once(part, item.product_id)
    ]


def _is_once(part: FeesPart, product_id: UUID) -> bool:
    product = part.products.get(product_id)
    return product is not None and product.kind in CHARGED_ONCE


def bill_context(target: Target, snapshot: Snapshot, *, subtotal: int) -> dict[str, object]:
    """Return what criteria read as `bill`; `subtotal` is in minor units."""
    start, end, days = _span(target)
    context: dict[str, object] = {
        "start": start,
        "end": end,
        "days": days,
        "months": _whole_months(target),
        "currency": snapshot.currency,
        "subtotal": subtotal,
        "usage_count": _counts(target.usage),
        "usage_total": _totals(target.usage),
        "advance_months": _months_in_advance(target.fees),
    }
    if snapshot.at is not None:
        context["at"] = snapshot.at
    return context


def _span(target: Target) -> tuple[datetime, datetime, int]:
    parts: Sequence[FeesPart | UsagePart] = target.fees or target.usage
    if target.job is not None or not parts:
        assert target.job is not None
        return target.job.completed_at, target.job.completed_at, 0
    covered = [_covered(part) for part in parts]
    whole = Period(min(one.start for one in covered), max(one.end for one in covered))
    return whole.start, whole.end, days_in(whole, parts[0].zone)


def _whole_months(target: Target) -> int:
    month = Frequency(1, "month")
    return int(sum((_length(part, month) for part in target.fees or target.usage), NO_TIME))


def _months_in_advance(parts: Iterable[FeesPart]) -> int:
    """Return the months bought in advance that this bill charges; 0 where none are."""
    bought = [part for part in parts if part.spans > 1]
    return max(
        (int(part.spans * (part.terms.frequency.months or 0)) for part in bought), default=0
    )


def _counts(parts: Iterable[UsagePart]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for part in parts:
        for total in part.usage:
            found[_code(part, total.product_id)] += total.events
    return dict(found)


def _totals(parts: Iterable[UsagePart]) -> dict[str, int]:
    sums: dict[str, Fraction] = {}
    for part in parts:
        for total in part.usage:
            code = _code(part, total.product_id)
            sums[code] = sums.get(code, NO_TIME) + Fraction(total.quantity)
    return {code: int(quantity) for code, quantity in sums.items()}


def _code(part: Part, product_id: UUID) -> str:
    product = part.products.get(product_id)
    return str(product_id) if product is None else product.code
