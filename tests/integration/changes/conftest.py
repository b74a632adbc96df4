"""A seller of each test, who bills in advance and changes things at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.catalogue.records import Product
from core.catalogue.repository import heads_by_ids
from core.db import Database
from core.embedded import DatabaseUrls
from core.subscriptions.records import Item, Subscription
from core.subscriptions.repository import items_of
from tests.building import Shop, open_shop
from tests.invariants import broken

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  essential: {kind: licence, name: Essential}
  support: {kind: termed_service, name: Support}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    family: levels
    rates:
      seats: {base: 30}
      essential: {base: 30}
      support: {base: 15}
      email: {base: 1.90, package: {size: 1000}}
  double:
    name: Double
    currency: EUR
    family: levels
    rates:
      seats: {base: 60}
      essential: {base: 60}
      support: {base: 15}
      email: {base: 3.80, package: {size: 1000}}
billing_terms:
  ahead:
    {name: Ahead, anchor: anniversary, fixed_charges: advance, plans: [simple, double]}
  later:
    {name: Later, anchor: anniversary, fixed_charges: advance, plans: [simple, double],
    more: next_invoice}
  credits:
    {name: Credits, anchor: anniversary, fixed_charges: advance, plans: [simple, double],
    fewer: credit, upgrade: reset, downgrade: prorate}
  arrears:
    {name: Arrears, anchor: anniversary, plans: [simple, double]}
  a-year:
    {name: A year, frequency: year, usage_frequency: month, anchor: anniversary,
    fixed_charges: advance, plans: [simple, double]}
"""


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """The connections of a worker to this module's database."""
    opened = Database(module_database.app, role="worker", pool_size=8)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller in advance."""
    return await open_shop(db, catalogue=CATALOGUE)


@pytest.fixture(autouse=True)
async def sound_books(shop: Shop) -> AsyncIterator[None]:
    """After every test here the books are sound, whatever the test did."""
    yield
    async with shop.at() as tx:
        assert await broken(tx) == []


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription whose items are found by their product."""

    shop: Shop
    subscription: Subscription

    async def item(self, product: str, *, at: datetime) -> Item:
        """Return the revision of a product's item that holds at an instant."""
        async with self.shop.at(at) as tx:
            items = (await items_of(tx, [self.subscription.id]))[self.subscription.id]
            products = await heads_by_ids(tx, Product, {one.product_id for one in items})
        return next(
            one for one in items if products[one.product_id].code == product and one.holds(at)
        )

    async def documents(self) -> list[tuple[str, str, list[tuple[str, Any, str]]]]:
        """Every document: number, total, and its lines as (product, units, amount)."""
        lines = await self.shop.rows(
            "SELECT n.series || '-' || n.n, i.total, l.description, l.quantity, l.amount"
            " FROM invoice i JOIN invoice_number n"
            "   ON n.tenant_id = i.tenant_id AND n.invoice_id = i.id"
            " JOIN invoice_line l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id"
            " WHERE i.tenant_id = $1 ORDER BY i.created_at, n.series, n.n, l.number"
        )
        found: dict[str, tuple[str, str, list[tuple[str, Any, str]]]] = {}
        for number, total, product, quantity, amount in lines:
            document = found.setdefault(number, (number, f"{total:.2f}", []))
            document[2].append((product, int(quantity), f"{amount:.2f}"))
        return list(found.values())

    async def settlements(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """Total, paid and credited of each invoice, in the order of their making."""
        rows = await self.shop.rows(
            "SELECT s.total, s.paid, s.credited FROM invoice_settlement s"
            " JOIN invoice_number n ON n.tenant_id = $1 AND n.invoice_id = s.invoice_id"
            " WHERE s.tenant_id = $1 ORDER BY n.series, n.n"
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


async def held(shop: Shop, *items: tuple[str, str], terms: str, now: datetime) -> Held:
    """Subscribe a customer abroad, who pays no tax, and bill what is due."""
    account: UUID = await shop.customer(country="US", opened=now)
    subscription = await shop.subscribed(account, *items, terms=terms, now=now)
    await shop.close(now)
    return Held(shop, subscription)
