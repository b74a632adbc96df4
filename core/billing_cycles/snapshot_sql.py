"""The statements that read what a closing needs: one each, for any number of subscriptions.

Every one starts with the tenant and serves an index by leakproof operators only. `$2` is
the list of subscriptions (or periods) unless said otherwise.
"""

from __future__ import annotations

from typing import Final

_PERIOD: Final = (
    "SELECT id, account_id, subscription_id, stream, ordinal, starts_at, ends_at,"
    " whole_starts_at, whole_ends_at, due_at, is_test, state, run_id, is_advance"
    " FROM billing_period"
)

FROZEN_PERIODS: Final = f"""
{_PERIOD} WHERE tenant_id = $1 AND run_id = $2 AND account_id BETWEEN $3 AND $4
  AND state = 'frozen'
"""
PARKED_PERIODS: Final = f"""
{_PERIOD} WHERE tenant_id = $1 AND subscription_id = $2 AND state = 'parked'
"""
OPEN_PERIODS: Final = f"""
{_PERIOD} WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[]) AND state = 'open'
"""
OPEN_USAGE_PERIODS: Final = f"""
{_PERIOD} p WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[]) AND state = 'open'
  AND stream = 'usage' AND EXISTS (SELECT FROM usage_event e
    WHERE e.tenant_id = $1 AND e.usage_period_id = p.id)
"""
OPEN_PERIODS_NAMED: Final = f"""
{_PERIOD} WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND state = 'open'
"""
FEES_PERIODS: Final = f"""
{_PERIOD} WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[]) AND stream = 'fees'
  AND starts_at <= $4 AND ends_at > $3 AND state IN ('open', 'billed')
"""
# Since when is looked at: what is charged and sold is needed for the whole of every period.
SINCE: Final = f"""(
    SELECT least($3::timestamptz, min(f.starts_at)) FROM ({FEES_PERIODS}) AS f
)"""  # noqa: S608 - our own words
SUBSCRIPTIONS: Final = """
SELECT s.id, s.account_id, s.currency, s.timezone, s.anchor, s.starts_at, s.ends_at, s.state,
    a.invoice_per, a.test_clock
FROM subscription s
JOIN account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
WHERE s.tenant_id = $1 AND s.id = ANY ($2::uuid[])
"""
ACCOUNT_NAMES: Final = (
    "id", "name", "email", "country", "currency", "timezone", "address", "tax_number",
    "test_clock",
)  # fmt: skip
ACCOUNTS: Final = f"""
SELECT {", ".join(ACCOUNT_NAMES)} FROM account
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""  # noqa: S608 - our own columns
ACCOUNTS_OF: Final = f"""
SELECT {", ".join(ACCOUNT_NAMES)} FROM account
WHERE tenant_id = $1 AND id IN (
    SELECT account_id FROM subscription WHERE tenant_id = $1 AND id = ANY ($2::uuid[]))
"""  # noqa: S608 - our own columns
TENANT_NAMES: Final = ("id", "name", "country", "timezone", "legal", "tax_engine")
TENANT: Final = f"""
SELECT {", ".join(TENANT_NAMES)} FROM tenant WHERE id = $1
"""  # noqa: S608 - our own columns
# What a tenant has none of is not asked for.
SECTIONS: Final = """
SELECT EXISTS (SELECT FROM catalogue_entry WHERE tenant_id = $1 AND section = 'features'),
    EXISTS (SELECT FROM catalogue_entry WHERE tenant_id = $1 AND section = 'discounts')
"""
PHASES: Final = """
SELECT subscription_id, price_plan_version_id, billing_terms_version_id, from_at, until_at,
    base_plan_version_id, anchor
FROM subscription_phase
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[])
  AND (until_at IS NULL OR until_at > $3)
ORDER BY subscription_id, from_at
"""
ITEMS: Final = """
SELECT item_id, revision, subscription_id, product_id, quantity::numeric, from_at, until_at,
    is_trial, committed::numeric
FROM subscription_item
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[])
  AND (until_at IS NULL OR until_at > $3)
"""
ITEM_BEGINNINGS: Final = """
SELECT item_id, min(from_at) AS from_at FROM subscription_item
WHERE tenant_id = $1 AND item_id = ANY ($2::uuid[]) AND NOT is_trial GROUP BY item_id
"""
# What is charged, and what was given back of it (`worth`: before discounts, as charged).
FEE_SLICES: Final = """
SELECT f.subscription_id, f.item_id, f.kind, f.from_at, f.until_at, f.amount::numeric,
    i.product_id, f.quantity::numeric, f.layer, false AS is_credit
FROM fee_slice f
JOIN subscription_item i ON i.tenant_id = f.tenant_id AND i.item_id = f.item_id
    AND i.revision = f.revision
WHERE f.tenant_id = $1 AND f.subscription_id = ANY ($2::uuid[]) AND f.until_at > $3
UNION ALL
SELECT c.subscription_id, c.item_id, c.kind, c.from_at, c.until_at, c.worth::numeric,
    i.product_id, c.quantity::numeric, c.layer, true
FROM fee_credit c
JOIN subscription_item i ON i.tenant_id = c.tenant_id AND i.item_id = c.item_id
    AND i.revision = c.revision
