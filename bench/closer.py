"""A worker process: closes what waits of one tenant, at the month's closing time.

Run as `python -m bench.closer URL TENANT`. It says `ready`; on `freeze` it sweeps, on
`close` it closes chunks until none waits, and on the end of its input it leaves. It does
what a worker's job does, without the queue: the same sweep, claims and transactions.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from uuid import UUID

from bench.calendar import CLOSING
from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.freeze import CloseRun
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.sweep import sweep
from core.bootstrap import settle_collector
from core.db import Database
from core.kernel.clock import FixedClock
from core.logging import configure_logging
from core.plugin_host import PluginHost

CLOCK = FixedClock(CLOSING)


async def freeze(database: Database, pricing: Pricing) -> dict[str, float]:
    """Sweep until all due periods are frozen and cut into chunks."""
    runs: dict[UUID, CloseRun] = {}
    while not runs or not all(run.is_frozen for run in runs.values()):
        swept = await sweep(database, pricing=pricing, clock=CLOCK)
        runs |= {run.id: run for run in swept.frozen}
    return {"runs": len(runs), "chunks": sum(run.chunks for run in runs.values())}


async def close(database: Database, tenant_id: UUID, pricing: Pricing) -> dict[str, float]:
    """Close chunks until none waits."""
    told: Counter[str] = Counter()
    while True:
        closed = await close_next_chunk(database, tenant_id, pricing=pricing, clock=CLOCK)
        if closed is None:
            return dict(told)
        told.update({"invoices": closed.invoices, "parked": closed.parked})
        told.update(closed.seconds)  # type: ignore[arg-type] # seconds add up as counts do


async def serve(url: str, tenant_id: UUID) -> None:
    """Do what standard input says, line by line."""
    configure_logging(level="WARNING", log_format="json")
    database, pricing = Database(url, role="worker", pool_size=2), Pricing(PluginHost())
    async with database.transaction(tenant_id, actor="bench"):
        pass  # connected before the clock runs
    settle_collector()  # as every process of the product does
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "freeze":
            told = await freeze(database, pricing)
        else:
            told = await close(database, tenant_id, pricing)
        print(json.dumps(told), flush=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], UUID(sys.argv[2])))
