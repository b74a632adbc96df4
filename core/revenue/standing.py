"""The fees that stand at the end of each month, and what each of them counts: SQL.

What a whole period costs is read from the working of the line that charged a part of it: the
price that was prorated, less what was paid of it already. By maturity it is the mean price of
the months of life that were charged. Nothing is guessed from a rounded amount.
"""

from __future__ import annotations

from typing import Final

# The step of a kind in a line's working, if a part of the period was charged.
_STEP: Final = """CASE WHEN whole.is_cut
            THEN jsonb_path_query_first(l.working, '$[*] ? (@.kind == "{kind}")') END"""
# 2 more than 3 at 12.00: 60.00 x 10/30, less 12.00 paid for these days; 60 - 12 x 30/10 = 24.
_PRORATED: Final = """CASE WHEN y.step -> 'facts' ->> 'numerator' = '0' THEN 0
            ELSE (y.step ->> 'unitPrice')::numeric + coalesce((y.paid ->> 'amount')::numeric
                * (y.step -> 'facts' ->> 'denominator')::numeric
                / (y.step -> 'facts' ->> 'numerator')::numeric, 0) END"""
# By life: what all months of the slice cost, by how many they are; 0.32258 by 1/31 is 10.00.
_BY_LIFE: Final = """(SELECT sum((e.step ->> 'amount')::numeric) * length.months
            / nullif(sum(split_part(e.step -> 'facts' ->> 'share', '/', 1)::numeric
                / split_part(e.step -> 'facts' ->> 'share', '/', 2)::numeric)
                FILTER (WHERE e.step ->> 'kind' = 'maturity'), 0)
        FROM jsonb_array_elements(l.working) AS e (step)
        WHERE e.step ->> 'kind' NOT IN ('table', 'variant'))"""
# What discounts leave of a part: percentages level by level, as they are of the whole; free
# time and money in the proportion in which they were taken off the part.
_LEFT: Final = """(SELECT (1 - coalesce(sum(r.taken) FILTER (WHERE r.facts ? 'months')
                / nullif(f.amount, 0), 0))
            * (1 - least(100, coalesce(sum(r.percent) FILTER (WHERE r.level = '1'), 0)) / 100)
            * (1 - least(100, coalesce(sum(r.percent) FILTER (WHERE r.level = '2'), 0)) / 100)
            * (1 - least(100, coalesce(sum(r.percent) FILTER (WHERE r.level = '3'), 0)) / 100)
            - coalesce(sum(r.taken) FILTER (WHERE NOT r.facts ?| '{months,percent}')
                / nullif(f.amount, 0), 0)
        FROM (SELECT -d.amount AS taken, g.facts, (g.facts ->> 'percent')::numeric AS percent,
                g.facts ->> 'level' AS level
            FROM invoice_line d
            CROSS JOIN LATERAL (SELECT coalesce(d.working -> 0 -> 'facts', '{}') AS facts) AS g
            WHERE d.tenant_id = $1 AND d.invoice_id = f.invoice_id
                AND d.number = ANY (f.reduced_by)) AS r)"""
_NET: Final = """CASE WHEN (SELECT tax_mode FROM invoice WHERE tenant_id = $1
            AND id = f.invoice_id) = 'inclusive' THEN 100 / (100 + l.tax_rate) ELSE 1 END"""
# $1 tenant, $2 the ends of the months, $3 currency, $4 digits, $5 with test accounts.
# The slices first, by their time: one stretch of the block range index.
STANDING: Final = f"""
bound AS (
    SELECT at, n::int FROM unnest($2::timestamptz[]) WITH ORDINALITY AS b (at, n)
), charged AS MATERIALIZED (
    SELECT item_id, revision, from_at, until_at, layer, quantity, amount, reduced, reduced_by,
        period_id, price_plan_version_id, subscription_id, invoice_id, line_number
    FROM fee_slice
    WHERE tenant_id = $1 AND kind = 'fee' AND from_at < ($2::timestamptz[])[cardinality($2)]
        AND until_at >= ($2::timestamptz[])[1]
), slice AS (
    SELECT f.item_id, f.revision, f.from_at, f.until_at, f.layer, f.quantity,
        f.price_plan_version_id, s.account_id, f.subscription_id, i.product_id, length.months,
        CASE WHEN y.step IS NOT NULL THEN {_PRORATED}
            WHEN y.life IS NOT NULL THEN {_BY_LIFE} ELSE f.amount END AS price,
        CASE WHEN y.step IS NOT NULL OR y.life IS NOT NULL THEN {_NET}
                * CASE WHEN f.reduced_by = '{{}}' THEN 1 ELSE {_LEFT} END
            ELSE coalesce(l.net / nullif(l.amount, 0), 1) * (f.amount - f.reduced)
                / nullif(f.amount, 0) END AS share
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
    CROSS JOIN LATERAL (SELECT CASE
        WHEN p.is_advance THEN (SELECT CASE WHEN extract(day FROM w.age) = 0
                THEN 12 * extract(year FROM w.age) + extract(month FROM w.age)
                ELSE extract(epoch FROM p.whole_ends_at - p.whole_starts_at)
                    / 86400 / 30.4375 END
            FROM (SELECT age(p.whole_ends_at AT TIME ZONE s.timezone,
                p.whole_starts_at AT TIME ZONE s.timezone)) AS w (age))
        ELSE q.count * CASE WHEN q.text ~ 'month|M$' THEN 1 WHEN q.text ~ 'year|Y$' THEN 12
            WHEN q.text ~ 'week|W$' THEN 7 / 30.4375 ELSE 1 / 30.4375 END
        END AS months) AS length
    LEFT JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = f.invoice_id
        AND l.number = f.line_number
    CROSS JOIN LATERAL (SELECT f.from_at <> p.whole_starts_at OR f.until_at <> p.whole_ends_at
        AS is_cut) AS whole
    CROSS JOIN LATERAL (SELECT {_STEP.format(kind="proration")} AS step,
        {_STEP.format(kind="maturity")} AS life, {_STEP.format(kind="paid")} AS paid) AS y
), standing AS (
    SELECT b.n, m.account_id, m.subscription_id, m.product_id, m.price_plan_version_id,
        round(m.share * m.price * (1 - coalesce(back.quantity, 0) / m.quantity) / m.months, $4)
            AS amount
    FROM bound b
    JOIN slice m ON m.from_at < b.at AND m.until_at >= b.at
    LEFT JOIN LATERAL (SELECT sum(c.quantity) AS quantity
        FROM fee_credit c
        WHERE c.tenant_id = $1 AND c.subscription_id = m.subscription_id
            AND c.item_id = m.item_id AND c.revision = m.revision AND c.kind = 'fee'
            AND c.slice_from = m.from_at AND c.layer = m.layer
            AND c.from_at < b.at AND c.until_at >= b.at) AS back ON true
    WHERE coalesce(back.quantity, 0) < m.quantity AND m.price > 0
)"""  # noqa: S608 - our own words
