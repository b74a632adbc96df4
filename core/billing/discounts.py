"""The discounts of an invoice: which of them bite, in which order, and what they took off.

Free time first, then percentages, then money; never below zero. What is taken off usage
goes into the chain of its period: it is computed on all of the period, less what was taken
before, so that a period billed in parts is discounted as if billed at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from core.billing.bill_facts import Target, bill_context, bill_length, targets_of
from core.billing.discount_lines import chained_discounts, fixed_discounts
from core.billing.discount_pools import (
    Charged,
    Pool,
    fixed_pools,
    is_discounted,
    subtotals,
    usage_pool,
)
from core.billing.draft import AppliedDiscount
from core.billing.fixed import FixedCharges
from core.billing.free_time import Spent, take_free_time
from core.billing.lines import CumulativeLine, PricedLine
from core.billing.reductions import (
    NAMELESS,
    Cut,
    bites,
    meets,
    reduction_of,
    take_money,
    take_percentages,
)
from core.billing.snapshot import Discount, Reduction, Snapshot, UsagePart
from core.billing.totals import LineKey
from core.kernel.money import minor_digits
from core.kernel.ratios import rounded_share


@dataclass(slots=True)
class Discounted:
    """What discounts make of an invoice.

    `lines` reduce fixed charges and jobs. `charged` is what it was given, with the lines
    that reduce usage, and parts that keep the discounts for late usage.
    """

    lines: list[PricedLine] = field(default_factory=list)
    charged: list[tuple[UsagePart, list[CumulativeLine]]] = field(default_factory=list)
    applied: list[AppliedDiscount] = field(default_factory=list)


def has_discounts(snapshot: Snapshot) -> bool:
    """Tell whether anything of an invoice is, or was, discounted."""
    if snapshot.discounts:
        return True
    for part in snapshot.usage:
        if part.seq > 1 and (
            part.discounts or any(total.key.discount for total in part.billed.lines)
        ):
            return True
    return False


def discounted(
    snapshot: Snapshot,
    fixed: Sequence[FixedCharges],
    jobs: Sequence[PricedLine],
    charged: Charged,
) -> Discounted:
    """Reduce what an invoice charges; `charged` is what each usage period costs in all."""
    unit = Decimal(1).scaleb(-minor_digits(snapshot.currency))
    of_targets = fixed_pools(snapshot, fixed, jobs, unit=unit)
    periods = [usage_pool(part, lines, unit=unit) for part, lines in charged]
    totals = subtotals(fixed, jobs, charged, unit=unit)
    result = Discounted()
    for target in sorted(targets_of(snapshot).values(), key=lambda target: target.id.int):
        pools = [of_targets[target.id]] if target.id in of_targets else []
        own = {part.period_id for part in (*target.usage, *target.carried)}
        pools += [pool for pool in periods if pool.part and pool.part.period_id in own]
        bill_at_hand = _Bill(snapshot, target, totals[target.id], unit)
        result.applied += _reduce(bill_at_hand, pools)
    for pool in periods:
        _reduce_late(pool, unit=unit)
    for pool in of_targets.values():
        result.lines += fixed_discounts(pool.rooms, unit=unit)
    for pool, (_part, lines) in zip(periods, charged, strict=True):
        assert pool.part is not None
        taken_off = chained_discounts(pool.part, pool.rooms, unit=unit)
        result.charged.append((pool.part, [*lines, *taken_off]))
    return result


@dataclass(slots=True)
class _Bill:
    """The bill at hand of one target."""

    snapshot: Snapshot
    target: Target
    subtotal: int
    unit: Decimal


def _reduce(bill: _Bill, pools: Sequence[Pool]) -> list[AppliedDiscount]:
    """Reduce the lines of a target; return what each discount took off this invoice."""
    unit = bill.unit
    discounts = list(_biting(bill, pools))
    for pool in pools:
        _keep_taken(pool)
    spent: dict[int, Spent] = {}
    spending: Counter[UUID] = Counter()
    for index, discount in enumerate(discounts):
        if discount.kind == "free_time":
            nth = spending[discount.definition_id] + 1
            spent[index] = _free(discount, pools, currency=bill.snapshot.currency, nth=nth)
            spending[discount.definition_id] += bool(spent[index])
    for pool in pools:
        take_percentages(pool.rooms, pool.reductions, unit=unit)
    unneeded: dict[str, int] = {}
    for discount in discounts:
        if discount.kind == "money":
            _take_money(bill, discount, pools, unneeded)
    for pool in pools:
        _stay_above_zero(pool, unit=unit)
    applied = [
        AppliedDiscount(discount, amount * unit, tuple(sorted(spent.get(index, {}).items())))
        for index, discount in enumerate(discounts)
        if (amount := _taken(discount, pools)) > 0 or spent.get(index)
    ]
    _keep_for_late_usage(pools, applied, unneeded, unit=unit)
    return applied


def _biting(bill: _Bill, pools: Sequence[Pool]) -> Iterator[Discount]:
    """Choose the discounts that may reduce this bill, in a fixed order; tell the pools."""
    target_id = bill.target.id
    own = [one for one in bill.snapshot.discounts if _target_of(one) == target_id]
    own.sort(key=lambda one: (one.code, one.definition_id.int, (one.grant_id or target_id).int))
    context: dict[str, object] | None = None
    for discount in own:
        if discount.uses_left == 0 or not any(_may_bite(discount, pool) for pool in pools):
            continue
        if discount.criteria is not None:
            if context is None:
                context = dict(bill.snapshot.contexts.get(target_id, {}))
                context["bill"] = bill_context(
                    bill.target, bill.snapshot, subtotal=bill.subtotal
                )
            counted = {} if discount.usage is None else {"usage": discount.usage}
            if not discount.criteria.evaluate({**context, **counted}):
                continue
        for pool in pools:
            reduction = _in_pool(discount, pool)
            pool.reductions.append(reduction)
            pool.discounts[reduction.key] = discount
        yield discount


def _target_of(discount: Discount) -> object:
    return discount.subscription_id or discount.job_id


def _in_pool(discount: Discount, pool: Pool) -> Reduction:
    return reduction_of(discount, key=pool.key_of(discount))


def _may_bite(discount: Discount, pool: Pool) -> bool:
    """Tell whether a discount finds lines, or a time for which usage may come late."""
    reduction = _in_pool(discount, pool)
    if any(bites(reduction, room) for room in pool.rooms):
        return True
    part = pool.part
    if part is None or discount.scope == "other" or discount.kind == "free_time":
        return False
    return meets(reduction, part.period.start, part.period.end)


def _keep_taken(pool: Pool) -> None:
    """Leave what discounts took off before that bite no more, such as one given once."""
    present = {reduction.key for reduction in pool.reductions}
    for room in pool.rooms:
        for key, amount in room.before.items():
            kept = min(amount, room.left)
            if key not in present and kept > 0:
                room.left -= kept
                room.cuts[key] = Cut(NAMELESS, kept, "taken off before", ())


def _free(discount: Discount, pools: Sequence[Pool], *, currency: str, nth: int) -> Spent:
    for pool in pools:
        if pool.part is None:
            reduction = _in_pool(discount, pool)
            return take_free_time(pool.rooms, discount, reduction, currency=currency, nth=nth)
    return {}


def _take_money(
    bill: _Bill, discount: Discount, pools: Sequence[Pool], unneeded: dict[str, int]
) -> None:
    value = Fraction(discount.value) * bill_length(bill.target, discount) / Fraction(bill.unit)
    budget = rounded_share(value.numerator, numerator=1, denominator=value.denominator)
    named = [(pool.rooms, _in_pool(discount, pool)) for pool in pools]
    left = take_money(named, budget, unit=bill.unit)
    periods = [pool for pool in pools if pool.part is not None]
    if periods:
        unneeded[periods[0].key_of(discount)] = left


def _reduce_late(pool: Pool, *, unit: Decimal) -> None:
    """Reduce a settled period with the discounts that it was settled with."""
    part = pool.part
    if part is None or not part.is_late:
        return
    pool.reductions += part.discounts
    _keep_taken(pool)
    take_percentages(pool.rooms, pool.reductions, unit=unit)
    for reduction in pool.reductions:
        if reduction.kind == "money":
            take_money([(pool.rooms, reduction)], int(reduction.value / unit), unit=unit)
    _stay_above_zero(pool, unit=unit)


def _stay_above_zero(pool: Pool, *, unit: Decimal) -> None:
    """Take no more off a later invoice of a period than it charges.

    A discount that was given meanwhile does not reach into what was billed before.
    """
    part = pool.part
    if part is None or part.seq == 1:
        return
    excess = _growth(part, pool, unit=unit) - max(0, _charged_now(part, pool, unit=unit))
    for room in reversed(pool.rooms):
        for key, cut in reversed(room.cuts.items()):
            if excess <= 0:
                return
            less = min(excess, max(0, cut.amount - room.before.get(key, 0)))
            cut.amount -= less
            excess -= less


def _growth(part: UsagePart, pool: Pool, *, unit: Decimal) -> int:
    """Return how much more is taken off than before; `billed` holds it as negative."""
    now = sum(cut.amount for room in pool.rooms for cut in room.cuts.values())
    return now + _billed(part, lambda key: key.kind == "discount", unit=unit)


def _charged_now(part: UsagePart, pool: Pool, *, unit: Decimal) -> int:
    charged = sum(int(room.line.amount / unit) for room in pool.rooms)
    return charged - _billed(part, is_discounted, unit=unit)


def _billed(part: UsagePart, counts: Callable[[LineKey], bool], *, unit: Decimal) -> int:
    totals = part.billed.lines
    return sum(int(total.amount / unit) for total in totals if counts(total.key))


def _taken(discount: Discount, pools: Sequence[Pool]) -> int:
    """Return what a discount took off this invoice, in minor units."""
    taken = 0
    for pool in pools:
        key = pool.key_of(discount)
        taken += pool.taken(key) - sum(room.before.get(key, 0) for room in pool.rooms)
    return taken


def _keep_for_late_usage(
    pools: Sequence[Pool],
    applied: Sequence[AppliedDiscount],
    unneeded: dict[str, int],
    *,
    unit: Decimal,
) -> None:
    """Keep percentages and money with each usage period, for it may be priced again.

    One with a number of uses only where it used one. Money is all that the period may
    have: what it had, and what the bill did not need.
    """
    used = [one.discount for one in applied]
    for pool in pools:
        if pool.part is None:
            continue
        kept: list[Reduction] = []
        for reduction in pool.reductions:
            discount = pool.discounts[reduction.key]
            if discount.kind == "free_time" or not _may_bite(discount, pool):
                continue
            if discount.uses_left is not None and discount not in used:
                continue
            value = reduction.value
            if discount.kind == "money":
                value = (pool.taken(reduction.key) + unneeded.pop(reduction.key, 0)) * unit
            kept.append(reduction._replace(value=value, from_at=None, until_at=None))
        pool.part = pool.part._replace(discounts=tuple(kept))
