"""A seller of mailings, an office suite and seats, and its customers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.accounts.add_member import AddMember, add_member
from core.db import Database
from core.embedded import DatabaseUrls
from core.entitlements.can import Answer, Asked, can
from core.entitlements.consume import Consume, Consumed, consume
from core.subscriptions.records import Subscription
from core.subscriptions.start_trial import start_trial
from core.subscriptions.subscribe import NewItem, Subscribe
from core.subscriptions.trials import TrialWish
from tests.building import FIRST, Shop, open_shop

CATALOGUE = """
features:
  email.send: {name: Send e-mails}
  contacts: {name: Active contacts, counts: contacts, beyond: holds}
  companies: {name: Attached companies, counts: companies}
  users: {name: Users, counts: members, beyond: bills, product: user}
  seats.use: {name: Use a seat}
  reports: {name: Reports}
  profiles: {name: Profiles, counts: gauge, gauge: profiles}
gauges:
  profiles: {name: Profiles hosted}
products:
  contacts:
    kind: termed_service
    name: Active contacts, up to
    grants:
      - {feature: contacts, amount: 1, per: unit}
      - {feature: email.send, unlimited: true, needs_payment: true}
    trial:
      days: 30
      grants: [{feature: email.send, amount: 200}, {feature: contacts, amount: 5}]
  mailing: {kind: module, name: Mailing, grants: [{feature: email.send, amount: 0}]}
  mails:
    kind: one_time_service
    name: 1000 mails
    needs: [mailing]
    grants: [{feature: email.send, amount: 1000, per: unit, valid_for: 12 months}]
  monthly-mails:
    kind: pack
    name: 100 mails a month
    grants: [{feature: email.send, amount: 100, renews: period}]
  office:
    kind: module
    name: Office
    grants:
      - {feature: users, amount: 0}
      - {feature: companies, amount: 1}
      - {feature: reports, unlimited: true}
      - {feature: profiles, amount: 10}
  company:
    kind: pack
    name: Company
    needs: [office]
    grants: [{feature: companies, amount: 1, per: unit}]
  user: {kind: pack, name: User by consumption}
  seat:
    kind: licence
    name: Seat
    grants:
      - {feature: seats.use, unlimited: true, per: unit}
      - {feature: reports, unlimited: true}
price_plans:
  plan:
    name: Plan
    currency: EUR
    rates:
      contacts: {base: 1}
      mailing: {base: 5}
      mails: {base: 10}
      monthly-mails: {base: 3}
      office: {base: 29}
      company: {base: 5}
      user: {base: 12}
      seat: {base: 10}
billing_terms:
  monthly: {name: Monthly, plans: [plan], default_plan: plan, fixed_charges: advance}
"""


@dataclass(slots=True)
class Mailer:
    """The seller, and how its customers use what they have."""

    shop: Shop

    async def subscribed(
        self, account: UUID, *items: tuple[str, str], now: datetime = FIRST
    ) -> Subscription:
        """Subscribe an account to items (product, quantity)."""
        return await self.shop.subscribed(
            account, *items, terms="monthly", plan="plan", now=now
        )

    async def tried(
        self, account: UUID, *items: tuple[str, str], now: datetime = FIRST, **wish: Any
    ) -> Subscription:
        """Let an account try items."""
        command = Subscribe(
            account=account, billing_terms="monthly",
            items=[NewItem(product, Decimal(quantity)) for product, quantity in items],
        )  # fmt: skip
        async with self.shop.at(now) as tx:
            return await start_trial(tx, command, wish=TrialWish(**wish))

    async def member(self, account: UUID, name: str, role: str = "member") -> UUID:
        """Add a member."""
        command = AddMember(account, name, f"{name.lower()}@example.com", role)  # type: ignore[arg-type]
        async with self.shop.at(FIRST) as tx:
            return (await add_member(tx, command)).id

    async def ask(
        self,
        account: UUID,
        feature: str,
        amount: int = 1,
        *,
        member: UUID | None = None,
        now: datetime = FIRST,
    ) -> Answer:
        """Ask one question."""
        async with self.shop.at(now) as tx:
            return (await can(tx, account, [Asked(feature, Decimal(amount), member)]))[0]

    async def used(
        self, account: UUID, feature: str, amount: int, *, key: str, now: datetime = FIRST
    ) -> Consumed:
        """Consume."""
        async with self.shop.at(now) as tx:
            return await consume(
                tx, Consume(account, feature, Decimal(amount), source="app", id=key)
            )


@pytest.fixture
async def mailer(module_database: DatabaseUrls) -> AsyncIterator[Mailer]:
    """One seller for each test."""
    db = Database(module_database.app, role="api", pool_size=16)
    yield Mailer(await open_shop(db, catalogue=CATALOGUE))
    await db.close()
