"""A seller whose customers come, grow, shrink, leave and come back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.changes.change_quantity import change_quantity_now
from core.db import Database
from core.embedded import DatabaseUrls
from core.revenue.months import month_ends
from core.revenue.recurring import By, RevenueMonth, RevenuePart, revenue_months, revenue_parts
from core.subscriptions.cancel import cancel
from tests.building import Shop, open_shop, utc

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  support: {kind: termed_service, name: Support}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      seats: [{base: 30}, {base: 7, frequency: week}]
      support: {base: 15}
      email: {base: 0.50}
  gross:
    name: With tax
    currency: EUR
    tax: inclusive
    rates:
      seats: {base: 36}
billing_terms:
  monthly: {name: Monthly, plans: [simple, gross], default_plan: simple}
  ahead:
    {name: Ahead, anchor: anniversary, fixed_charges: advance, plans: [simple],
    fewer: credit}
  yearly:
    {name: Yearly, frequency: year, usage_frequency: month, fixed_charges: advance,
    plans: [simple]}
  weekly: {name: Weekly, frequency: week, fixed_charges: advance, plans: [simple]}
"""


@dataclass(slots=True)
class Selling:
    """A shop, and how its tests change subscriptions and read the series."""

    shop: Shop

    async def close_until(self, month: int, day: int = 1) -> None:
        """Close every day on which something may fall due, up to this one."""
        moment = utc(month, day)
        for _round in range(60):
            if not await self.shop.close(moment):
                return
        raise AssertionError("more than 60 rounds")

    async def seats(self, subscription_id: UUID, quantity: int, *, at: datetime) -> None:
        """Give the seats another quantity."""
        ((item,),) = await self.shop.rows(
            "SELECT DISTINCT i.item_id FROM subscription_item i JOIN product p"
            " ON p.tenant_id = $1 AND p.id = i.product_id AND p.code = 'seats'"
            " WHERE i.tenant_id = $1 AND i.subscription_id = $2",
            subscription_id,
        )
        async with self.shop.at(at) as tx:
            await change_quantity_now(
                tx, item_id=item, quantity=Decimal(quantity), when=None,
                pricing=self.shop.pricing,
            )  # fmt: skip

    async def end(self, subscription_id: UUID, *, at: datetime) -> None:
        """Turn renewal off."""
        async with self.shop.at(at) as tx:
            await cancel(tx, subscription_id=subscription_id)

    async def months(self, first: int, last: int, **more: Any) -> list[RevenueMonth]:
        """The series of 2026 in euros."""
        async with self.shop.at(utc(12, 31)) as tx:
            ends = month_ends(date(2026, first, 1), date(2026, last, 1), zone="UTC", now=tx.now)
            return await revenue_months(tx, ends, currency="EUR", **more)

    async def parts(self, first: int, last: int, *, by: By) -> list[RevenuePart]:
        """The breakdown of 2026 in euros."""
        async with self.shop.at(utc(12, 31)) as tx:
            ends = month_ends(date(2026, first, 1), date(2026, last, 1), zone="UTC", now=tx.now)
            return await revenue_parts(tx, ends, currency="EUR", by=by)


def moves(month: RevenueMonth) -> dict[str, str]:
    """What moved in a month, without what did not."""
    names = ("start", "new", "reactivation", "expansion", "contraction", "churn", "ending")
    return {name: f"{getattr(month, name):.2f}" for name in names if getattr(month, name)}


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """The connections of a worker to this module's database."""
    opened = Database(module_database.app, role="worker", pool_size=4)
    yield opened
    await opened.close()


@pytest.fixture
async def selling(db: Database) -> Selling:
    """A seller with its catalogue and no customers."""
    return Selling(await open_shop(db, catalogue=CATALOGUE))
