"""Usage finds its place in another plan's rate table anew.

Events are stored with the dated state of the table that priced them. Under another table they
belong to other dates, and are summed again by those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.billing.snapshot import UsageTotal
from core.billing_cycles.phases import phase_at
from core.billing_cycles.rows import ClosingRows
from core.db import Tx
from core.periods.rows import StoredPeriod
from core.plugin_api.values import RateTable, TableSlot
from core.rating.compile import CompiledPlan
from core.rating.engine import CompiledRate
from core.simulations.errors import UsageNotRedated, UsagePricedSingly

_BY_DATE: Final = """
SELECT e.usage_period_id, e.product_id, e.dimension, w.number AS slot,
    sum(e.quantity) AS quantity, sum(e.sign)::int AS events
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::int[])
    AS w (period_id, product_id, from_at, until_at, number)
JOIN usage_event e ON e.tenant_id = $1 AND e.usage_period_id = w.period_id
    AND e.product_id = w.product_id AND e.amount IS NULL
    AND (w.from_at IS NULL OR e.occurred_at >= w.from_at)
    AND (w.until_at IS NULL OR e.occurred_at < w.until_at)
WHERE e.billing_period_id = e.usage_period_id OR e.billing_period_id = ANY ($7::uuid[])
   OR EXISTS (SELECT FROM billing_period b
      WHERE b.tenant_id = $1 AND b.id = e.billing_period_id AND b.state = 'billed')
