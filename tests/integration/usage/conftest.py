"""A seller of e-mails and texts, accounts that buy them, and time as a test wants it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.accounts.records import Account
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.freeze_lock import try_freeze
from core.kernel.clock import FixedClock
from core.plugin_host import PluginHost
from core.subscriptions.records import Subscription
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.create_tenant import CreatedTenant
from core.usage.record import record_usage
from core.usage.records import UsageReport, Verdict
from plugins.email.pricing import EmailEvent
from tests.building import GATE

CATALOGUE = """
products:
  mail: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  text: {kind: usage_service, name: Texts, meters: {channel: sms, unit: segment}}

rate_tables:
  zones:
    name: Zones
    dimension: country
    applies: on_event_date
    slots:
      - {from: 2026-01-01, rows: {FR: 0.10}}
      - {from: 2026-01-20, rows: {FR: 0.12}}
price_plans:
  basic:
    name: Basic
    currency: EUR
    rates:
      mail: {base: 0.01}
      text: {table: zones}
billing_terms:
  monthly: {name: By the month, plans: [basic], default_plan: basic}
"""

JANUARY = datetime(2025, 12, 31, 23, tzinfo=UTC)  # midnight in Paris
NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
FEBRUARY = datetime(2026, 1, 31, 23, tzinfo=UTC)

At = Callable[[datetime], AbstractAsyncContextManager[Tx]]
Record = Callable[..., Awaitable[list[Verdict]]]
Rows = Callable[[], Awaitable[list[dict[str, Any]]]]
Freeze = Callable[[datetime], Awaitable[list[Any]]]


@pytest.fixture(scope="session")
def host() -> PluginHost:
    """The channels that Forfait brings."""
    return PluginHost()


@pytest.fixture
def at(db: Database, seller: CreatedTenant) -> At:
    """How a test opens a transaction of the seller, with the time that it is."""

    def opened(now: datetime) -> AbstractAsyncContextManager[Tx]:
        return db.transaction(seller.tenant.id, actor="staff:ada", clock=FixedClock(now))

    return opened


@pytest.fixture
async def account(at: At) -> Account:
    """A customer of a seller with a catalogue."""
    async with at(JANUARY) as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
        return await create_account(tx, CreateAccount(name="Client", ref="client"))


@pytest.fixture
async def subscription(at: At, account: Account) -> Subscription:
    """E-mails and texts, by the month from 1 January 2026."""
    return await subscribed(at, account.id, "mail", "text", ref="sub")


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

    async def recorded(*events: UsageReport, now: datetime = NOW) -> list[Verdict]:
        async with at(now) as tx:
            return await record_usage(tx, host=host, events=events, gate=GATE)

    return recorded


@pytest.fixture
def rows(at: At) -> Rows:
    """Every row of usage, in a fixed order, to show what was stored."""

    async def read() -> list[dict[str, Any]]:
        async with at(NOW) as tx:
            found = await tx.fetch("SELECT * FROM usage_event ORDER BY event_id, revision")
        return [dict(row) for row in found]

    return read


@pytest.fixture
def freeze(at: At) -> Freeze:
    """Freeze the usage periods that end by an instant, as the closing does."""

    async def frozen(until: datetime) -> list[Any]:
        async with at(until) as tx:
            assert await try_freeze(tx)
            found = await tx.fetch(
                "UPDATE billing_period SET state = 'frozen' WHERE ends_at <= $1"
                " AND state = 'open' AND stream <> 'fees' RETURNING id",
                until,
            )
        return [row["id"] for row in found]

    return frozen


def mail(event_id: str = "e1", **options: Any) -> UsageReport:
    """An e-mail hand-over of the account `client`, at noon of 9 January unless said."""
    event = options.pop("event", None) or EmailEvent(recipients=options.pop("recipients", 1))
    values = {
        "account": "client",
        "source": "app",
        "id": event_id,
        "occurred_at": datetime(2026, 1, 9, 12, tzinfo=UTC),
        "channel": "email",
        "event": event,
    }
    return UsageReport(**(values | options))


def outcomes(verdicts: Sequence[Verdict]) -> list[str]:
    """The verdicts in one word each: the reason of those that were rejected."""
    return [verdict.reason or verdict.outcome for verdict in verdicts]
