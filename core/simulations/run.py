"""Running simulations: chunk by chunk, one transaction each, until nobody is left.

A worker takes a tenant's oldest one, and one of a tenant at a time. Killed anywhere, its
chunk was never stored and is done again by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final
from uuid import UUID

import structlog

from core.billing_cycles.collector import collector_at_rest
from core.billing_cycles.park import code_and_reason, traced
from core.billing_cycles.pricing import Pricing
from core.catalogue.checks import Installed
from core.database_errors import Unavailable, is_repeatable, is_unavailable
from core.db import Database, Tx
from core.fault_points import reached
from core.kernel.clock import Clock
from core.outbox import append
from core.rows import to_record
from core.simulations.compare import Compared, compare
from core.simulations.records import Simulation
from core.simulations.repository import COLUMNS, simulation
from core.simulations.start import SIMULATION_DUE
from core.tenant_due import LONGEST_REST, hold_due, move_due

ACTOR: Final = "system:simulation"
CHUNK: Final = 250
"""Accounts of one transaction."""
REPEATS: Final = 5
PROGRESSED: Final = "simulation.progressed"
FINISHED: Final = "simulation.finished"

Open = Callable[[], AbstractAsyncContextManager[Tx]]

_WAITING: Final = """
SELECT id FROM simulation WHERE tenant_id = $1 AND state IN ('queued', 'running')
    AND ($2::uuid IS NULL OR id = $2)
ORDER BY id LIMIT 1
"""
# One of a tenant at a time. Held until the commit, and by no row: whoever cancels, or
# reads, waits for nobody.
_TURN: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
_ACCOUNTS: Final = """
SELECT id FROM account WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id > $2)
    AND (CASE WHEN $3::uuid[] IS NULL THEN test_clock IS NULL ELSE id = ANY ($3::uuid[]) END)
