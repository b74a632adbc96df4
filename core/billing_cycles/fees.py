"""Which slices of fixed charges are to be billed now. Pure.

An item is owed for the time of a fees period that is billed or due, in advance or in
arrears, less what is charged already and not given back, and less the days on which the
subscription rests. More of an item in a time that is charged is a layer on top: the price of
all units less the price of those charged. An item that was added after its period was billed
in advance is therefore billed with the next invoice. An item on trial owes nothing.

Days that are on an invoice stay on it when a rest begins later: taking them back needs a
credit note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.billing.fixed import CHARGED_ONCE
from core.billing.life import life_months
from core.billing.snapshot import FeeItem, LifeMonth
from core.billing_cycles.layers import LiveSpan, layer_above, live_spans
from core.billing_cycles.rows import ChargedSlice, ClosingRows, ItemFacts, ProductFacts
from core.billing_cycles.variants import ItemVariants
from core.kernel.gaps import gaps
from core.kernel.periods import Period, ProrationPolicy
from core.periods.rows import StoredPeriod
from core.rating.compile import CompiledPlan

USAGE_KIND: Final = "usage_service"


def candidate_periods(
    selected: Iterable[StoredPeriod], others: Iterable[StoredPeriod]
) -> list[StoredPeriod]:
    """Return the fees periods that may hold something to bill, each once, in order.

    Those to be billed now, those billed before (an item may have been added since), and
    the open one, whose goods in advance are owed although the terms bill in arrears.
    """
    found = {period.id: period for period in others}
    found.update({period.id: period for period in selected if period.stream == "fees"})
    return sorted(found.values(), key=lambda period: period.starts_at)


def fee_items(
    rows: ClosingRows,
    period: StoredPeriod,
    *,
    is_selected: bool,
    plan: CompiledPlan,
    billed_in: str,
    due_at: datetime,
    proration: ProrationPolicy = "day",
    variants: ItemVariants | None = None,
) -> tuple[FeeItem, ...]:
    """Return the slices of a fees period that are owed by `due_at` and not charged yet."""
    items = rows.items.get(period.subscription_id)
    if not items:
        return ()
    charged = _by_item(rows.charged.get(period.subscription_id, ()))
    found: list[FeeItem] = []
    for item in items:
        facts = rows.products[item.product_id]
        if item.is_trial or facts.gauge_id is not None or facts.product.kind == USAGE_KIND:
            continue
        if _is_due(facts, period, is_selected=is_selected, billed_in=billed_in, due_at=due_at):
            paid = charged.get(item.item_id, ())
            for owed, over in _owed(
                rows, item, period=period, charged=paid, proration=proration
            ):
                own = None if variants is None else _own_plan(rows, item, owed, variants)
                by_life = item.item_id in rows.item_starts and _is_by_life(own or plan, item)
                life = _life(rows, item, owed) if by_life else ()
                layer = layer_above(owed, paid)
                found.append(FeeItem(*_identity(item), owed, life, own, over, layer))
    return tuple(found)


def _identity(item: ItemFacts) -> tuple[UUID, int, UUID, Decimal]:
    return item.item_id, item.revision, item.product_id, item.charged_quantity


def _own_plan(
    rows: ClosingRows, item: ItemFacts, slice_: Period, variants: ItemVariants
) -> CompiledPlan:
    """Return the plan of an item, whose variants ask about it."""
    facts = rows.products[item.product_id]
    return variants.plan_for(
        facts.product,
        item.charged_quantity,
        type=facts.type,
        started_at=rows.item_starts.get(item.item_id),
        life=_life(rows, item, slice_),
    )


def _is_by_life(plan: CompiledPlan, item: ItemFacts) -> bool:
    return plan.goes_by_maturity(item.product_id)


def _is_due(
    facts: ProductFacts,
    period: StoredPeriod,
    *,
    is_selected: bool,
    billed_in: str,
    due_at: datetime,
) -> bool:
    if period.is_advance:
        return is_selected or period.starts_at <= due_at
    if (facts.billed_in or billed_in) == "advance":
        return period.starts_at <= due_at
    return period.ends_at <= due_at and (is_selected or period.state != "open")


def _by_item(charged: Iterable[ChargedSlice]) -> Mapping[UUID, list[ChargedSlice]]:
    found: dict[UUID, list[ChargedSlice]] = defaultdict(list)
    for slice_ in charged:
        found[slice_.item_id].append(slice_)
    return found


def _owed(
    rows: ClosingRows,
    item: ItemFacts,
    *,
    period: StoredPeriod,
    charged: Sequence[ChargedSlice],
    proration: ProrationPolicy,
) -> list[LiveSpan]:
    """Return when more units are owed than are charged, with the number that is charged."""
    start = max(item.from_at, period.starts_at)
    end = period.ends_at if item.until_at is None else min(item.until_at, period.ends_at)
    if start >= end:
        return []
    whole = Period(start, end)
    rests = _rests(rows, item, whole, proration=proration)
    times = gaps(whole, rests) if rests else [whole]
    owed = item.charged_quantity
    return [
        span for time in times for span in live_spans(time, charged) if span.quantity < owed
    ]


def _rests(
    rows: ClosingRows, item: ItemFacts, slice_: Period, *, proration: ProrationPolicy
) -> Sequence[Period]:
    """Return the rests that take their time out of a slice.

    What is sold once is owed all the same. Where any part of a period costs all of it, only
    a rest that leaves no part counts.
    """
    found = rows.rests.get(item.subscription_id, ())
    if not found or rows.products[item.product_id].product.kind in CHARGED_ONCE:
        return ()
    if proration == "none" and gaps(slice_, found):
        return ()
    return found


def _life(rows: ClosingRows, item: ItemFacts, slice_: Period) -> tuple[LifeMonth, ...]:
    """Return the months of an item's life in a slice; none where no rate asks for them."""
    began = rows.item_starts.get(item.item_id)
    if began is None:
        return ()
    zone = rows.subscriptions[item.subscription_id].timezone
    rests = rows.rests.get(item.subscription_id, ())
    return life_months(Period(began, slice_.end), slice_, zone=zone, suspended=rests)
