"""Looks and series are served by the indexes on time, planned as the application plans them.

Under row-level security an index serves only leakproof operators; a plan made by the schema's
owner would prove nothing. Rows come in the order of their time, as they do in life.
"""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from core.alerts.repository import TOUCHED
from core.db import Tx
from core.embedded import DatabaseUrls
from core.revenue.recurring import PARTS, SERIES
from core.revenue.usage import UsageAsked, usage_statement
from tests.building import Shop, utc

from .conftest import Selling

ACCOUNTS = 1_000
EVENTS = 60_000
SLICES = 30_000


async def _filled(shop: Shop) -> None:
    """A hundred days of events and slices of one seller, made by statements."""
    account = await shop.customer()
    made = await shop.subscribed(account, ("seats", "1"), ("email", "1"))
    async with shop.at() as tx:
        await tx.execute(
            "INSERT INTO account (tenant_id, id, name, name_key, country, currency, timezone,"
            " org_unit_id, created_at) SELECT tenant_id, gen_random_uuid(), n::text, n::text,"
            " country, currency, timezone, org_unit_id, created_at"
            " FROM account, generate_series(1, $3) AS n WHERE tenant_id = $1 AND id = $2",
            tx.tenant_id, account, ACCOUNTS,
        )  # fmt: skip
        period = await tx.fetchval(
            "SELECT id FROM billing_period WHERE tenant_id = $1 AND stream = 'usage'"
            " ORDER BY starts_at LIMIT 1",
            tx.tenant_id,
        )
        await tx.execute(
            "INSERT INTO usage_event (tenant_id, identity, revision, sign, account_id,"
            " subscription_id, product_id, usage_period_id, billing_period_id, occurred_at,"
            " received_at, quantity, channel, unit, source, event_id, content_hash, payload)"
            " SELECT $1, gen_random_uuid(), 0, 1, a.ids[1 + n % $5], $2, i.product_id, $3, $3,"
            " at, at, 1, 'email', 'email', 's', n::text, '', '{}'"
            " FROM generate_series(1, $4) AS n CROSS JOIN LATERAL"
            " (SELECT timestamptz '2026-01-01' + n * interval '2 minutes'"
            " AS at) AS t CROSS JOIN (SELECT product_id FROM subscription_item"
            " WHERE tenant_id = $1 AND subscription_id = $2 LIMIT 1) AS i CROSS JOIN"
            " (SELECT array_agg(id) AS ids FROM account WHERE tenant_id = $1) AS a",
            tx.tenant_id, made.id, period, EVENTS, ACCOUNTS,
        )  # fmt: skip
        await _slices(tx, shop)


async def _slices(tx: Tx, shop: Shop) -> None:
    invoice = (await shop.rows("SELECT id FROM invoice WHERE tenant_id = $1 LIMIT 1"))[0][0]
    await tx.execute(
        "INSERT INTO fee_slice (tenant_id, item_id, revision, kind, from_at, until_at,"
        " subscription_id, period_id, price_plan_version_id, quantity, amount, invoice_id,"
        " layer, reduced, reduced_by)"
        " SELECT f.tenant_id, f.item_id, f.revision, 'fee',"
        " timestamptz '2000-01-01' + n * interval '2 hours',"
        " timestamptz '2000-01-01' + (n + 1) * interval '2 hours',"
        " f.subscription_id, f.period_id, f.price_plan_version_id, 1, 1, $2, 2, 0, '{}'"
        " FROM (SELECT * FROM fee_slice WHERE tenant_id = $1 LIMIT 1) AS f,"
        " generate_series(1, $3) AS n",
        tx.tenant_id, invoice, SLICES,
    )  # fmt: skip


@pytest.fixture
async def filled(selling: Selling, module_database: DatabaseUrls) -> Selling:
    """A seller with events and slices enough that reading them whole is the worse plan.

    Looked at by the server's own upkeep, as it is in life.
    """
    shop = selling.shop
    await shop.subscribed(await shop.customer(), ("seats", "1"), terms="ahead", now=utc(1))
    await selling.close_until(1, 2)
    await _filled(shop)
    owner = await asyncpg.connect(module_database.owner)
    await owner.execute("VACUUM ANALYZE")
    await owner.close()
    return selling


async def _plan(shop: Shop, sql: str, *arguments: object) -> str:
    async with shop.at() as tx:
        rows = await tx.fetch(f"EXPLAIN (COSTS OFF) {sql}", tx.tenant_id, *arguments)
    return "\n".join(row[0] for row in rows)


async def test_looks_and_series_read_a_stretch_of_time(filled: Selling) -> None:
    """The block range indexes for what all did, an account's own index for what it did.

    The last minutes of arrivals; a day of all and of one; the last two of seven years.
    """
    quiet = await filled.shop.customer("Quiet")
    last = utc(1) + timedelta(minutes=2 * EVENTS)
    ends = [utc(9, year=2006), utc(10, year=2006), utc(11, year=2006)]
    day = (utc(2), utc(2, 2), [utc(2).date()], "day", "UTC", False, 20)
    all_usage, _ = usage_statement(UsageAsked())
    own_usage, more = usage_statement(UsageAsked(account=quiet))
    expected: list[tuple[str, str, tuple[object, ...]]] = [
        ("usage_event_times", TOUCHED, (last - timedelta(minutes=10), last)),
        ("usage_event_times", all_usage, day),
        ("usage_event_by_account", own_usage, (*day, *more)),
        ("fee_slice_times", SERIES, (ends, "EUR", 2, False, utc(3))),
        ("fee_slice_times", PARTS["product"], (ends, "EUR", 2, False, 20)),
        ("fee_slice_times", PARTS["plan"], (ends, "EUR", 2, False, 20)),
    ]
    for index, sql, given in expected:
        text = await _plan(filled.shop, sql, *given)
        assert index in text, text
        assert "Seq Scan on usage_event" not in text, text
        assert "Seq Scan on fee_slice" not in text, text