ORDER BY id LIMIT $4
"""
_ADVANCE: Final = f"""
UPDATE simulation SET state = CASE WHEN $5 THEN 'done' ELSE 'running' END,
    last_account_id = coalesce($3, last_account_id), accounts_done = accounts_done + $4,
    accounts_total = greatest(accounts_total, accounts_done + $4),
    started_at = coalesce(started_at, $6), finished_at = CASE WHEN $5 THEN $6::timestamptz END
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running')
RETURNING {COLUMNS}
"""  # noqa: S608 - our own columns
_FAIL: Final = """
UPDATE simulation SET state = 'failed', failure_code = $3, failure_reason = $4,
    started_at = coalesce(started_at, $5), finished_at = $5
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running') RETURNING id
"""
_RESULT_COLUMNS: Final = (
    "tenant_id", "simulation_id", "account_id", "currency", "subscriptions",
    "unbilled_periods", "invoiced", "credited", "corrected", "unused", "before",
    "after", "difference", "difference_minor", "before_total", "after_total",
)  # fmt: skip
_FAILURE_COLUMNS: Final = (
    "tenant_id", "simulation_id", "subscription_id", "account_id", "side", "code", "reason",
)  # fmt: skip

_log = structlog.stdlib.get_logger(__name__)


class _Over(Exception):
    """The simulation was cancelled while its chunk was computed: nothing of it is stored."""


async def run_next_chunk(
    database: Database,
    tenant_id: UUID,
    *,
    pricing: Pricing,
    installed: Installed,
    only: UUID | None = None,
    clock: Clock | None = None,
    chunk: int = CHUNK,
) -> Simulation | None:
    """Run one chunk of a waiting simulation and return it; None when none is to be had.

    A simulation that cannot go on is failed with its reason. `only` names the one to run.

    Raises:
        Unavailable: the database is away; everything is as before.
    """
    taken: list[UUID] = []

    def opened() -> AbstractAsyncContextManager[Tx]:
        return database.transaction(tenant_id, actor=ACTOR, clock=clock)

    for attempt in range(REPEATS):
        taken.clear()
        try:
            async with opened() as tx:
                return await _chunk(
                    tx, taken, only, pricing=pricing, installed=installed, size=chunk
                )
        except _Over:
            continue
        except Exception as error:
            if isinstance(error, Unavailable) or (
                is_unavailable(error) and not is_repeatable(error)
            ):
                raise
            if not taken:
                raise
            if not is_repeatable(error) or attempt + 1 == REPEATS:
                return await _failed(opened, taken[0], error)
    return None


async def rest_simulations(tx: Tx) -> None:
    """Let workers look again when a simulation is asked for, or goes on."""
    await hold_due(tx, SIMULATION_DUE)
    left = await tx.fetch(_WAITING, tx.tenant_id, None)
    await move_due(tx, SIMULATION_DUE, to=tx.now if left else tx.now + LONGEST_REST)


async def _chunk(
    tx: Tx,
    taken: list[UUID],
    only: UUID | None,
    *,
    pricing: Pricing,
    installed: Installed,
    size: int,
) -> Simulation | None:
    mine = await _take(tx, only)
    if mine is None:
        return None
    taken.append(mine.id)
    named = None if mine.account_ids is None else list(mine.account_ids)
    rows = await tx.fetch(_ACCOUNTS, tx.tenant_id, mine.last_account_id, named, size)
    accounts = [row["id"] for row in rows]
    with collector_at_rest():
        found = await compare(tx, mine, accounts, pricing=pricing, installed=installed)
    await _store(tx, mine.id, found)
    advanced = await _advance(tx, mine, accounts, is_last=len(accounts) < size)
    reached("simulated")
    return advanced


async def _take(tx: Tx, only: UUID | None) -> Simulation | None:
    """Take the first simulation that waits, unless one of the tenant's is at hand.

    Two at once would change the same subscriptions, each in its own transaction, and wait
    for each other.
    """
    if not await tx.fetchval(_TURN, f"simulations {tx.tenant_id}"):
        return None
    # Read after the turn is ours: what the last worker committed is seen.
    waiting = await tx.fetchrow(_WAITING, tx.tenant_id, only)
    return await simulation(tx, waiting["id"]) if waiting else None


async def _store(tx: Tx, key: UUID, found: Compared) -> None:
    tenant_id = tx.tenant_id
    results = [
        (
            tenant_id, key, one.account_id, one.currency, one.subscriptions,
            one.unbilled_periods, one.invoiced, one.credited, one.corrected, one.unused,
            one.before, one.after, one.difference, one.difference_minor, one.before_total,
            one.after_total,
        )
        for one in found.results
    ]  # fmt: skip
    failures = [
        (
            tenant_id, key, one.subscription_id, one.account_id, one.side, one.code,
            one.reason,
        )
        for one in found.failures
    ]  # fmt: skip
    if results:
        await tx.copy_into("simulation_result", _RESULT_COLUMNS, results)
    if failures:
        await tx.copy_into("simulation_failure", _FAILURE_COLUMNS, failures)


async def _advance(
    tx: Tx, mine: Simulation, accounts: Sequence[UUID], *, is_last: bool
) -> Simulation:
    last = accounts[-1] if accounts else None
    row = await tx.fetchrow(
        _ADVANCE, tx.tenant_id, mine.id, last, len(accounts), is_last, tx.now
    )
    if row is None:
        raise _Over
    advanced = to_record(Simulation, row)
    await append(
        tx,
        topic=FINISHED if is_last else PROGRESSED,
        subject_id=mine.id,
        payload={
            "state": advanced.state,
            "accountsDone": advanced.accounts_done,
            "accountsTotal": advanced.accounts_total,
        },
    )
    return advanced


async def _failed(opened: Open, key: UUID, error: Exception) -> Simulation | None:
    """Fail a simulation with its reason, in a transaction of its own."""
    code, reason = code_and_reason(error)
    _log.error("simulation_failed", simulation_id=str(key), trace=traced(error))
    async with opened() as tx:
        if await tx.fetchval(_FAIL, tx.tenant_id, key, code, reason, tx.now):
            payload = {"state": "failed", "code": code}
            await append(tx, topic=FINISHED, subject_id=key, payload=payload)
        return await simulation(tx, key)
