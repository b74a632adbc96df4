"""The same accepted events, billed by one process that nobody disturbs.

It works on a copy of the database as it was before the run. Each month gets the events
that the run billed with it, is closed, and so on: the books must then be the same but for
ids and numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.sweep import sweep
from core.db import Database
from core.plugin_host import PluginHost
from core.pricing_pool import PricingPool
from core.usage.record import record_usage
from core.usage.records import UsageReport
from plugins.email.pricing import EmailEvent
from plugins.sms.event import SmsEvent
from tests.building import GATE, canonical_dump
from tests.faults.books import Books, Stored
from tests.faults.oracle import Findings, Ledgers, says
from tests.faults.seller import Seller, fall_due, poisoned_host

BATCH = 1000
MOST_CHUNKS = 10_000
_REASON = re.compile(r"'reason': .*, 'plugin'")
_OF_THE_DAY = re.compile(r"'issue_date': [^)]*\), |, 'digest': '[0-9a-f]*'")
_OF_THE_RUN = ("outbox: ",)


async def bill_again(
    url: str, books: list[Books], ledgers: list[Ledgers], starts: list[datetime], *, closed: int
) -> None:
    """Record and close, month by month, in the copy at `url`."""
    host = poisoned_host()
    database = Database(url, role="worker", pool_size=2)
    with PricingPool(host, time_limit_seconds=5) as pool:
        pricing = Pricing(host, pool)
        for month in range(closed + 2):
            for each, told in zip(books, ledgers, strict=True):
                now = starts[month] if month < len(starts) else None
                events = [one for one in each.events if one.billing_month == now is not None]
                await _record(database, host, each.seller, _reports(events, told))
                if month < closed:
                    await _close(database, each.seller, starts[month], pricing=pricing)
    await database.close()


async def compare_dumps(
    run: Database, again: Database, sellers: list[Seller], findings: Findings, *, one_day: bool
) -> None:
    """Compare what the run has billed with what the undisturbed process has."""
    for seller in sellers:
        here = await _dump(run, seller, one_day=one_day)
        there = await _dump(again, seller, one_day=one_day)
        findings.counts["lines of the dump"] += len(there)
        for line in sorted(here - there):
            findings.note("only in the disturbed run", line)
        for line in sorted(there - here):
            findings.note("only in the undisturbed run", line)


async def _record(
    database: Database, host: PluginHost, seller: Seller, reports: list[UsageReport]
) -> None:
    for first in range(0, len(reports), BATCH):
        batch = reports[first : first + BATCH]
        async with database.transaction(seller.tenant_id, actor="oracle") as tx:
            verdicts = await record_usage(tx, host=host, events=batch, gate=GATE)
        refused = [one for one in verdicts if one.outcome != "accepted"]
        assert not refused, refused[0]


def _reports(events: Iterable[Stored], told: Ledgers) -> list[UsageReport]:
    """Make the reports anew, from what the clients said."""
    found: list[UsageReport] = []
    for row in events:
        known = told.get(row.source, {}).get((row.account, row.event_id))
        bodies = known.bodies("ACCEPTED", "DUPLICATE", "REJECTED", None) if known else []  # type: ignore[arg-type]
        said = next((body["event"] for body in bodies if says(body, row)), None)
        if said is None:
            continue  # the ledgers have told of it already
        found.append(
            UsageReport(
                row.account,
                row.source,
                row.event_id,
                row.occurred_at,
                row.channel,
                _event(said),
            )
        )
    return found


def _event(said: dict[str, Any]) -> EmailEvent | SmsEvent:
    return EmailEvent(**said["email"]) if "email" in said else SmsEvent(**said["sms"])


async def _close(
    database: Database, seller: Seller, month: datetime, *, pricing: Pricing
) -> None:
    for half in (0, 1):
        async with database.transaction(seller.tenant_id, actor="oracle") as tx:
            await fall_due(tx, seller, month=month, half=half)
    await sweep(database, pricing=pricing)
    for _chunk in range(MOST_CHUNKS):
        if await close_next_chunk(database, seller.tenant_id, pricing=pricing) is None:
            return


async def _dump(database: Database, seller: Seller, *, one_day: bool) -> set[str]:
    async with database.transaction(seller.tenant_id, actor="oracle") as tx:
        lines = await canonical_dump(tx)
    counted: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.startswith(_OF_THE_RUN):
            continue  # what is delivered is taken away in time
        shown = _REASON.sub("'plugin'", line)
        counted[shown if one_day else _OF_THE_DAY.sub("", shown)] += 1
    return {f"{times} x {line}" for line, times in counted.items()}
