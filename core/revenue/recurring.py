"""Recurring revenue at the end of each month, and what moved it: one statement.

What counts is charged: fee slices of invoices (`fee_slice`), each brought to a month. Of a
slice that holds the last instant of a month:

    price of the whole period * net share * discounts' share / months of the frequency

15.00 a month bought on the 10th of January costs 10.65 for 22 days. A whole month costs
between 10.645 and 10.655 times 31 / 22, which is 15.00 to 15.01; of those the number with the
fewest decimals is taken: 15.00. A year for 300.00 counts 25.00 in each of its months. What was
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

By = Literal["plan", "product"]

MOST_PARTS: Final = 20
"""Plans or products of a breakdown: those with most at the end of the last month."""

# $1 tenant, $2 the ends of the months, $3 currency, $4 digits, $5 with test accounts.
# How much longer the whole period is than a slice of it, as its terms count it.
_FACTOR: Final = """CASE WHEN m.proration = 'none' THEN 1::numeric
            WHEN m.proration = 'second' THEN m.whole_seconds
                / greatest(extract(epoch FROM {of}.until_at - {of}.from_at), 1)
            ELSE m.whole_days::numeric / greatest(({of}.until_at AT TIME ZONE m.zone)::date
                - ({of}.from_at AT TIME ZONE m.zone)::date, 1) END"""
_CREDITED: Final = f"({_FACTOR.format(of='c')})"
# The price of a whole period behind what a part of it was charged.
_PRICE: Final = """CASE
            WHEN abs(round({amount} * {factor}, 0) - {amount} * {factor})
                <= 0.5 * power(10::numeric, -$4::int) * {factor}
                THEN round({amount} * {factor}, 0)
            WHEN abs(round({amount} * {factor}, 1) - {amount} * {factor})
                <= 0.5 * power(10::numeric, -$4::int) * {factor}
                THEN round({amount} * {factor}, 1)
            ELSE round({amount} * {factor}, $4) END"""
# The slices first, by their time: one stretch of the block range index.
_STANDING: Final = f"""
bound AS (
    SELECT at, n::int FROM unnest($2::timestamptz[]) WITH ORDINALITY AS b (at, n)
), charged AS MATERIALIZED (
    SELECT item_id, revision, from_at, until_at, layer, quantity, amount, reduced, period_id,
        price_plan_version_id, subscription_id, invoice_id, line_number
    FROM fee_slice
    WHERE tenant_id = $1 AND kind = 'fee' AND from_at < ($2::timestamptz[])[cardinality($2)]
        AND until_at >= ($2::timestamptz[])[1]
), slice AS (
    SELECT f.item_id, f.revision, f.from_at, f.until_at, f.layer, f.quantity, f.amount,
        f.price_plan_version_id, s.account_id, f.subscription_id, i.product_id,
        s.timezone AS zone, t.body ->> 'proration' AS proration,
        coalesce(l.net / nullif(l.amount, 0), 1) * (f.amount - f.reduced)
            / nullif(f.amount, 0) AS share,
        (p.whole_ends_at AT TIME ZONE s.timezone)::date
            - (p.whole_starts_at AT TIME ZONE s.timezone)::date AS whole_days,
        extract(epoch FROM p.whole_ends_at - p.whole_starts_at) AS whole_seconds,
        CASE WHEN p.is_advance THEN (SELECT CASE WHEN extract(day FROM w.age) = 0
                THEN 12 * extract(year FROM w.age) + extract(month FROM w.age)
                ELSE extract(epoch FROM p.whole_ends_at - p.whole_starts_at)
                    / 86400 / 30.4375 END
            FROM (SELECT age(p.whole_ends_at AT TIME ZONE s.timezone,
                p.whole_starts_at AT TIME ZONE s.timezone)) AS w (age))
        ELSE q.count * CASE WHEN q.text ~ 'month|M$' THEN 1 WHEN q.text ~ 'year|Y$' THEN 12
            WHEN q.text ~ 'week|W$' THEN 7 / 30.4375 ELSE 1 / 30.4375 END
        END AS months
    FROM charged f
    JOIN subscription s ON s.tenant_id = $1 AND s.id = f.subscription_id AND s.currency = $3
    JOIN account a ON a.tenant_id = $1 AND a.id = s.account_id
        AND (a.test_clock IS NULL OR $5)
    JOIN subscription_item i ON i.tenant_id = $1 AND i.item_id = f.item_id
        AND i.revision = f.revision
    JOIN billing_period p ON p.tenant_id = $1 AND p.id = f.period_id
    JOIN subscription_phase h ON h.tenant_id = $1 AND h.subscription_id = f.subscription_id
        AND h.from_at <= f.from_at AND (h.until_at IS NULL OR h.until_at > f.from_at)
    JOIN billing_terms_version t ON t.tenant_id = $1 AND t.id = h.billing_terms_version_id
    CROSS JOIN LATERAL (SELECT coalesce(t.body ->> 'frequency', 'month') AS text,
        coalesce(substring(t.body ->> 'frequency' FROM '[0-9]+')::int, 1) AS count) AS q
    LEFT JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = f.invoice_id
        AND l.number = f.line_number
), standing AS (
    SELECT b.n, m.account_id, m.subscription_id, m.product_id, m.price_plan_version_id,
        round(m.share * ({_PRICE.format(amount="m.amount", factor="within.factor")}
            - coalesce(back.worth, 0)) / m.months, $4) AS amount
    FROM bound b
    JOIN slice m ON m.from_at < b.at AND m.until_at >= b.at
    CROSS JOIN LATERAL (SELECT {_FACTOR.format(of="m")} AS factor) AS within
    LEFT JOIN LATERAL (SELECT sum(c.quantity) AS quantity,
            sum({_PRICE.format(amount="c.worth", factor=_CREDITED)}) AS worth
        FROM fee_credit c
        WHERE c.tenant_id = $1 AND c.subscription_id = m.subscription_id
            AND c.item_id = m.item_id AND c.revision = m.revision AND c.kind = 'fee'
            AND c.slice_from = m.from_at AND c.layer = m.layer
            AND c.from_at < b.at AND c.until_at >= b.at) AS back ON true
    WHERE coalesce(back.quantity, 0) < m.quantity AND m.amount > 0
)"""  # noqa: S608 - our own words
SERIES: Final = f"""
WITH {_STANDING}, customer AS (
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
    "product": _PARTS.format(standing=_STANDING, key="s.product_id", join="", table="product"),
    "plan": _PARTS.format(
        standing=_STANDING,
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