GROUP BY e.usage_period_id, e.product_id, e.dimension, w.number
"""

_Meter = tuple[UUID, UUID]
"""A usage period and a product."""


class _Asked(NamedTuple):
    meter: _Meter
    table: RateTable


def plans_of(rows: ClosingRows) -> dict[UUID, CompiledPlan]:
    """Return by usage period the plan that holds in it, with its base plan under it."""
    found: dict[UUID, CompiledPlan] = {}
    for period in rows.periods:
        facts = rows.subscriptions[period.subscription_id]
        phase = phase_at(rows, facts, period, is_needed=False)
        if period.stream == "usage" and phase is not None:
            plan = rows.plans[phase.plan_version_id]
            base = phase.base_version_id
            found[period.id] = plan if base is None else plan.over(rows.plans[base])
    return found


async def redate(
    tx: Tx, rows: ClosingRows, *, before: Mapping[UUID, CompiledPlan]
) -> dict[UUID, Exception]:
    """Let the usage read for other plans find its dates in their tables.

    `before` are the plans by which it was recorded. Returns the subscriptions whose usage
    cannot be told apart anew, and why.
    """
    faults: dict[UUID, Exception] = {}
    asked: list[_Asked] = []
    usage = dict(rows.usage)
    after = plans_of(rows)
    for period in rows.periods:
        totals = usage.get(period.id)
        if not totals or period.id not in after or after[period.id] is before.get(period.id):
            continue
        by_date: dict[UUID, RateTable] = {}
        kept: list[UsageTotal] = []
        for total in totals:
            now = after[period.id].rate_or_none(total.product_id)
            then = _rate(before.get(period.id), total.product_id)
            if total.amount is not None and total.slot >= 0 and not _same(then, now):
                faults[period.subscription_id] = _singly(rows, total)
            table = None if now is None or total.amount is not None else now.rate.table
            if table is not None and len(table.slots) > 1 and not _same_dates(then, table):
                by_date[total.product_id] = table
            has_dates = table is not None and len(table.slots) > 1
            kept.append(total if has_dates else _in_one_state(total, now))
        usage[period.id] = _merged(kept)
        asked += [_Asked((period.id, product), table) for product, table in by_date.items()]
    if asked:
        faults |= await _by_date(tx, rows, usage, asked)
    rows.usage = usage
    return faults


def _rate(plan: CompiledPlan | None, product_id: UUID) -> CompiledRate | None:
    return None if plan is None else plan.rate_or_none(product_id)


def _same(one: CompiledRate | None, other: CompiledRate | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.rate == other.rate


def _same_dates(then: CompiledRate | None, table: RateTable) -> bool:
    before = None if then is None else then.rate.table
    return before is not None and before.code == table.code and _dates(before) == _dates(table)


def _dates(table: RateTable) -> list[tuple[int, object]]:
    return [(slot.number, slot.starts_at) for slot in table.slots]


def _in_one_state(total: UsageTotal, rate: CompiledRate | None) -> UsageTotal:
    if total.amount is not None or rate is None:
        return total
    table = rate.rate.table
    return total._replace(slot=0 if table is None else table.slots[0].number)


def _merged(totals: Iterable[UsageTotal]) -> tuple[UsageTotal, ...]:
    """Sum what is the same line now; what was priced singly stays apart."""
    found: list[UsageTotal] = []
    places: dict[tuple[UUID, str, str, int], int] = {}
    for total in totals:
        key = total[:4]
        if total.amount is not None or key not in places:
            if total.amount is None:
                places[key] = len(found)
            found.append(total)
            continue
        known = found[places[key]]
        free: dict[str, int] = defaultdict(int)
        for name, count in (*known.free, *total.free):
            free[name] += count
        found[places[key]] = known._replace(
            quantity=known.quantity + total.quantity,
            events=known.events + total.events,
            free=tuple(sorted(free.items())),
        )
    return tuple(found)


def _singly(rows: ClosingRows, total: UsageTotal) -> UsagePricedSingly:
    name = rows.products[total.product_id].product.code
    return UsagePricedSingly(
        f"usage of {name} was priced event by event when it happened, and the other plan has"
        " another price for it; leave its rate as it was"
    )


async def _by_date(
    tx: Tx, rows: ClosingRows, usage: dict[UUID, tuple[UsageTotal, ...]], asked: list[_Asked]
) -> dict[UUID, Exception]:
    """Sum usage by the dates of its new tables; say where it is no plain sum."""
    states = [
        (*one.meter, slot.starts_at if place else None, until, slot.number)
        for one in asked
        for place, (slot, until) in enumerate(_until(one.table))
    ]
    at_hand = [period.id for period in rows.periods]
    found: dict[_Meter, list[UsageTotal]] = defaultdict(list)
    columns = [list(column) for column in zip(*states, strict=True)]
    for row in await tx.fetch(_BY_DATE, tx.tenant_id, *columns, at_hand):
        unit = rows.products[row["product_id"]].meters_unit or ""
        found[row["usage_period_id"], row["product_id"]].append(
            UsageTotal(row["product_id"], unit, *list(row)[2:])
        )
    by_id: dict[UUID, StoredPeriod] = {period.id: period for period in rows.periods}
    faults: dict[UUID, Exception] = {}
    for (period_id, product_id), _table in asked:
        mine = [one for one in usage[period_id] if _is_summed(one, product_id)]
        if _sum(mine) != _sum(found[period_id, product_id]):
            code = rows.products[product_id].product.code
            faults[by_id[period_id].subscription_id] = UsageNotRedated(
                f"usage of {code} is no plain sum of its events, so that it cannot be divided"
                " by other dates; keep the dates of its rate table"
            )
        rest = [one for one in usage[period_id] if not _is_summed(one, product_id)]
        usage[period_id] = (*rest, *found[period_id, product_id])
    return faults


def _until(table: RateTable) -> list[tuple[TableSlot, datetime | None]]:
    ends = [slot.starts_at for slot in table.slots[1:]]
    return list(zip(table.slots, [*ends, None], strict=True))


def _is_summed(total: UsageTotal, product_id: UUID) -> bool:
    return total.product_id == product_id and total.amount is None


def _sum(totals: Iterable[UsageTotal]) -> tuple[Decimal, int]:
    listed = list(totals)
    return sum((one.quantity for one in listed), Decimal(0)), sum(one.events for one in listed)
