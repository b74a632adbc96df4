"""What comes out of simulations, summed by the database over the rows that a caller sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from core.db import Tx
from core.rows import column_list, to_record
from core.simulations.records import Result

BucketKind = Literal["new", "less", "same", "more"]
EDGES: Final = (-50, -20, -10, -5, 0, 5, 10, 20, 50)
"""Changes in percent between which accounts are counted together."""

_TOTALS: Final = """
SELECT r.simulation_id, r.currency, count(*)::int AS accounts,
    count(*) FILTER (WHERE r.difference <> 0)::int AS changed,
    sum(r.subscriptions)::int AS subscriptions,
    sum(r.unbilled_periods)::int AS unbilled_periods,
    sum(r.invoiced) AS invoiced, sum(r.credited) AS credited,
    sum(r.corrected) AS corrected, sum(r.unused) AS unused, sum(r.before) AS before,
    sum(r.after) AS after, sum(r.difference) AS difference, sum(r.before_total) AS before_total,
    sum(r.after_total) AS after_total
FROM simulation_result r
WHERE r.tenant_id = $1 AND r.simulation_id = ANY ($2::uuid[])
GROUP BY r.simulation_id, r.currency ORDER BY r.simulation_id, r.currency
"""
# Nothing was paid before: there is no percentage. 0 is a change of its own.
_BUCKETS: Final = """
SELECT simulation_id, currency, kind, place, count(*)::int AS accounts,
    sum(difference) AS difference
FROM (
    SELECT simulation_id, currency, difference,
        CASE WHEN difference = 0 THEN 'same' WHEN before <= 0 THEN 'new'
            WHEN difference < 0 THEN 'less' ELSE 'more' END AS kind,
        CASE WHEN difference <> 0 AND before > 0
            THEN width_bucket(difference * 100 / before, $3::numeric[]) ELSE 0 END AS place
    FROM simulation_result WHERE tenant_id = $1 AND simulation_id = ANY ($2::uuid[])
) AS r
GROUP BY simulation_id, currency, kind, place
ORDER BY simulation_id, currency, array_position('{new,less,same,more}'::text[], kind), place
"""
_FAILED: Final = """
SELECT simulation_id, count(*)::int AS subscriptions,
    count(DISTINCT account_id)::int AS accounts
FROM simulation_failure WHERE tenant_id = $1 AND simulation_id = ANY ($2::uuid[])
GROUP BY simulation_id
"""
_EXTREME: Final = """
SELECT {columns} FROM simulation_result
WHERE tenant_id = $1 AND simulation_id = $2 AND currency = $3 AND difference_minor {sign} 0
ORDER BY difference_minor {order}, account_id LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of one currency; accounts and subscriptions that could be priced."""

    simulation_id: UUID
    currency: str
    accounts: int
    changed: int
    subscriptions: int
    unbilled_periods: int
    invoiced: Decimal
    credited: Decimal
    corrected: Decimal
    unused: Decimal
    before: Decimal
    after: Decimal
    difference: Decimal
    before_total: Decimal
    after_total: Decimal

    @property
    def unexplained(self) -> Decimal:
        """Return what neither credit notes nor kept fees explain of the outcome."""
        return self.invoiced - self.credited - self.unused - self.before


@dataclass(frozen=True, slots=True)
class Bucket:
    """Accounts whose change in percent lies in `[from_percent, until_percent)`.

    `new` paid nothing before; `same` do not change. Both have no limits.
    """

    simulation_id: UUID
    currency: str
    kind: BucketKind
    from_percent: int | None
    until_percent: int | None
    accounts: int
    difference: Decimal


@dataclass(frozen=True, slots=True)
class Failed:
    """How many subscriptions, of how many accounts, could not be priced."""

    simulation_id: UUID
    subscriptions: int
    accounts: int


async def totals_of(tx: Tx, simulation_ids: Sequence[UUID]) -> list[Totals]:
    """Return the sums of simulations, by currency."""
    rows = await tx.fetch(_TOTALS, tx.tenant_id, list(simulation_ids))
    return [to_record(Totals, row) for row in rows]


async def failed_of(tx: Tx, simulation_ids: Sequence[UUID]) -> list[Failed]:
    """Return how many could not be priced; nothing where all could."""
    rows = await tx.fetch(_FAILED, tx.tenant_id, list(simulation_ids))
    return [to_record(Failed, row) for row in rows]


async def distribution_of(tx: Tx, simulation_ids: Sequence[UUID]) -> list[Bucket]:
    """Return how accounts are spread over changes in percent; empty buckets are left out."""
    rows = await tx.fetch(_BUCKETS, tx.tenant_id, list(simulation_ids), list(EDGES))
    return [_bucket(**dict(row)) for row in rows]


def _bucket(
    *,
    simulation_id: UUID,
    currency: str,
    kind: BucketKind,
    place: int,
    accounts: int,
    difference: Decimal,
) -> Bucket:
    has_limits = kind in ("less", "more")
    return Bucket(
        simulation_id,
        currency,
        kind,
        EDGES[place - 1] if has_limits and place > 0 else None,
        EDGES[place] if has_limits and place < len(EDGES) else None,
        accounts,
        difference,
    )


async def gainers_of(tx: Tx, simulation_id: UUID, currency: str, *, most: int) -> list[Result]:
    """Return the accounts that would pay least in comparison, the greatest gain first."""
    return await _extreme(tx, simulation_id, currency, most, sign="<", order="ASC")


async def losers_of(tx: Tx, simulation_id: UUID, currency: str, *, most: int) -> list[Result]:
    """Return the accounts that would pay most in comparison, the greatest loss first."""
    return await _extreme(tx, simulation_id, currency, most, sign=">", order="DESC")


async def _extreme(
    tx: Tx, simulation_id: UUID, currency: str, most: int, *, sign: str, order: str
) -> list[Result]:
    statement = _EXTREME.format(columns=column_list(Result), sign=sign, order=order)
    rows = await tx.fetch(statement, tx.tenant_id, simulation_id, currency, most)
    return [to_record(Result, row) for row in rows]
