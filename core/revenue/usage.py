"""Usage by day, week or month, from the stored events: one statement.

Quantities as they were stored, corrections taken off, by the local time of the seller's zone
at which things happened. Tenant-wide, the block range index on times finds the stretch; of
one account, the account's own index does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.db import Tx
from core.kernel.frequency import Frequency
from core.kernel.periods import start_of_day
from core.revenue.months import Step

MOST_PARTS: Final = 20
"""Products of one series: those used most."""

USAGE: Final = """
WITH used AS (
    SELECT e.product_id, e.channel, e.unit,
        date_trunc($5, e.occurred_at AT TIME ZONE $6)::date AS day,
        sum(e.quantity) AS quantity, sum(e.sign)::bigint AS events
    FROM usage_event e JOIN account a ON a.tenant_id = $1 AND a.id = e.account_id
        AND (a.test_clock IS NULL OR $7)
    WHERE e.tenant_id = $1 AND e.occurred_at >= $2 AND e.occurred_at < $3
        AND e.product_id IS NOT NULL {account} {channel} {product} {unit}
    GROUP BY 1, 2, 3, 4
), chosen AS (
    SELECT product_id, channel, unit, sum(events) AS most FROM used GROUP BY 1, 2, 3
    ORDER BY most DESC, product_id, channel, unit LIMIT $8
)
SELECT c.product_id, c.channel, c.unit, d.day, coalesce(u.quantity, 0) AS quantity,
    coalesce(u.events, 0) AS events
FROM chosen c CROSS JOIN unnest($4::date[]) AS d (day)
LEFT JOIN used u ON u.product_id = c.product_id AND u.channel = c.channel
    AND u.unit = c.unit AND u.day = d.day
ORDER BY c.most DESC, c.product_id, c.channel, c.unit, d.day
"""


@dataclass(frozen=True, slots=True)
class UsageAsked:
    """Which usage: of all, or of what is given."""

    account: UUID | None = None
    channel: str | None = None
    product: UUID | None = None
    unit: str | None = None
    with_tests: bool = False


@dataclass(frozen=True, slots=True)
class UsageSeries:
    """A product's usage of one unit on one channel: a quantity and events for each day."""

    product_id: UUID
    channel: str
    unit: str
    quantities: tuple[Decimal, ...]
    events: tuple[int, ...]


def usage_statement(asked: UsageAsked) -> tuple[str, list[object]]:
    """Return the statement for what is asked, and what follows its eight parameters.

    A condition that is not asked is not in it, so that the planner sees which index serves.
    """
    columns = {
        "account": ("e.account_id", asked.account),
        "channel": ("e.channel", asked.channel),
        "product": ("e.product_id", asked.product),
        "unit": ("e.unit", asked.unit),
    }
    parts: dict[str, str] = {}
    more: list[object] = []
    for name, (column, value) in columns.items():
        parts[name] = ""
        if value is not None:
            more.append(value)
            parts[name] = f"AND {column} = ${8 + len(more)}"
    return USAGE.format(**parts), more


async def usage_series(
    tx: Tx, days: Sequence[date], *, per: Step, zone: str, asked: UsageAsked
) -> list[UsageSeries]:
    """Return the usage from the first of these days to the end of the last step."""
    first = start_of_day(days[0], zone)
    end = start_of_day(Frequency(1, per).after(days[-1], 1), zone)
    sql, more = usage_statement(asked)
    rows = await tx.fetch(
        sql,
        tx.tenant_id,
        first,
        end,
        list(days),
        per,
        zone,
        asked.with_tests,
        MOST_PARTS,
        *more,
    )
    found: dict[tuple[UUID, str, str], list[tuple[Decimal, int]]] = {}
    for row in rows:
        key = (row["product_id"], row["channel"], row["unit"])
        found.setdefault(key, []).append((row["quantity"], row["events"]))
    return [
        UsageSeries(*key, tuple(one for one, _ in points), tuple(one for _, one in points))
        for key, points in found.items()
    ]
