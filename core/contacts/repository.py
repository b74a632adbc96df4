"""All SQL of contacts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.contacts.records import Contact, ContactCount
from core.db import Tx

_COUNT: Final = """
INSERT INTO contact_count (tenant_id, account_id) VALUES ($1, $2)
ON CONFLICT (tenant_id, account_id) DO NOTHING
"""
_LOCK: Final = """
SELECT active, held, arrivals FROM contact_count
WHERE tenant_id = $1 AND account_id = $2 FOR UPDATE
"""
_READ: Final = """
SELECT digest, state, is_held, arrived, changed_at, source, event_id FROM contact
WHERE tenant_id = $1 AND account_id = $2 AND digest = ANY ($3::uuid[])
"""
_STORE: Final = """
INSERT INTO contact (tenant_id, account_id, digest, state, is_held, arrived, changed_at, source,
    event_id)
SELECT $1, $2, n.* FROM unnest($3::uuid[], $4::text[], $5::bool[], $6::bigint[],
    $7::timestamptz[], $8::text[], $9::text[]) AS n
ON CONFLICT (tenant_id, account_id, digest) DO UPDATE SET state = excluded.state,
    is_held = excluded.is_held, arrived = excluded.arrived, changed_at = excluded.changed_at,
    source = excluded.source, event_id = excluded.event_id
"""
_LET_IN: Final = """
UPDATE contact SET is_held = false
WHERE tenant_id = $1 AND account_id = $2 AND digest IN (
    SELECT digest FROM contact WHERE tenant_id = $1 AND account_id = $2 AND is_held
    ORDER BY arrived LIMIT $3)
RETURNING digest
"""
_LEFT_OUT: Final = """
WITH gone AS (
    UPDATE contact SET state = 'deleted', is_held = false, changed_at = $3, source = $4,
        event_id = $5
    FROM (SELECT digest AS key, state AS was, is_held AS waited FROM contact
        WHERE tenant_id = $1 AND account_id = $2 AND state <> 'deleted' AND changed_at < $3
            AND (source, event_id) <> ($4, $5)) AS old
    WHERE tenant_id = $1 AND account_id = $2 AND digest = old.key
    RETURNING was, waited)
SELECT count(*) AS gone, count(*) FILTER (WHERE was = 'active' AND NOT waited) AS active,
    count(*) FILTER (WHERE waited) AS held FROM gone
"""
_SET: Final = """
UPDATE contact_count SET active = $3, held = $4, arrivals = $5
WHERE tenant_id = $1 AND account_id = $2
"""
_TELL: Final = """
SELECT account_id, active, held, arrivals FROM contact_count
WHERE tenant_id = $1 AND account_id = ANY ($2::uuid[])
"""
MOST_AT_ONCE: Final = 2_000_000_000


async def lock_count(tx: Tx, account_id: UUID) -> ContactCount:
    """Lock the count of an account's contacts until the transaction ends."""
    await tx.execute(_COUNT, tx.tenant_id, account_id)
    row = await tx.fetchrow(_LOCK, tx.tenant_id, account_id)
    assert row is not None
    return ContactCount(*row)


async def counts_of(tx: Tx, account_ids: Collection[UUID]) -> dict[UUID, ContactCount]:
    """Return how many contacts accounts have; one that never had any is absent."""
    rows = await tx.fetch(_TELL, tx.tenant_id, list(account_ids))
    return {row[0]: ContactCount(row[1], row[2], row[3]) for row in rows}


async def contacts(tx: Tx, account_id: UUID, digests: Collection[UUID]) -> dict[UUID, Contact]:
    """Return those of the contacts that are stored."""
    rows = await tx.fetch(_READ, tx.tenant_id, account_id, list(digests))
    return {row["digest"]: Contact(*row) for row in rows}


async def store(tx: Tx, account_id: UUID, changed: Sequence[Contact]) -> None:
    """Write contacts as they are now."""
    if changed:
        columns = [list(column) for column in zip(*changed, strict=True)]
        await tx.execute(_STORE, tx.tenant_id, account_id, *columns)


async def let_in(tx: Tx, account_id: UUID, *, most: int | None) -> list[UUID]:
    """Let those in who wait, in the order of their arrival; return who."""
    bound = MOST_AT_ONCE if most is None else min(most, MOST_AT_ONCE)
    rows = await tx.fetch(_LET_IN, tx.tenant_id, account_id, bound)
    return [row["digest"] for row in rows]


async def delete_others(
    tx: Tx, account_id: UUID, *, at: datetime, source: str, event_id: str
) -> tuple[int, int, int]:
    """Delete what a snapshot left out; return how many, active ones, and waiting ones."""
    row = await tx.fetchrow(_LEFT_OUT, tx.tenant_id, account_id, at, source, event_id)
    assert row is not None  # an aggregate
    return row["gone"], row["active"], row["held"]


async def set_count(tx: Tx, account_id: UUID, count: ContactCount) -> None:
    """Write the locked count."""
    await tx.execute(_SET, tx.tenant_id, account_id, *count)
