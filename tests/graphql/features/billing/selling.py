"""A seller of e-mails and texts behind the whole API, at a time of the test's choosing.

Level 3 of the CRM suite: profiles at 5.00 a started thousand and users at 20.00, with a
minimum of 1000.00 over both; e-mails, texts, corrected and deduplicated addresses beside it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from typing import Any
from uuid import UUID

from api.features.accounts.types import ACCOUNT_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from core.accounts.create_account import CreateAccount, create_account
from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.pricing import Pricing
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from tests.graphql.api_clients import Api, KeyClient

CRM360 = resources.files("api.demo").joinpath("crm360.yaml")

SIMPLE = """
products:
  seats: {kind: licence, name: Seats}
  unpriced: {kind: licence, name: Unpriced}
  mail: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  text: {kind: usage_service, name: Texts, meters: {channel: sms, unit: segment}}
gauges:
  profiles: {name: Profiles hosted}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      seats: {base: 25}
      mail: {base: 1.90, package: {size: 1000}}
      text: {base: 0.06}
billing_terms:
  monthly: {name: By the month, plans: [simple], default_plan: simple}
"""

JANUARY = datetime(2025, 12, 31, 23, tzinfo=UTC)  # midnight in Paris
NOON = datetime(2026, 1, 10, 11, tzinfo=UTC)  # noon of the 10th in Paris
FEBRUARY = datetime(2026, 1, 31, 23, tzinfo=UTC)
MARCH = datetime(2026, 2, 28, 23, tzinfo=UTC)

_refs = (f"client-{number}" for number in itertools.count(1))

RECORD = """
mutation ($events: [UsageReportInput!]!) {
  usageRecord(input: {events: $events}) {
    counts { received accepted free duplicate rejected }
    verdicts { index verdict reason message path isFree }
    userErrors { code path }
  }
}
"""


@dataclass
class MovableClock:
    """The time of the application under test."""

    at: datetime = JANUARY

    def now(self) -> datetime:
        """Return the time."""
        return self.at


@dataclass
class Selling:
    """A seller with a catalogue, and how a test acts on it; `api.one` is its key."""

    api: Api
    clock: MovableClock
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    async def apply(self, text: str = SIMPLE, *, client: KeyClient | None = None) -> None:
        """Apply a catalogue."""
        async with self.api.transaction(client) as tx:
            await apply_catalogue(tx, load_catalogue(text))

    async def customer(
        self,
        *items: tuple[str, str],
        ref: str | None = None,
        client: KeyClient | None = None,
        invoice_per: Any = "subscription",
    ) -> Customer:
        """Open an account with one subscription on the first of January, Paris time."""
        name = ref or next(_refs)
        asked, self.clock.at = self.clock.at, JANUARY
        async with self.api.transaction(client) as tx:
            account = await create_account(
                tx,
                CreateAccount(
                    name=name, ref=name, currency="EUR", timezone="Europe/Paris",
                    country="FR", invoice_per=invoice_per,
                ),
            )  # fmt: skip
            wanted = [NewItem(product, Decimal(quantity)) for product, quantity in items]
            subscription = await subscribe(
                tx,
                Subscribe(
                    account=account.id, billing_terms="monthly", items=wanted, ref=f"{name}-s"
                ),
            )
        self.clock.at = asked
        return Customer(name, account.id, subscription.id)

    async def another(self, customer: Customer, *items: tuple[str, str], ref: str) -> UUID:
        """Subscribe the same account once more, on the first of January."""
        asked, self.clock.at = self.clock.at, JANUARY
        wanted = [NewItem(product, Decimal(quantity)) for product, quantity in items]
        async with self.api.transaction() as tx:
            made = await subscribe(
                tx,
                Subscribe(account=customer.key, billing_terms="monthly", items=wanted, ref=ref),
            )
        self.clock.at = asked
        return made.id

    def mail(self, account: str, recipients: int = 1, **changes: Any) -> dict[str, Any]:
        """An event as a client writes it, at noon of the 9th of January unless said."""
        return {
            "account": account,
            "source": "router",
            "id": f"e{next(self._ids)}",
            "occurredAt": "2026-01-09T12:00:00+01:00",
            "event": {"email": {"recipients": recipients}},
        } | changes

    async def record(
        self, *events: dict[str, Any], client: KeyClient | None = None
    ) -> dict[str, Any]:
        """Record a batch and return the payload."""
        answer = await (client or self.api.one).ask(RECORD, events=list(events))
        payload: dict[str, Any] = answer["usageRecord"]
        return payload

    async def outcomes(self, *events: dict[str, Any], client: KeyClient | None = None) -> Any:
        """Record a batch and return its verdicts in a word each."""
        payload = await self.record(*events, client=client)
        return [each["reason"] or each["verdict"] for each in payload["verdicts"]]

    async def work(self, *, client: KeyClient | None = None) -> int:
        """Close every waiting chunk as a worker does; return how many invoices were made."""
        application, made = self.api.application, 0
        tenant_id = (client or self.api.one).tenant_id
        assert tenant_id is not None
        for _chunk in range(100):
            closed = await close_next_chunk(
                application.database,
                tenant_id,
                pricing=Pricing(application.host, application.pool),
                clock=self.clock,
            )
            if closed is None:
                return made
            made += closed.invoices
        raise AssertionError("more than 100 chunks")

    async def close(self, at: datetime, *, client: KeyClient | None = None) -> int:
        """Start a closing through the API at an instant, and do the workers' part."""
        self.clock.at = at
        await (client or self.api.one).ask("mutation { closeStart { run { id } } }")
        return await self.work(client=client)


@dataclass(frozen=True)
class Customer:
    """An account and its subscription; `id`s are those that clients see."""

    ref: str
    key: UUID
    subscription_key: UUID

    @property
    def id(self) -> str:
        """The account's id."""
        return ACCOUNT_ID.encode(self.key)

    @property
    def subscription(self) -> str:
        """The subscription's id."""
        return SUBSCRIPTION_ID.encode(self.subscription_key)
