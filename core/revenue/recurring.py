"""Recurring revenue at the end of each month, and what moved it: one statement.

What counts is charged: fee slices of invoices (`fee_slice`), each brought to a month. Of a
slice that holds the last instant of a month:

    price of the whole period * net share * discounts' share / months of the frequency

15.00 a month bought on the 10th of January costs 10.65 for 22 days and counts 15.00, the price
that its line's working tells. A year for 300.00 counts 25.00 in each of its months. What was
given back is taken off for its time. Every slice is rounded to the minor unit, so that all sums
agree: a month's start and its movements are its end, and the parts of a breakdown the whole.

What is used, counted, done once or topped up to a minimum does not recur and is left out, and
so is what gauges price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from core.db import Tx
from core.kernel.money import minor_digits
from core.revenue.standing import STANDING

By = Literal["plan", "product"]

MOST_PARTS: Final = 20
"""Plans or products of a breakdown: those with most at the end of the last month."""

SERIES: Final = f"""
WITH {STANDING}, customer AS (
    SELECT n, account_id, sum(amount) AS amount FROM standing
    GROUP BY n, account_id HAVING sum(amount) > 0
), moved AS (
    SELECT coalesce(e.n, s.n + 1) AS n, coalesce(s.account_id, e.account_id) AS account_id,
        coalesce(s.amount, 0) AS before, coalesce(e.amount, 0) AS after
    FROM customer s FULL JOIN customer e ON e.account_id = s.account_id AND e.n = s.n + 1
), judged AS (
    SELECT m.n, m.before, m.after, m.before = 0 AND m.after > 0 AND EXISTS (
            SELECT FROM subscription o JOIN fee_slice f ON f.tenant_id = $1
                AND f.subscription_id = o.id AND f.kind = 'fee' AND f.amount > 0
                AND f.from_at < b.at
            WHERE o.tenant_id = $1 AND o.account_id = m.account_id AND o.currency = $3)
        AS is_back
    FROM moved m JOIN bound b ON b.n = m.n - 1
    WHERE m.n > 1
), unbilled AS (
    SELECT min(w.starts_at) AS since FROM (
        SELECT p.starts_at, p.subscription_id FROM billing_period p
        WHERE p.tenant_id = $1 AND p.run_id IS NULL AND p.state = 'open'
            AND p.stream = 'fees' AND NOT p.is_test
        UNION ALL
        SELECT p.starts_at, p.subscription_id FROM parked_subscription k
        JOIN billing_period p ON p.tenant_id = $1 AND p.subscription_id = k.subscription_id
            AND p.stream = 'fees' AND p.state = 'parked' AND NOT p.is_test
        WHERE k.tenant_id = $1 AND k.healed_at IS NULL
    ) AS w
    WHERE NOT EXISTS (SELECT FROM fee_slice f WHERE f.tenant_id = $1
        AND f.subscription_id = w.subscription_id AND f.from_at <= w.starts_at
        AND f.until_at > w.starts_at)
)
SELECT b.n, b.at,
    coalesce(sum(j.before), 0) AS start,
    coalesce(sum(j.after) FILTER (WHERE j.before = 0 AND NOT j.is_back), 0) AS new,
    coalesce(sum(j.after) FILTER (WHERE j.is_back), 0) AS reactivation,
    coalesce(sum(j.after - j.before) FILTER (WHERE j.before > 0 AND j.after > j.before), 0)
        AS expansion,
    coalesce(sum(j.before - j.after) FILTER (WHERE j.after > 0 AND j.after < j.before), 0)
        AS contraction,
    coalesce(sum(j.before) FILTER (WHERE j.after = 0), 0) AS churn,
    coalesce(sum(j.after), 0) AS ending,
    count(j.n) FILTER (WHERE j.before > 0)::int AS customers_before,
    count(j.n) FILTER (WHERE j.after > 0)::int AS customers,
    count(j.n) FILTER (WHERE j.before = 0 AND NOT j.is_back)::int AS customers_new,
    count(j.n) FILTER (WHERE j.is_back)::int AS customers_back,
    count(j.n) FILTER (WHERE j.after = 0)::int AS customers_lost,
    (SELECT count(*) FROM subscription s
        JOIN account a ON a.tenant_id = $1 AND a.id = s.account_id
            AND (a.test_clock IS NULL OR $5)
        WHERE s.tenant_id = $1 AND s.currency = $3 AND s.starts_at < b.at
            AND (s.ends_at IS NULL OR s.ends_at >= b.at) AND s.state <> 'trial'
            AND (s.trial_until IS NULL OR s.trial_until < b.at))::int AS subscriptions,
    NOT coalesce((SELECT since FROM unbilled) < b.at, false) AND b.at <= $6 AS is_final
