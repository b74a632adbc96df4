"""A pay-TV seller with films to order, a customer in Nicosia, and time as a test wants it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.accounts.records import Account
from core.catalogue.apply import BUILT_INS, apply_catalogue
from core.catalogue.checks import Installed
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.kernel.clock import FixedClock
from core.plugin_host import PluginHost
from core.subscriptions.records import Subscription
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.create_tenant import CreatedTenant, CreateTenant, create_tenant
from core.usage.gate import Admitted, Passed
from core.usage.record import record_usage
from core.usage.records import UsageReport, Verdict
from core.usage.rows import Row
from plugins.ott.event import OttEvent
from tests.integration.conftest import PEPPER

CATALOGUE = """
products:
  ppv-movies: {kind: termed_service, name: PPV Movies}
  sports: {kind: termed_service, name: Sports}
  braveheart: &movie
    {kind: usage_service, name: Braveheart, type: movie, meters: {channel: ott, unit: order}}
  serendipity: {<<: *movie, name: Serendipity}
  match: {<<: *movie, name: Match}
price_plans:
  tv: {name: TV, currency: EUR, rates: {ppv-movies: {base: 10}, sports: {base: 5}}}
billing_terms:
  monthly: {name: By the month, plans: [tv], default_plan: tv}
udr_types:
  movie: {name: Movie, methods: {values: [tv, web]}}
usage_definitions:
  movies: {name: Movies, product_types: [movie], providers: [Nagra Media Live]}
usage_catalogues:
  movies:
    name: Movies
    currency: EUR
    provider: Nagra Media Live
    termed_services: [ppv-movies]
    services:
      braveheart: &price
        provisioning_id: 1AQ8
        base: 3
        rates: [{from: "00:01", to: "06:59", price: 2}]
      serendipity: {<<: *price, provisioning_id: 1AQ9, orderable_from: 2026-02-01}
  matches:
    name: Matches
    currency: EUR
    provider: Nagra Media Live
    termed_services: [sports]
    when: account.class == "VIP"
    validity: [{from: 2026-01-05, until: 2026-02-01}]
    services:
      match: {provisioning_id: M1, base: "0.333"}
"""

JANUARY = datetime(2025, 12, 31, 22, tzinfo=UTC)  # midnight in Nicosia
NOON = datetime(2026, 1, 10, 10, tzinfo=UTC)  # 12:00 in Nicosia

At = Callable[[datetime], AbstractAsyncContextManager[Tx]]
Record = Callable[..., Awaitable[list[Verdict]]]
Rows = Callable[..., Awaitable[list[dict[str, Any]]]]


class OpenGate:
    """Lets all usage pass: thresholds and wallets are shown elsewhere."""

    async def admit(self, _tx: Tx, rows: Sequence[Row]) -> Admitted:
        """Let all rows pass."""
        return Passed(rows)


GATE = OpenGate()


@pytest.fixture(scope="session")
def host() -> PluginHost:
    """The channels that Forfait brings."""
    return PluginHost()


@pytest.fixture
async def seller(db: Database, request: pytest.FixtureRequest) -> CreatedTenant:
    """A seller of its own in Cyprus."""
    command = CreateTenant(
        slug=f"tv-{abs(hash(request.node.nodeid))}",
        name="TV",
        currency="EUR",
        timezone="Europe/Nicosia",
        country="CY",
    )
    async with db.transaction(None, actor="operator") as tx:
        return await create_tenant(tx, command, pepper=PEPPER)


@pytest.fixture
def at(db: Database, seller: CreatedTenant) -> At:
    """How a test opens a transaction of the seller, with the time that it is."""

    def opened(now: datetime) -> AbstractAsyncContextManager[Tx]:
        return db.transaction(seller.tenant.id, actor="staff:ada", clock=FixedClock(now))

    return opened


@pytest.fixture
async def account(at: At, host: PluginHost) -> Account:
    """A customer of a seller with films."""
    channels = {name: frozenset(each.units) for name, each in host.channels.items()}
    installed = Installed(channels=channels, models=BUILT_INS.models)
    async with at(JANUARY) as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE), installed=installed)
        return await create_account(tx, CreateAccount(name="Client", ref="client"))


@pytest.fixture
async def subscription(at: At, account: Account) -> Subscription:
    """PPV Movies by the month from 1 January 2026."""
    return await subscribed(at, account.id, "ppv-movies", ref="sub")


async def subscribed(at: At, account_id: Any, *products: str, **options: Any) -> Subscription:
    """Subscribe an account on 1 January 2026."""
    items = [NewItem(product) for product in products]
    async with at(options.pop("now", JANUARY)) as tx:
        return await subscribe(
            tx, Subscribe(account=account_id, billing_terms="monthly", items=items, **options)
        )


@pytest.fixture
def record(at: At, host: PluginHost) -> Record:
    """Record a batch in a transaction of its own, at noon of 10 January unless said."""

    async def recorded(*events: UsageReport, now: datetime = NOON) -> list[Verdict]:
        async with at(now) as tx:
            return await record_usage(tx, host=host, events=events, gate=GATE)

    return recorded


@pytest.fixture
def rows(at: At) -> Rows:
    """Every row of a table, to show what was stored."""

    async def read(table: str = "usage_event", order: str = "event_id, revision") -> list[Any]:
        async with at(NOON) as tx:
            found = await tx.fetch(f"SELECT * FROM {table} ORDER BY {order}")
        return [dict(row) for row in found]

    return read


def film(event_id: str = "e1", **options: Any) -> UsageReport:
    """Braveheart, ordered by the account `client` at 12:00 of 10 January unless said."""
    values: dict[str, Any] = {
        "account": "client",
        "source": "portal",
        "id": event_id,
        "occurred_at": NOON,
        "channel": "ott",
    }
    names = values.keys() | {"subscription", "catalogue_id"}
    event = {name: value for name, value in options.items() if name not in names}
    event = {"service": "braveheart", "udr_type": "movie"} | event
    if "amount" in event:
        event["amount"] = Decimal(event["amount"])
    around = {name: value for name, value in options.items() if name in names}
    return UsageReport(**(values | {"event": OttEvent(**event)} | around))


def outcomes(verdicts: Sequence[Verdict]) -> list[str]:
    """The verdicts in one word each: the reason of those that were rejected."""
    return [verdict.reason or verdict.outcome for verdict in verdicts]
