"""A seller whose terms say when invoices are to be paid, and what happens when they are not.

A seat costs 25.00 a month in advance; with the French tax of 20 % one is 30.00.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.billing_cycles.advance_clock import ClockMoved, advance_clock
from core.billing_cycles.due_payments import PaymentsDue
from core.changes.end_unpaid import end_unpaid
from core.db import Database
from core.embedded import DatabaseUrls
from core.payments.gateways import gateways_of
from core.payments.methods import AddMethod, add_method
from core.payments.recording import ReceivedPayment, record_payment
from core.payments.records import Method, Payment
from tests.building import Shop, open_shop, utc
from tests.invariants import broken

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}}}
billing_terms:
  plain: {name: Plain, fixed_charges: advance, plans: [simple]}
  strict:
    name: Strict
    fixed_charges: advance
    plans: [simple]
    payment:
      within: 14 days
      retries: [3 days, 5 days]
      reminders: [3 days, 10 days]
      suspend_after: 20 days
      end_after: 40 days
"""
NEW_YEAR = utc(1)


@dataclass(slots=True)
class Till:
    """A seller, and how its tests pay."""

    shop: Shop

    @property
    def gateways(self) -> Any:
        """The gateways by name."""
        return gateways_of(self.shop.host)

    async def customer(self, *, on_test_clock: bool = True, name: str = "Client") -> UUID:
        """Open an account, on a test clock at New Year."""
        clock = NEW_YEAR if on_test_clock else None
        return await self.shop.customer(name, test_clock=clock)

    async def subscribe(self, account: UUID, seats: str = "1", *, terms: str = "plain") -> UUID:
        """Subscribe from New Year on."""
        made = await self.shop.subscribed(account, ("seats", seats), terms=terms)
        return made.id

    async def move(self, account: UUID, to: datetime) -> ClockMoved:
        """Move an account's test clock; what falls due on the way is done."""
        async with self.shop.at() as tx:
            return await advance_clock(
                tx,
                account,
                to=to,
                pricing=self.shop.pricing,
                work=[PaymentsDue(self.gateways, end_unpaid)],
            )

    async def card(self, account: UUID, token: str = "ok") -> Method:
        """Give an account a card of the gateway `test`."""
        command = AddMethod(
            account_id=account, gateway="test", kind="card", token=token, label="Card 4242"
        )
        async with self.shop.at() as tx:
            return await add_method(tx, command, gateways=self.gateways, allows_simulated=True)

    async def pay(
        self, account: UUID, amount: str, reference: str, *, invoices: Any = None
    ) -> Payment:
        """Record a transfer."""
        command = ReceivedPayment(
            account_id=account, amount=Decimal(amount), reference=reference, invoices=invoices
        )
        async with self.shop.at() as tx:
            return await record_payment(tx, command)

    async def settled(self, account: UUID) -> list[tuple[str, str, str]]:
        """Total, paid and credited of each invoice of an account, the oldest first."""
        rows = await self.shop.rows(
            "SELECT s.total, s.paid, s.credited FROM invoice i JOIN invoice_settlement s"
            " ON s.tenant_id = $1 AND s.invoice_id = i.id"
            " WHERE i.tenant_id = $1 AND i.account_id = $2 AND i.kind = 'invoice'"
            " ORDER BY i.due_at, i.id",
            account,
        )
        return [tuple(f"{each:.2f}" for each in row) for row in rows]  # type: ignore[misc]

    async def invoice_ids(self, account: UUID) -> list[UUID]:
        """The invoices of an account, the oldest first."""
        rows = await self.shop.rows(
            "SELECT id FROM invoice WHERE tenant_id = $1 AND account_id = $2"
            " AND kind = 'invoice' ORDER BY due_at, id",
            account,
        )
        return [row[0] for row in rows]

    async def left(self, account: UUID) -> str:
        """What the account has left, in euros."""
        ((found,),) = await self.shop.rows(
            "SELECT coalesce(sum(amount - used - refunded), 0) FROM account_credit"
            " WHERE tenant_id = $1 AND account_id = $2",
            account,
        )
        return f"{found:.2f}"

    async def actions(self, account: UUID) -> list[tuple[str, str]]:
        """What was done about unpaid invoices, and on which day of the account's."""
        rows = await self.shop.rows(
            "SELECT x.kind, x.at FROM dunning_action x JOIN dunning d ON d.tenant_id = $1"
            " AND d.invoice_id = x.invoice_id WHERE x.tenant_id = $1 AND d.account_id = $2"
            " ORDER BY x.at, x.id",
            account,
        )
        return [(kind, f"{at:%d %b}") for kind, at in rows]


@pytest.fixture
async def till(module_database: DatabaseUrls) -> AsyncIterator[Till]:
    """A seller of its own; its books are sound at the end of every test."""
    opened = Database(module_database.app, role="api", pool_size=18)
    shop = await open_shop(opened, catalogue=CATALOGUE)
    yield Till(shop)
    async with shop.at() as tx:
        assert await broken(tx) == []
    await opened.close()
