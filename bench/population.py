"""Customers, subscriptions, periods and a month of usage, made by set-based SQL.

What is stored is what the product's own verbs would store: accounts, subscriptions with a
phase and five items, the open and the next period of both streams, and events with both of
their periods. Events lie in the order of their time, as they would have arrived.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from bench.calendar import ENDS, NEXT_ENDS, OPENED, STARTS, ZONE
from bench.place import Owner
from bench.seller import FEE_PRODUCT, PLANS, USAGES

_SEED: Final = """
CREATE SCHEMA bench;
CREATE TABLE bench.seed AS
SELECT i, 1 + i % {plans} AS plan, uuidv7() AS account_id, uuidv7() AS subscription_id,
    uuidv7() AS fees_period_id, uuidv7() AS usage_period_id
FROM generate_series(1, {subscriptions}) AS i;
"""
_ACCOUNTS: Final = """
INSERT INTO account (tenant_id, id, ref, name, name_key, country, currency, timezone,
    org_unit_id, created_at)
SELECT $1, account_id, 'a' || i, 'Customer ' || i, 'customer ' || i, 'FR', 'EUR', $2,
    (SELECT id FROM org_unit), $3
FROM bench.seed
"""
_SUBSCRIPTIONS: Final = """
INSERT INTO subscription (tenant_id, id, account_id, state, agreement_date, org_unit_id,
    currency, timezone, anchor, starts_at, created_at)
SELECT $1, subscription_id, account_id, 'active', '2026-01-01', (SELECT id FROM org_unit),
    'EUR', $2, '2026-01-01', $4, $3
FROM bench.seed
"""
_PHASES: Final = """
INSERT INTO subscription_phase (tenant_id, id, subscription_id, price_plan_version_id,
    billing_terms_version_id, from_at, created_at)
SELECT $1, uuidv7(), s.subscription_id, v.id, t.id, $3, $2
FROM bench.seed s
JOIN billing_terms b ON b.code = 'monthly'
JOIN billing_terms_version t ON t.billing_terms_id = b.id
JOIN price_plan p ON p.code = 'p' || s.plan
JOIN price_plan_version v ON v.tenant_id = $1 AND v.price_plan_id = p.id
"""
_ITEMS: Final = """
INSERT INTO subscription_item (tenant_id, item_id, revision, subscription_id, product_id,
    quantity, from_at, created_at)
SELECT $1, uuidv7(), 1, s.subscription_id, p.id,
    CASE WHEN p.code = $4 THEN 1 + s.i % 3 ELSE 1 END, $3, $2
FROM bench.seed s CROSS JOIN product p
"""
_PERIODS: Final = """
INSERT INTO billing_period (tenant_id, id, account_id, subscription_id, stream, ordinal,
    starts_at, ends_at, whole_starts_at, whole_ends_at, due_at, is_test, state)
SELECT $1, given.id, s.account_id, s.subscription_id, stream, ordinal, starts_at, ends_at,
    starts_at, ends_at, ends_at, false, 'open'
FROM bench.seed s
CROSS JOIN (VALUES (0, $2::timestamptz, $3::timestamptz), (1, $3, $4))
    AS months (ordinal, starts_at, ends_at)
CROSS JOIN LATERAL (VALUES ('fees', s.fees_period_id), ('usage', s.usage_period_id))
    AS streams (stream, first_id)
CROSS JOIN LATERAL (SELECT CASE ordinal WHEN 0 THEN first_id ELSE uuidv7() END AS id) AS given
"""
_METERS: Final = """
CREATE TABLE bench.meter AS
SELECT place - 1 AS place, p.id AS product_id, given.channel, given.unit, dimension
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    WITH ORDINALITY AS given (product, channel, unit, dimension, place)
JOIN product p ON p.code = given.product
"""
_EVENTS: Final = """
INSERT INTO usage_event (tenant_id, identity, revision, sign, account_id, subscription_id,
    product_id, usage_period_id, billing_period_id, occurred_at, received_at, quantity, slot,
    channel, unit, dimension, source, event_id, content_hash, payload)
SELECT $1, uuidv7(), 0, 1, s.account_id, s.subscription_id, m.product_id, s.usage_period_id,
    s.usage_period_id, t.at, t.at, q.quantity, 0, m.channel, m.unit, m.dimension, 'router',
    gen_random_uuid()::text, decode(md5(s.i::text || ' ' || k), 'hex'),
    jsonb_build_object('count', q.quantity)
