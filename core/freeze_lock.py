"""The freeze lock of a tenant: shared while usage is stored, exclusive while periods freeze.

It is taken in a statement of its own, and periods are read by the *next* statement: under
READ COMMITTED a statement's snapshot precedes its waits, so lock and read in one statement
would see the state before the lock. It is held to the end of the transaction.
"""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

import asyncpg

from core.db import Tx

FREEZE_TRIES_MS = 200
CLOSING_WAIT = "30s"


def tenant_freeze_key(tenant_id: UUID) -> int:
    """Return the tenant's key among PostgreSQL's advisory locks, a signed 64-bit number."""
    digest = blake2b(b"freeze" + tenant_id.bytes, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def share_freeze(tx: Tx) -> None:
    """Keep the tenant's periods from being frozen until this transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock_shared($1)", tenant_freeze_key(tx.tenant_id))


async def share_freeze_to_close(tx: Tx) -> None:
    """Share the lock as closings do, which wait longer than a request.

    For a freezing, and from here to the transaction's end for every other lock too, such as
    their turn to number invoices.
    """
    await _set_lock_timeout(tx, CLOSING_WAIT)
    await share_freeze(tx)


async def try_freeze(tx: Tx, *, timeout_ms: int = FREEZE_TRIES_MS) -> bool:
    """Take the lock exclusively, or give up after `timeout_ms` and return False.

    It does not wait longer because later ingests would queue behind it; back off and try
    again in a new transaction.
    """
    before = await tx.fetchval("SELECT current_setting('lock_timeout')")
    try:
        async with tx.savepoint():
            await _set_lock_timeout(tx, f"{timeout_ms}ms")
            key = tenant_freeze_key(tx.tenant_id)
            await tx.execute("SELECT pg_advisory_xact_lock($1)", key)
            await _set_lock_timeout(tx, before)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def _set_lock_timeout(tx: Tx, value: str) -> None:
    await tx.execute("SELECT set_config('lock_timeout', $1, true)", value)