FROM bound b LEFT JOIN judged j ON j.n = b.n
WHERE b.n > 1
GROUP BY b.n, b.at ORDER BY b.n
"""  # noqa: S608 - our own words
_PARTS: Final = """
WITH {standing}, part AS (
    SELECT {key} AS key, s.n, sum(s.amount) AS amount FROM standing s {join}
    GROUP BY 1, 2
), chosen AS (
    SELECT key FROM part GROUP BY key
    ORDER BY coalesce(max(amount) FILTER (WHERE n = cardinality($2)), 0) DESC, key LIMIT $6
)
SELECT c.key, o.code, o.name, b.n, coalesce(p.amount, 0) AS amount
FROM chosen c JOIN {table} o ON o.tenant_id = $1 AND o.id = c.key
CROSS JOIN bound b LEFT JOIN part p ON p.key = c.key AND p.n = b.n
WHERE b.n > 1
ORDER BY max(coalesce(p.amount, 0)) FILTER (WHERE b.n = cardinality($2))
    OVER (PARTITION BY c.key) DESC, c.key, b.n
"""
PARTS: Final[dict[By, str]] = {
    "product": _PARTS.format(standing=STANDING, key="s.product_id", join="", table="product"),
    "plan": _PARTS.format(
        standing=STANDING,
        key="v.price_plan_id",
        join="JOIN price_plan_version v ON v.tenant_id = $1 AND v.id = s.price_plan_version_id",
        table="price_plan",
    ),
}


@dataclass(frozen=True, slots=True)
class RevenueMonth:
    """A month: `start + new + reactivation + expansion - contraction - churn = ending`.

    `is_final`: the month is over, and every period that held its end is billed or charged.
    """

    ends_at: datetime
    start: Decimal
    new: Decimal
    reactivation: Decimal
    expansion: Decimal
    contraction: Decimal
    churn: Decimal
    ending: Decimal
    customers_before: int
    customers: int
    customers_new: int
    customers_back: int
    customers_lost: int
    subscriptions: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class RevenuePart:
    """A plan or product, and its recurring revenue at the end of each month."""

    id: UUID
    code: str
    name: str
    amounts: tuple[Decimal, ...]


async def revenue_months(
    tx: Tx, ends: Sequence[datetime], *, currency: str, with_tests: bool = False
) -> list[RevenueMonth]:
    """Return the months between the first and the last of these ends."""
    digits = minor_digits(currency)
    rows = await tx.fetch(
        SERIES, tx.tenant_id, list(ends), currency, digits, with_tests, tx.now
    )
    return [RevenueMonth(*list(row)[1:]) for row in rows]


async def revenue_parts(
    tx: Tx, ends: Sequence[datetime], *, currency: str, by: By, with_tests: bool = False
) -> list[RevenuePart]:
    """Return the plans or products with most recurring revenue, the first of them."""
    digits = minor_digits(currency)
    rows = await tx.fetch(
        PARTS[by], tx.tenant_id, list(ends), currency, digits, with_tests, MOST_PARTS
    )
    found: dict[UUID, tuple[str, str, list[Decimal]]] = {}
    for row in rows:
        found.setdefault(row["key"], (row["code"], row["name"], []))[2].append(row["amount"])
    return [
        RevenuePart(key, code, name, tuple(amounts))
        for key, (code, name, amounts) in found.items()
    ]
