"""A seller with levels, seats and usage; an account in Paris; a picture of what is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.accounts.records import Account
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.kernel.clock import FixedClock
from core.periods.rows import StoredPeriod
from core.subscriptions.records import Item, Subscription
from core.subscriptions.repository import items_of
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.create_tenant import CreatedTenant

CATALOGUE = """
gauges:
  profiles: {name: Profiles hosted}
products:
  package: {kind: module, name: Package, quantity_from: {gauge: profiles}}
  seats: {kind: licence, name: Seats}
  support: {kind: termed_service, name: Support}
  training: {kind: one_time_service, name: Training}
  setup: {kind: expense, name: Set-up fee}
  unpriced: {kind: licence, name: Unpriced}
  level-2-only: {kind: licence, name: Of level 2}
  old: {kind: licence, name: Old, state: retired}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  email-too: {kind: usage_service, name: E-mails again, meters: {channel: email, unit: email}}
price_plans:
  level-2: &level
    name: Level 2
    currency: EUR
    family: levels
    rates: &rates
      package: {base: 6}
      seats: {base: 25}
      support: {base: 30}
      setup: {base: 5}
      old: {base: 1}
      level-2-only: {base: 5}
      email: {base: 0.01}
      email-too: {base: 0.01}
  level-3:
    name: Level 3
    currency: EUR
    family: levels
    rates: &fewer
      package: {base: 5}
      seats: {base: 20}
      support: {base: 30}
      email: {base: 0.01}
  level-4: {name: Level 4, currency: EUR, family: levels, rates: *fewer}
  gone: {name: Gone, currency: EUR, family: levels, state: retired, rates: *fewer}
  elsewhere: {name: Elsewhere, currency: EUR, family: others, rates: *fewer}
  dollars: {name: Dollars, currency: USD, family: levels, rates: *fewer}
  unlisted: {name: Unlisted, currency: EUR, family: levels, rates: *fewer}
  later: {name: Later, currency: EUR, family: levels, effective_from: 2027-06-01, rates: *fewer}
billing_terms:
  monthly: &monthly
    name: Monthly
    plans: [level-2, level-3, level-4, gone, elsewhere, dollars, later]
    default_plan: level-2
  advance: {name: In advance, fixed_charges: advance, plans: [level-2, level-3]}
  yearly:
    name: Yearly
    frequency: year
    usage_frequency: month
    anchor: anniversary
    fixed_charges: advance
    plans: [level-2]
  quarterly-usage: {name: Quarters, usage_frequency: 3 months, plans: [level-2, level-3]}
  old-terms: {name: Old, plans: [level-2], state: retired}
"""

TABLES = (
    "subscription",
    "subscription_phase",
    "subscription_item",
    "billing_period",
    "history_entry",
    "audit_entry",
    "outbox",
)

At = Callable[[datetime], AbstractAsyncContextManager[Tx]]
Picture = Callable[[], Awaitable[dict[str, list[Any]]]]


def paris(month: int, day: int, hour: int = 0, *, year: int = 2026) -> datetime:
    """An hour of winter in Paris, one hour ahead of UTC; a summer one is written in UTC."""
    return datetime(year, month, day, hour, tzinfo=UTC) - timedelta(hours=1)


OPENED = paris(1, 1)
NOW = paris(1, 10, 12)
FEBRUARY = paris(2, 1)
MARCH = paris(3, 1)


@pytest.fixture
def at(db: Database, seller: CreatedTenant) -> At:
    """How a test opens a transaction of the seller, with the time that it is."""

    def opened(now: datetime) -> AbstractAsyncContextManager[Tx]:
        return db.transaction(seller.tenant.id, actor="staff:ada", clock=FixedClock(now))

    return opened


@pytest.fixture
async def account(at: At) -> Account:
    """A customer of a seller with a catalogue, opened on 1 January 2026."""
    async with at(OPENED) as tx:
        loaded = load_catalogue(CATALOGUE)
        await apply_catalogue(tx, loaded)
        return await create_account(tx, CreateAccount(name="Client", ref="client"))


@pytest.fixture
async def subscription(at: At, account: Account) -> Subscription:
    """Level 2 from 10 January at noon: the package, 5 seats, e-mails."""
    items = [NewItem("package"), NewItem("seats", Decimal(5)), NewItem("email")]
    async with at(NOW) as tx:
        return await subscribe(
            tx, Subscribe(account=account.id, billing_terms="monthly", items=items)
        )


@pytest.fixture
def picture(at: At) -> Picture:
    """Everything that a verb could write, to show that a refusal wrote nothing."""

    async def taken() -> dict[str, list[Any]]:
        async with at(NOW) as tx:
            return {
                table: [
                    tuple(row)
                    for row in await tx.fetch(
                        f"SELECT * FROM {table} WHERE tenant_id = $1 ORDER BY id"
                        if table != "subscription_item"
                        else "SELECT * FROM subscription_item WHERE tenant_id = $1"
                        " ORDER BY item_id, revision",
                        tx.tenant_id,
                    )
                ]
                for table in TABLES
            }

    return taken


async def item(tx: Tx, subscription: Subscription, product: str) -> Item:
    """The first revision of a subscription's item of a product."""
    return (await revisions(tx, subscription, product))[0]


async def revisions(tx: Tx, subscription: Subscription, product: str) -> list[Item]:
    """The revisions of a subscription's item of a product."""
    product_id = await tx.fetchval(
        "SELECT id FROM product WHERE tenant_id = $1 AND code = $2", tx.tenant_id, product
    )
    items = (await items_of(tx, [subscription.id]))[subscription.id]
    return [found for found in items if found.product_id == product_id]


async def periods(tx: Tx, subscription: Subscription, stream: str) -> list[StoredPeriod]:
    """The periods of one stream of a subscription."""
    rows = await tx.fetch(
        f"SELECT {', '.join(StoredPeriod._fields)} FROM billing_period"
        " WHERE tenant_id = $1 AND subscription_id = $2 AND stream = $3 ORDER BY starts_at",
        tx.tenant_id,
        subscription.id,
        stream,
    )
    return [StoredPeriod(*row) for row in rows]


async def plan_codes(tx: Tx, subscription: Subscription) -> list[tuple[str, Any, Any]]:
    """The plan of each phase of a subscription, from when and until when."""
    rows = await tx.fetch(
        "SELECT p.code, f.from_at, f.until_at FROM subscription_phase f"
        " JOIN price_plan_version v ON v.tenant_id = f.tenant_id"
        " AND v.id = f.price_plan_version_id"
        " JOIN price_plan p ON p.tenant_id = v.tenant_id AND p.id = v.price_plan_id"
        " WHERE f.tenant_id = $1 AND f.subscription_id = $2 ORDER BY f.from_at",
        tx.tenant_id,
        subscription.id,
    )
    return [tuple(row) for row in rows]
