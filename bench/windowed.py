"""The replay of a windowed channel, beside streaming the same rows out of PostgreSQL.

The floor reads what a replay reads, as the application's role, and does nothing with it; the
product is the present usage of a subscription: it finds the period and its prices, reads the
events, makes them, puts each key in order, judges it, and sums and prices what is billed.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from bench.calendar import OPENED, STARTS
from bench.events import streamed
from bench.measuring import Sample, middle, rounds
from bench.place import Place
from bench.report import Report, cost_ratio
from bench.seller import make_seller
from core.accounts.create_account import CreateAccount, create_account
from core.billing_cycles.current_usage import current_usage
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.usage_gate import UsageGate
from core.bootstrap import installed_by, settle_collector
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database
from core.embedded import DatabaseUrls
from core.kernel.clock import FixedClock
from core.plugin_host import PluginHost
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.usage.bulk import BulkIngest, ingest_lines

CATALOGUE: Final = """
products:
  marketing: {kind: usage_service, name: Ads, meters: {channel: whatsapp, unit: marketing}}
  utility: {kind: usage_service, name: Utility, meters: {channel: whatsapp, unit: utility}}
  service: {kind: usage_service, name: Free-form, meters: {channel: whatsapp, unit: service}}
price_plans:
  messages:
    name: Messages
    currency: EUR
    rule_sets: {whatsapp: "2026-10-01"}
    rates: {marketing: {base: 0.0854}, utility: {base: 0.0298}, service: {base: 0.0298}}
billing_terms:
  messages: {name: Messages, plans: [messages]}
"""
EVENTS_OF_A_KEY: Final = 100
CUSTOMERS: Final = 20
MINUTES: Final = 29 * 24 * 60
_STREAM: Final = """
SELECT e.account_id, e.channel, e.replay_key, e.occurred_at, e.source, e.event_id,
    e.usage_period_id, e.product_id, e.slot, e.unit, e.dimension, e.payload,
    e.identity, e.revision, e.sign
FROM usage_event e WHERE e.tenant_id = $1 AND e.replay_key IS NOT NULL
"""


class Windowed:
    """A customer with messages of many business numbers in one open period."""

    def __init__(self, place: Place, urls: DatabaseUrls, *, rows: int) -> None:
        self._place = place
        self._urls = urls
        self._rows = rows
        self._host = PluginHost()
        self._pricing = Pricing(self._host)
        self._database = Database(urls.app, role="api")
        self._tenant_id: UUID
        self._subscription_id: UUID

    async def prepare(self) -> None:
        """Sell messages to one customer, and store them by the product's own ingest."""
        settle_collector()
        seller = await make_seller(self._urls.app, slug="bench", tax="20")
        self._tenant_id = seller.tenant_id
        async with self._database.transaction(
            self._tenant_id, actor="bench", clock=FixedClock(OPENED)
        ) as tx:
            catalogue = load_catalogue(CATALOGUE)
            await apply_catalogue(tx, catalogue, installed=installed_by(self._host))
            account = await create_account(tx, CreateAccount(name="Big", ref="big"))
            items = [NewItem(code, Decimal(1)) for code in ("marketing", "utility", "service")]
            chosen = Subscribe(
                account=account.id,
                billing_terms="messages",
                price_plan="messages",
                items=items,
            )
            self._subscription_id = (await subscribe(tx, chosen)).id
        await self._ingest()
        owner = await asyncpg.connect(self._urls.owner)
        await owner.execute("VACUUM ANALYZE usage_event")
        await owner.close()

    async def _ingest(self) -> None:
        bulk = BulkIngest(self._database, self._host, UsageGate(self._pricing))
        lines = b"\n".join(_lines(self._rows))
        answer = b""
        async for block in ingest_lines(
            streamed(lines + b"\n"), bulk, tenant_id=self._tenant_id, actor="bench"
        ):
            answer = block
        summary = orjson.loads(answer)["summary"]
        assert summary["accepted"] == self._rows, summary

    async def floor(self) -> Sample:
        """Read the rows, and drop them."""
        connection = await asyncpg.connect(self._urls.app)
        await connection.execute(
            "SELECT set_config('app.tenant', $1, false)", str(self._tenant_id)
        )
        with self._place.meter.measure(self._rows) as sample:
            rows = await connection.fetch(_STREAM, self._tenant_id)
        assert len(rows) == self._rows
        await connection.close()
        return sample

    async def replay(self) -> Sample:
        """Ask for the present usage."""
        with self._place.meter.measure(self._rows) as sample:
            async with self._database.transaction(
                self._tenant_id, actor="bench", clock=FixedClock(STARTS)
            ) as tx:
                found = await current_usage(tx, self._subscription_id, pricing=self._pricing)
        assert found is not None
        assert found.amount > 0, found
        return sample

    async def close(self) -> None:
        """Leave."""
        await self._database.close()


def _lines(rows: int) -> list[bytes]:
    random, found = Random(7), []
    for number in range(rows):
        key = number // EVENTS_OF_A_KEY
        at = OPENED + timedelta(minutes=random.randrange(MINUTES), seconds=number % 60)
        event = {
            "businessNumber": f"+3315{key:07}",
            "customer": f"+336{key % 1000:03}{random.randrange(CUSTOMERS):05}",
            **_MESSAGES[number % len(_MESSAGES)],
        }
        report = {
            "account": "big", "source": "meta", "id": f"{number:08}",
            "occurredAt": at.isoformat(), "event": {"whatsapp": event},
        }  # fmt: skip
        found.append(orjson.dumps(report))
    return found


_MESSAGES: Final = (
    {"direction": "IN"},
    {"direction": "OUT", "form": "FREE_FORM", "market": "FR"},
    {"direction": "OUT", "form": "TEMPLATE", "category": "UTILITY", "market": "FR"},
    {"direction": "IN", "entryPoint": True},
    {"direction": "OUT", "form": "FREE_FORM", "market": "BE"},
    {"direction": "OUT", "form": "TEMPLATE", "category": "MARKETING", "market": "FR"},
)


async def measure_windowed(place: Place, report: Report, *, rows: int, count: int) -> None:
    """Measure a replay beside reading its rows."""
    windowed = Windowed(place, place.database("windowed"), rows=rows)
    await windowed.prepare()
    await windowed.replay()
    cases = {"rows": windowed.floor, "replay": windowed.replay}
    found = await rounds(cases, count=count)
    await windowed.close()
    place.drop("windowed")
    floor, product = middle(found["rows"]), middle(found["replay"])
    report.sample("rows of a windowed channel, streamed", "events", floor)
    report.sample("the same, replayed and priced", "events", product)
    report.ratios.append(
        cost_ratio("windowed channel: cost of its rows", product, floor, target=4, alarm=8)
    )