WHERE c.tenant_id = $1 AND c.subscription_id = ANY ($2::uuid[]) AND c.until_at > $3
"""
# Periods with usage that came late, and those whose usage a late neighbour judges anew.
LATE_PERIODS: Final = """
SELECT e.billing_period_id, e.usage_period_id, p.subscription_id
FROM (
    SELECT billing_period_id, usage_period_id FROM usage_event
    WHERE tenant_id = $1 AND billing_period_id = ANY ($2::uuid[])
      AND billing_period_id <> usage_period_id
    UNION
    SELECT billing_period_id, usage_period_id FROM usage_dirtied
    WHERE tenant_id = $1 AND billing_period_id = ANY ($2::uuid[])
) AS e
JOIN billing_period p ON p.tenant_id = $1 AND p.id = e.usage_period_id
"""
STEPS: Final = """
SELECT last.period_id, last.seq, last.totals::text AS totals, kept.inputs::text AS inputs
FROM (
    SELECT DISTINCT ON (period_id) period_id, seq, totals FROM billing_step
    WHERE tenant_id = $1 AND period_id = ANY ($2::uuid[]) ORDER BY period_id, seq DESC
) AS last
CROSS JOIN LATERAL (
    SELECT s.inputs FROM billing_step s
    WHERE s.tenant_id = $1 AND s.period_id = last.period_id AND s.inputs IS NOT NULL
    ORDER BY s.seq DESC LIMIT 1
) AS kept
"""

# An event counts once the period that bills it is billed. Those of the periods at hand
# ($3, with a preview the ones that are still open) count too. One that is frozen and waits
# bills its own late events when its turn comes: a delayed closing must not take them. Only
# events that came late are looked up; all others are billed with the period in which they
# happened.
_COUNTS: Final = """
  (e.billing_period_id = e.usage_period_id OR e.billing_period_id = ANY ($3::uuid[])
   OR EXISTS (SELECT FROM billing_period b
      WHERE b.tenant_id = $1 AND b.id = e.billing_period_id AND b.state = 'billed'))
"""
USAGE_TOTALS: Final = f"""
SELECT e.usage_period_id, e.product_id, e.dimension, e.slot,
    sum(e.quantity) AS quantity, sum(e.sign)::int AS events, sum(e.amount) AS amount
FROM usage_event e
WHERE e.tenant_id = $1 AND e.usage_period_id = ANY ($2::uuid[]) AND {_COUNTS}
GROUP BY e.usage_period_id, e.product_id, e.dimension, e.slot
"""  # noqa: S608 - our own words
# Events that were priced one by one, credits apart from charges: a void of either goes with
# what it takes back. Credits that were all taken back are none, or they would be told from
# the charges of the same rate by nothing. Ratings are read for these products only ($4).
RATED_USAGE: Final = f"""
SELECT e.usage_period_id, e.product_id, e.dimension, e.slot,
    sum(e.quantity) AS quantity, sum(e.sign)::int AS events, sum(e.amount) AS amount,
    min((e.rating ->> 'unitPrice')::numeric) AS lowest,
    max((e.rating ->> 'unitPrice')::numeric) AS highest, sum(e.tax) AS tax
FROM usage_event e
WHERE e.tenant_id = $1 AND e.usage_period_id = ANY ($2::uuid[])
  AND e.product_id = ANY ($4::uuid[]) AND e.amount IS NOT NULL AND {_COUNTS}
GROUP BY e.usage_period_id, e.product_id, e.dimension, e.slot, e.sign * e.amount < 0
HAVING sum(e.amount) <> 0 OR NOT bool_or(e.sign * e.amount < 0)
"""  # noqa: S608 - our own words
AGGREGATED_USAGE: Final = f"""
WITH standing AS (
    SELECT e.usage_period_id, e.product_id, e.dimension, e.slot, e.identity,
        sum(e.quantity) AS quantity, max(e.occurred_at) AS occurred_at,
        max(e.source) AS source, max(e.event_id) AS event_id
    FROM usage_event e
    WHERE e.tenant_id = $1 AND e.usage_period_id = ANY ($2::uuid[])
      AND e.product_id = ANY ($4::uuid[]) AND {_COUNTS}
    GROUP BY e.usage_period_id, e.product_id, e.dimension, e.slot, e.identity
    HAVING sum(e.sign) > 0
)
SELECT usage_period_id, product_id, dimension, slot, max(quantity) AS highest,
    (array_agg(quantity ORDER BY occurred_at DESC, source DESC, event_id DESC))[1] AS last,
    sum(quantity) AS quantity, count(*)::int AS events
FROM standing GROUP BY usage_period_id, product_id, dimension, slot
"""  # noqa: S608 - our own words
# Every event that may decide what those of a period amount to: of a windowed channel, of the
# keys that have something in a period, in front of it and in it. What a period bills that is
# not at hand is left out; what is never billed, as messages of a customer, is always there.
REPLAYED: Final = f"""
SELECT e.account_id, e.channel, e.replay_key, e.occurred_at, e.source, e.event_id,
    e.usage_period_id, e.product_id, e.slot, e.unit, e.dimension, e.payload,
    e.identity, e.revision, e.sign
FROM unnest($2::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    AS w (account_id, channel, from_at, until_at)
JOIN usage_event e ON e.tenant_id = $1 AND e.account_id = w.account_id
    AND e.channel = w.channel AND e.replay_key IS NOT NULL
    AND e.occurred_at >= w.from_at AND e.occurred_at < w.until_at
WHERE e.billing_period_id IS NULL OR {_COUNTS}
"""  # noqa: S608 - our own words
PERIOD_TIMES: Final = """
SELECT id, subscription_id, starts_at, ends_at FROM billing_period
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""
PRODUCTS: Final = """
SELECT id, code, name, kind, tax_class, unit_label, meters_channel, meters_unit, gauge_id,
    gauge_policy, billed_in, type
FROM product WHERE tenant_id = $1
"""
RESTS: Final = """
SELECT subscription_id, from_at, until_at FROM subscription_rest
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[]) AND NOT is_billed
ORDER BY subscription_id, from_at
"""
