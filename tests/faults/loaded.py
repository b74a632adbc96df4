"""A tenant with a month due by the machine's own clock, for real worker processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from core.db import Database
from core.kernel.clock import SystemClock
from tests.building import Shop, open_shop

WORKER = (sys.executable, "-m", "api.cli", "worker")
CUSTOMERS = 10
PATIENCE_SECONDS = 60
Rows = list[tuple[Any, ...]]


def months() -> tuple[datetime, datetime]:
    """The starts of the month before last and of the last month, in UTC."""
    this = SystemClock().now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = (this - timedelta(days=1)).replace(day=1)
    return (last - timedelta(days=1)).replace(day=1), last


async def load(database_url: str) -> UUID:
    """Fill a database: fees, usage, late usage, a minimum, and one customer without a rate.

    The month before last is billed; the last one is due. 10 customers: the fourth takes one
    invoice for two subscriptions, the seventh cannot be billed.
    """
    before, last = months()
    db = Database(database_url, role="worker", pool_size=2)
    shop = await open_shop(db)
    clients = []
    for number in range(CUSTOMERS):
        whole = "account" if number == 3 else "subscription"
        client = await shop.customer(f"c{number}", opened=before, invoice_per=whole)
        clients.append(client)
        plan = "level-3" if number == 8 else "simple"
        items = [("package", "1")] if number == 8 else [("seats", str(number + 1))]
        await shop.subscribed(client, *items, ("email", "1"), plan=plan, now=before)
        await shop.emails(client, 100 * number + 1, on=before + timedelta(days=3))
    await shop.subscribed(clients[3], ("support", "1"), now=before)
    await shop.profiles(clients[8], 90_000, on=before)
    await shop.close(last + timedelta(minutes=1))
    for number, client in enumerate(clients):
        on = last + timedelta(days=5)
        await shop.emails(client, 700 * number + 1, on=on)
        await shop.emails(client, 950, on=before + timedelta(days=20), now=on)  # late
    await _without_a_rate(shop, clients[6])
    await db.close()
    return shop.tenant_id


async def _without_a_rate(shop: Shop, client: UUID) -> None:
    async with shop.at() as tx:
        await tx.execute(
            "UPDATE subscription_item SET product_id = (SELECT id FROM product"
            " WHERE tenant_id = $1 AND code = 'unpriced') WHERE tenant_id = $1"
            " AND subscription_id IN (SELECT id FROM subscription WHERE account_id = $2)"
            " AND product_id ="
            " (SELECT id FROM product WHERE tenant_id = $1 AND code = 'seats')",
            tx.tenant_id,
            client,
        )


@contextmanager
def workers(
    count: int, *, database_url: str, redis_url: str, home: Path, more: Mapping[str, str]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run real worker processes; those that still run at the end get SIGTERM and must obey."""
    known = {name: text for name, text in os.environ.items() if name != "OWNER_DATABASE_URL"}
    environment = known | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "FORFAIT_HOME": str(home),
        "FORFAIT_PEPPER": "the pepper of the tests, long enough",
        "FORFAIT_CLOSE_CHUNK_SIZE": "2",
        "FORFAIT_LOG_FORMAT": "json",
        **more,
    }
    log = (home / "workers.log").open("ab")
    started = [
        subprocess.Popen(WORKER, env=environment, stdin=subprocess.DEVNULL, stderr=log)
        for _number in range(count)
    ]
    try:
        yield started
        for one in started:
            if one.poll() is None:
                one.terminate()
        for one in started:
            one.wait(PATIENCE_SECONDS)
    finally:
        for one in started:
            if one.poll() is None:
                one.kill()
                one.wait()
        log.close()


def ended(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process to end and return its status: -9 where SIGKILL ended it."""
    return process.wait(PATIENCE_SECONDS)


async def still_waiting(db: Database, tenant_id: UUID) -> int:
    """Count the periods that are due or frozen, and the chunks that are not done."""
    async with db.transaction(tenant_id, actor="test") as tx:
        found: int = await tx.fetchval(
            "SELECT (SELECT count(*) FROM billing_period WHERE tenant_id = $1"
            " AND (state = 'frozen' OR (state = 'open' AND due_at <= $2)))"
            " + (SELECT count(*) FROM close_chunk WHERE tenant_id = $1"
            " AND state = 'waiting')",
            tenant_id,
            tx.now,
        )
    return found


async def sorted_rows(
    db: Database, tenant_id: UUID, *, statements: Mapping[str, str]
) -> dict[str, Rows]:
    """Return what each statement finds of a tenant, in an order that does not depend on ids."""
    async with db.transaction(tenant_id, actor="test") as tx:
        return {
            name: sorted((tuple(row) for row in await tx.fetch(sql, tenant_id)), key=repr)
            for name, sql in statements.items()
        }
