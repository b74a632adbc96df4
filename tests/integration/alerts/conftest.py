"""A seller of e-mails and text messages, whose usage alerts watch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.alerts.define import DefineAlert, define_alert
from core.alerts.looking import look_at_all, look_for_usage
from core.alerts.raising import measure_queue
from core.alerts.records import Alert, Measure
from core.db import Database
from core.embedded import DatabaseUrls
from tests.building import Shop, open_shop

CATALOGUE = """
features:
  mails: {name: Mails}
  letters: {name: Letters}
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  bundle:
    kind: module
    name: Bundle
    grants: [{feature: mails, amount: 200}]
  monthly:
    kind: module
    name: Letters by the month
    grants: [{feature: letters, amount: 100, renews: period}]
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      seats: {base: 25}
      bundle: {base: 10}
      monthly: {base: 10}
      email: {base: 0.50}
  gross:
    name: With tax
    currency: EUR
    tax: inclusive
    rates:
      email: {base: 0.60}
  dollars:
    name: Dollars
    currency: USD
    rates:
      email: {base: 0.50}
  bare:
    name: Seats only
    currency: EUR
    rates:
      seats: {base: 25}
billing_terms:
  monthly: {name: Monthly, plans: [simple, gross, dollars], default_plan: simple}
"""


@dataclass(slots=True)
class Watching:
    """A shop, and how its tests define alerts and let a worker look."""

    shop: Shop

    async def define(
        self, *thresholds: str, measure: Measure = "usage_amount", at: datetime, **more: Any
    ) -> Alert:
        """Define an alert at an instant."""
        command = DefineAlert(
            name="Alert", measure=measure, thresholds=[Decimal(one) for one in thresholds],
            **more,
        )  # fmt: skip
        async with self.shop.at(at) as tx:
            return await define_alert(tx, command)

    async def look(self, at: datetime) -> int:
        """Look as a worker does; return how many periods were measured."""
        measured = 0
        async with self.shop.at(at) as tx:
            await look_for_usage(tx)
        more = True
        while more:
            async with self.shop.at(at) as tx:
                more = await look_at_all(tx)
        async with self.shop.at(at) as tx:
            measured += await measure_queue(tx, pricing=self.shop.pricing)
        return measured

    async def told(self, alert: Alert | None = None) -> list[tuple[str, str, str]]:
        """Every event: threshold, value, first day of its period; the order of telling."""
        rows = await self.shop.rows(
            "SELECT threshold, value, period_from FROM alert_event WHERE tenant_id = $1"
            " AND ($2::uuid IS NULL OR alert_id = $2) ORDER BY id",
            None if alert is None else alert.id,
        )
        return [(f"{a.normalize():f}", f"{b:.2f}", f"{c:%m-%d}") for a, b, c in rows]

    async def messages(self) -> list[UUID]:
        """The subjects of the notifications of alerts."""
        rows = await self.shop.rows(
            "SELECT subject_id FROM outbox WHERE tenant_id = $1 AND topic = 'alert.raised'"
            " ORDER BY id"
        )
        return [row[0] for row in rows]

    async def product(self, code: str) -> UUID:
        """The id of a product."""
        ((found,),) = await self.shop.rows(
            "SELECT id FROM product WHERE tenant_id = $1 AND code = $2", code
        )
        return UUID(str(found))


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """Connections enough for workers beside each other."""
    opened = Database(module_database.app, role="worker", pool_size=8)
    yield opened
    await opened.close()


@pytest.fixture
async def watching(db: Database) -> Watching:
    """A seller with its catalogue, no customers and no alerts."""
    return Watching(await open_shop(db, catalogue=CATALOGUE))
