"""Bulk ingest of NDJSON, beside COPY of the same rows into a bare table.

The floor: asyncpg's binary COPY of rows that lie ready as Python values, into a table with
the columns and types of `usage_event` and no key, index or constraint, one transaction. It
reads and checks nothing, knows whose event it is, and stores duplicates as well.
"""

from __future__ import annotations

from typing import Final

import asyncpg
import orjson

from bench.events import (
    Ids,
    Sent,
    as_ndjson,
    as_rows,
    customers_of,
    make_events,
    streamed,
)
from bench.measuring import Sample, middle, rounds
from bench.place import Owner, Place, owner_of
from bench.population import populate
from bench.report import Report, rate_ratio
from bench.seller import make_seller
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.usage_gate import UsageGate
from core.bootstrap import settle_collector
from core.db import Database
from core.embedded import DatabaseUrls
from core.plugin_host import PluginHost
from core.usage.bulk import BulkIngest, ingest_lines
from core.usage.records import EventRow

FLOOR_TIMES: Final = 5
"""The floor copies so many times the rows: once would be too quick to be measured."""


class Ingest:
    """A database that takes events, and the same rows' bare table."""

    def __init__(self, place: Place, urls: DatabaseUrls, *, customers: int, rows: int) -> None:
        self._place = place
        self._urls = urls
        self.customers = customers
        self.rows = rows
        self.database = Database(urls.app, role="api")
        self._bulk = BulkIngest(self.database, PluginHost(), UsageGate(Pricing()))
        self._last: list[Sent] = []

    async def prepare(self) -> None:
        """Make customers, and the floor's table."""
        settle_collector()  # as every process of the product does
        seller = await make_seller(self._urls.app, slug="bench", tax="20")
        self.tenant_id = seller.tenant_id
        owner = await owner_of(self._urls, self.tenant_id)
        await populate(owner, self.tenant_id, subscriptions=self.customers, events_each=0)
        await owner.execute("CREATE TABLE bench.bare AS SELECT * FROM usage_event WITH NO DATA")
        self._known = await customers_of(owner)
        await owner.close()

    async def first(self, ids: Ids) -> Sample:
        """Ingest new events."""
        self._last = make_events(self.rows, customers=self.customers, ids=ids)
        return await self.ingested(as_ndjson(self._last), self.rows, expected="accepted")

    async def again(self) -> Sample:
        """Ingest the last events once more: all are duplicates."""
        return await self.ingested(as_ndjson(self._last), self.rows, expected="duplicate")

    async def floor(self) -> Sample:
        """COPY the rows of as many events into the bare table."""
        events = make_events(self.rows, customers=self.customers, ids="random")
        rows = as_rows(events, self._known, self.tenant_id) * FLOOR_TIMES
        connection = await asyncpg.connect(self._urls.owner)
        with self._place.meter.measure(len(rows)) as sample:
            await connection.copy_records_to_table(
                "bare", schema_name="bench", columns=EventRow._fields, records=rows
            )
        await connection.close()
        return sample

    async def close(self) -> None:
        """Check that everything was stored once, and leave."""
        owner = await owner_of(self._urls, self.tenant_id)
        stored = await owner.fetchval("SELECT count(DISTINCT event_id) FROM usage_event")
        assert stored == await owner.fetchval("SELECT count(*) FROM usage_event")
        await owner.close()
        await self.database.close()

    async def owner(self) -> Owner:
        """Open a connection that sees and may do everything."""
        return await owner_of(self._urls, self.tenant_id)

    async def ingested(self, body: bytes, count: int, *, expected: str) -> Sample:
        """Ingest a body of so many lines, each with the same outcome."""
        with self._place.meter.measure(count) as sample:
            answer = b""
            async for block in ingest_lines(
                streamed(body), self._bulk, tenant_id=self.tenant_id, actor="bench"
            ):
                answer = block
        summary = orjson.loads(answer)["summary"]
        assert summary[expected] == count, summary
        return sample


async def measure_ingest(
    place: Place, report: Report, *, rows: int, customers: int, count: int
) -> None:
    """Measure new events with both kinds of ids, and their repetition."""
    ingest = Ingest(place, place.database("ingest"), customers=customers, rows=rows)
    await ingest.prepare()
    await ingest.first("UUIDv7")
    found = await rounds(
        {
            "COPY": ingest.floor,
            "random": lambda: ingest.first("random"),
            "random again": ingest.again,
            "UUIDv7": lambda: ingest.first("UUIDv7"),
            "UUIDv7 again": ingest.again,
        },
        count=count,
    )
    await ingest.close()
    place.drop("ingest")
    floor = middle(found["COPY"])
    report.sample("COPY of the same rows, bare table", "rows", floor)
    for ids in ("random", "UUIDv7"):
        first, again = middle(found[ids]), middle(found[f"{ids} again"])
        report.sample(f"bulk ingest, {ids} ids", "events", first)
        report.sample(f"the same again, {ids} ids", "events", again)
        report.ratios.append(
            rate_ratio(
                f"bulk ingest, {ids} ids: rate of COPY", first, floor, target=0.15, alarm=0.10
            )
        )
        report.ratios.append(
            rate_ratio(
                f"repetition, {ids} ids: rate of the first time",
                again,
                first,
                target=1.0,
                alarm=0.8,
            )
        )
