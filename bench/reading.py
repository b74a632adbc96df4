"""How the usage of an open period is read: by one range of the covering index, or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from bench.place import Owner
from bench.report import Report
from core.billing_cycles.at_hand import USED
from core.embedded import DatabaseUrls

INDEX: Final = "usage_event_total"
_ANY_PERIOD: Final = "SELECT usage_period_id FROM bench.seed ORDER BY i LIMIT 1"


class ReadsTooMuch(Exception):
    """Current usage is not read by one scan of the covering index."""


async def explain_current_usage(
    urls: DatabaseUrls, owner: Owner, tenant_id: UUID, report: Report
) -> None:
    """Explain the product's own statement for one subscription, as the application's role.

    Raises:
        ReadsTooMuch: another index, or the table itself, is scanned for it.
    """
    period_id = await owner.fetchval(_ANY_PERIOD)
    application = await asyncpg.connect(urls.app)
    try:
        await application.execute("SELECT set_config('app.tenant', $1, false)", str(tenant_id))
        text = await application.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {USED.statement}",
            tenant_id, [period_id], [period_id],
        )  # fmt: skip
    finally:
        await application.close()
    plan = orjson.loads(text)[0]
    scans = [one for one in _nodes(plan["Plan"]) if one.get("Relation Name") == "usage_event"]
    names = [(one["Node Type"], one.get("Index Name")) for one in scans]
    if len(scans) != 1 or scans[0].get("Index Name") != INDEX:
        raise ReadsTooMuch(f"current usage of a subscription is read by {names}")
    (scan,) = scans
    pages = scan["Shared Hit Blocks"] + scan["Shared Read Blocks"]
    report.facts.append(
        f"current usage of a subscription: one {scan['Node Type']} of {INDEX}, "
        f"{scan['Actual Rows']:.0f} events in {pages} pages, {scan['Heap Fetches']:.0f} heap"
        f" fetches, {plan['Execution Time']:.2f} ms"
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