FROM generate_series(0, $4::int - 1) AS k
CROSS JOIN bench.seed s
JOIN bench.meter m ON m.place = k % (SELECT count(*) FROM bench.meter)
CROSS JOIN LATERAL (SELECT $2::timestamptz
    + ($3::timestamptz - $2::timestamptz) * ((k + s.i::float8 / $5::int) / $4::int) AS at) AS t
CROSS JOIN LATERAL (SELECT 1 + (s.i * 7919 + k * 104729) % (1 + s.i % 149) AS quantity) AS q
"""
_INDEXES: Final = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = 'usage_event' AND indexname <> 'usage_event_pkey'
"""
_DUE: Final = """
INSERT INTO tenant_due (tenant_id, kind, due_at) VALUES ($1, 'close', $2)
ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = excluded.due_at
"""
TABLES: Final = (
    "account", "subscription", "subscription_phase", "subscription_item", "billing_period",
    "usage_event",
)  # fmt: skip


async def populate(
    owner: Owner, tenant_id: UUID, *, subscriptions: int, events_each: int
) -> None:
    """Store that many subscriptions, each with that many events in January 2026."""
    await owner.execute(_SEED.format(plans=PLANS, subscriptions=subscriptions))
    await owner.execute(_ACCOUNTS, tenant_id, ZONE, OPENED)
    await owner.execute(_SUBSCRIPTIONS, tenant_id, ZONE, OPENED, STARTS)
    await owner.execute(_PHASES, tenant_id, OPENED, STARTS)
    await owner.execute(_ITEMS, tenant_id, OPENED, STARTS, FEE_PRODUCT)
    await owner.execute(_PERIODS, tenant_id, STARTS, ENDS, NEXT_ENDS)
    await owner.execute(_METERS, *map(list, zip(*USAGES, strict=True)))
    await _store_events(owner, tenant_id, subscriptions=subscriptions, events_each=events_each)
    await owner.execute(_DUE, tenant_id, ENDS)
    await owner.execute(
        "CREATE TABLE bench.period AS SELECT * FROM billing_period;"
        "CREATE TABLE bench.due AS SELECT * FROM tenant_due"
    )
    for table in TABLES:
        await owner.execute(f"VACUUM ANALYZE {table}")


async def _store_events(
    owner: Owner, tenant_id: UUID, *, subscriptions: int, events_each: int
) -> None:
    """Insert the events, and build the indexes afterwards: that is several times as fast."""
    indexes = await owner.fetch(_INDEXES)
    for index in indexes:
        await owner.execute(f"DROP INDEX {index['indexname']}")
    await owner.execute(_EVENTS, tenant_id, STARTS, ENDS, events_each, subscriptions)
    await owner.execute("SET maintenance_work_mem = '512MB'")
    for index in indexes:
        await owner.execute(index["indexdef"])


_CLOSED: Final = (
    "invoice", "invoice_line", "invoice_number", "invoice_settlement", "fee_slice",
    "billing_step", "close_run", "close_chunk", "parked_subscription", "outbox",
    "audit_entry", "audit_unsealed", "audit_seal", "billing_period", "tenant_due",
    "applied_discount", "discount_free_time", "discount_grant", "discount_window",
    "job_billing", "wallet_charge", "wallet_entry", "credit_note", "credit_note_line",
    "credited_line", "fee_credit", "account_credit", "allocation", "payment", "refund",
    "collection", "dunning", "dunning_action",
)  # fmt: skip


async def undo_closing(owner: Owner) -> None:
    """Bring back the evening before the closing: what it wrote goes, its periods are open."""
    await owner.execute(
        f"TRUNCATE {', '.join(_CLOSED)};"
        "INSERT INTO billing_period SELECT * FROM bench.period;"
        "INSERT INTO tenant_due SELECT * FROM bench.due"
    )
    await owner.execute("VACUUM ANALYZE billing_period")


async def take_plans(
    owner: Owner, tenant_id: UUID, *, family: str, tax: str, terms: str
) -> None:
    """Put everybody on a plan of a family, on terms, and set the standard class's tax."""
    await owner.execute(
        """
        UPDATE subscription_phase ph
        SET price_plan_version_id = v.id, billing_terms_version_id = t.id
        FROM bench.seed s
        JOIN price_plan p ON p.code = $1 || s.plan
        JOIN price_plan_version v ON v.price_plan_id = p.id
        JOIN billing_terms b ON b.code = $2
        JOIN billing_terms_version t ON t.billing_terms_id = b.id
        WHERE ph.subscription_id = s.subscription_id
        """,
        family,
        terms,
    )
    legal = {"taxRates": {"FR": {"standard": tax}}}
    await owner.execute("UPDATE tenant SET legal = $2 WHERE id = $1", tenant_id, legal)
    await owner.execute("VACUUM ANALYZE subscription_phase")
