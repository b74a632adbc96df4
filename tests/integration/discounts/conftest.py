"""A seller with discounts, and subscriptions in Paris that they may be given to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.discounts.grant import GrantDiscount, grant_discount
from core.discounts.records import DiscountGrant
from core.embedded import DatabaseUrls
from core.kernel.clock import FixedClock
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.create_org_unit import CreateOrgUnit, create_org_unit
from core.tenancy.create_tenant import CreatedTenant

CATALOGUE = """
products:
  package: {kind: termed_service, name: Package, type: main}
  sport: {kind: termed_service, name: Sport}
price_plans:
  tv: {name: TV, currency: EUR, rates: {package: {base: 25}, sport: {base: 5}}}
billing_terms:
  monthly: {name: Monthly, plans: [tv], discounts: flexible}
  rigid: {name: Rigid, plans: [tv]}
discounts:
  thrice: {name: Thrice, method: ad_hoc, percent: 10, times: 3, times_per: year}
  twice-in-all: {name: Twice, method: ad_hoc, percent: 10, times: 2}
  some: {name: Some, method: ad_hoc, range: {of: percent, from: 5, to: 20}}
  money:
    name: Money
    method: ad_hoc
    range: {of: amount, from: 5, to: 20}
    currency: EUR
    per: month
  asked:
    {name: Asked, method: ad_hoc, percent: 10, times: 3, times_per: year, approval: managers}
  auto-once-a-year:
    {name: Auto, method: auto, percent: 50, times: 1, times_per: year, products: [sport]}
  secret: {name: Secret, method: ad_hoc, percent: 10, units: [managers]}
  dollars: {name: Dollars, method: ad_hoc, amount: 5, currency: USD, per: month}
"""
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TABLES = ("discount_grant", "discount_window", "discount_money", "history_entry", "outbox")

Give = Callable[..., Awaitable[DiscountGrant]]


@dataclass(frozen=True, slots=True)
class Seller:
    """What the tests act on."""

    db: Database
    tenant_id: UUID
    account: UUID
    subscription: UUID
    other: UUID
    managers: UUID

    def at(self, now: datetime = NOW) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction of the seller at an instant."""
        return self.db.transaction(self.tenant_id, actor="staff:a", clock=FixedClock(now))

    async def give(
        self,
        definition: str,
        *,
        now: datetime = NOW,
        unit_id: UUID | None = None,
        subscription: UUID | None = None,
        **more: Any,
    ) -> DiscountGrant:
        """Give a discount to the subscription, or to another one."""
        values = {k: Decimal(v) if k in ("percent", "amount") else v for k, v in more.items()}
        command = GrantDiscount(
            definition, subscription=subscription or self.subscription, **values
        )
        async with self.at(now) as tx:
            return await grant_discount(tx, command, unit_id=unit_id)

    async def picture(self) -> dict[str, list[Any]]:
        """Everything that a verb could write, to show that a refusal wrote nothing."""
        async with self.at() as tx:
            return {
                table: sorted(
                    (
                        tuple(row)
                        for row in await tx.fetch(
                            f"SELECT * FROM {table} WHERE tenant_id = $1", tx.tenant_id
                        )
                    ),
                    key=repr,
                )
                for table in TABLES
            }


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """Connections for sixteen at once."""
    opened = Database(module_database.app, role="api", pool_size=16)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(db: Database, seller: CreatedTenant) -> Seller:
    """One account with two subscriptions to the package, from 1 January 2026."""
    start = datetime(2025, 12, 31, 23, tzinfo=UTC)
    async with db.transaction(seller.tenant.id, actor="t", clock=FixedClock(start)) as tx:
        root = await tx.fetchval("SELECT id FROM org_unit WHERE tenant_id = $1", tx.tenant_id)
        unit = await create_org_unit(tx, CreateOrgUnit("managers", "Managers", root))
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
        account = await create_account(tx, CreateAccount(name="Ada"))
        made = [
            await subscribe(
                tx, Subscribe(account.id, "monthly", [NewItem("package"), NewItem("sport")])
            )
            for _number in range(2)
        ]
    return Seller(db, seller.tenant.id, account.id, made[0].id, made[1].id, unit.id)
