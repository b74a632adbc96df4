"""One side of a comparison: the bills of a month's periods, as if there had been none.

Read as a closing reads them, due time by due time, and priced by `bill`; what a round has
charged is known to the next one, as it would be stored by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core.billing.draft import DraftSlice, InvoiceDraft
from core.billing_cycles.consumption import read_consumption
from core.billing_cycles.discounting import read_bill_discounts, within_windows
from core.billing_cycles.facts import read_gauges, read_parties
from core.billing_cycles.group_pricing import price_groups
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import read_rows
from core.billing_cycles.rounds import rounds_of
from core.billing_cycles.rows import ChargedSlice, ClosingRows
from core.billing_cycles.snapshots import invoice_groups
from core.db import Tx
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod
from core.simulations.dates import plans_of, redate
from core.simulations.explained import NOTHING, Held
from core.simulations.month import periods_beside
from core.simulations.undone import undone
from core.simulations.uses import give_back


class Paid(NamedTuple):
    """What a subscription pays for its periods."""

    net: Decimal = NOTHING
    total: Decimal = NOTHING


@dataclass(slots=True)
class Reading:
    """The rows of one round, and the subscriptions that cannot be priced by them.

    Of its periods those `counted` belong to the month; the others stand on the same bills.
    """

    rows: ClosingRows
    counted: frozenset[UUID]
    faults: dict[UUID, Exception] = field(default_factory=dict)


@dataclass(slots=True)
class PricedSide:
    """What every subscription pays, and for how much of its items, or why nobody can tell."""

    paid: dict[UUID, Paid] = field(default_factory=dict)
    held: dict[tuple[UUID, UUID], Held] = field(default_factory=dict)
    faults: dict[UUID, Exception] = field(default_factory=dict)


async def read_side(
    tx: Tx, periods: Sequence[StoredPeriod], *, pricing: Pricing
) -> list[Reading]:
    """Read what prices these periods: a fixed number of statements for each due time."""
    found: list[Reading] = []
    counted = frozenset(period.id for period in periods)
    beside = await periods_beside(tx, periods)
    for chosen in rounds_of([*periods, *beside]):
        async with undone(tx):
            await give_back(tx, chosen)
            rows = await read_rows(tx, chosen, pricing=pricing)
            # Late and interim usage counts in its own period, from nothing.
            rows.late, rows.steps = [], {}
            await read_parties(tx, rows, pricing=pricing)
            await read_gauges(tx, rows)
            await read_consumption(tx, rows)
            await read_bill_discounts(tx, rows)
        found.append(Reading(rows, counted))
    return found


async def redate_side(tx: Tx, before: Sequence[Reading], after: Sequence[Reading]) -> None:
    """Let usage that was recorded for one side find its dates in the tables of the other."""
    for one, other in zip(before, after, strict=True):
        other.faults |= await redate(tx, other.rows, before=plans_of(one.rows))


async def price_side(readings: Sequence[Reading], *, pricing: Pricing) -> PricedSide:
    """Price what was read; nothing is asked of the database any more."""
    side = PricedSide()
    charged: dict[UUID, list[ChargedSlice]] = defaultdict(list)
    periods = [period for reading in readings for period in reading.rows.periods]
    for reading in readings:
        rows = reading.rows
        side.faults |= reading.faults
        rows.charged = _charged(rows, periods, charged)
        rows.fees_periods = _earlier(periods, rows.periods)
        groups = invoice_groups(rows)
        faults = dict(groups.faulty)
        priced = await price_groups(groups.invoices, pricing=pricing, faults=faults)
        priced = await within_windows(rows, priced, pricing=pricing, faults=faults)
        side.faults |= faults
        for _group, draft in priced:
            _count(side, draft, reading.counted)
            for each in draft.slices:
                charged[each.subscription_id].append(_as_charged(each))
    return side


def _charged(
    rows: ClosingRows,
    periods: Iterable[StoredPeriod],
    own: Mapping[UUID, Sequence[ChargedSlice]],
) -> dict[UUID, list[ChargedSlice]]:
    """Return what is charged already: by this side, and for time outside of its periods.

    What was given back goes with the slice that it was of, whenever it was given back: a year
    that began in January and was upgraded in April leaves nothing charged for May.
    """
    billed: dict[UUID, list[Period]] = defaultdict(list)
    for period in periods:
        if period.stream == "fees":
            billed[period.subscription_id].append(Period(period.starts_at, period.ends_at))
    return {
        key: [*_outside(rows.charged.get(key, ()), billed[key]), *own.get(key, ())]
        for key in rows.subscriptions
    }


def _outside(
    charged: Sequence[ChargedSlice], within: Sequence[Period]
) -> Iterator[ChargedSlice]:
    kept: dict[tuple[UUID, str, int], list[Period]] = defaultdict(list)
    for one in charged:
        start = one.slice.start
        if not one.is_credit and not any(own.start <= start < own.end for own in within):
            kept[one.item_id, one.kind, one.layer].append(one.slice)
            yield one
    for one in charged:
        slices = kept[one.item_id, one.kind, one.layer] if one.is_credit else ()
        if any(of.start <= one.slice.start and one.slice.end <= of.end for of in slices):
            yield one


def _earlier(
    periods: Iterable[StoredPeriod], present: Sequence[StoredPeriod]
) -> dict[UUID, list[StoredPeriod]]:
    """Return the fees periods of earlier rounds: they may hold what is due only now."""
    due = {period.subscription_id: period.due_at for period in present}
    found: dict[UUID, list[StoredPeriod]] = defaultdict(list)
    for period in periods:
        at = due.get(period.subscription_id)
        if at is not None and period.stream == "fees" and period.due_at < at:
            found[period.subscription_id].append(period._replace(state="billed"))
    return found


def _count(side: PricedSide, draft: InvoiceDraft, counted: Collection[UUID]) -> None:
    for line in draft.lines:
        if line.period_id not in counted:
            continue
        assert line.subscription_id is not None  # no jobs were read
        net, total = side.paid.get(line.subscription_id, Paid())
        side.paid[line.subscription_id] = Paid(net + line.net, total + line.gross)
    for one in draft.slices:
        if one.kind != "fee" or one.period_id not in counted:
            continue
        key = one.subscription_id, one.item_id
        time, net = side.held.get(key, Held())
        seconds = Decimal(int((one.slice.end - one.slice.start).total_seconds()))
        numbers = (one.line_number, *one.reduced_by)
        net += sum((draft.lines[number - 1].net for number in numbers if number), NOTHING)
        side.held[key] = Held(time + one.quantity * seconds, net)


def _as_charged(one: DraftSlice) -> ChargedSlice:
    return ChargedSlice(
        one.item_id, one.kind, one.product_id, one.slice, one.amount, one.quantity, one.layer
    )
