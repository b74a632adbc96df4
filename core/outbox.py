"""Notifications that leave after the commit of what they tell, at least once each.

A row is written in the transaction of the change. A relay claims due rows for a while (a
lease), acts outside of any transaction, and reports done or failed in another one. A relay
that dies loses its lease, and the row is claimed again: receivers drop doubles by its id.
Rows are claimed by state, never by a cursor: ids are made before they are committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from core.db import Tx
from core.kernel.ids import new_id
from core.kernel.pauses import pause_after
from core.tenant_due import LONGEST_REST, move_due, note_due

OUTBOX_KIND: Final = "outbox"
LEASE: Final = timedelta(seconds=60)
FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(days=1)
MAX_ERROR_LENGTH: Final = 500
KEPT_AFTER_DELIVERY: Final = timedelta(days=30)
"""How long a notification can still be read after it has left (`core.live`)."""

_APPEND: Final = """
INSERT INTO outbox (tenant_id, id, topic, subject_id, payload, created_at, next_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
"""
_BULK_COLUMNS: Final = (
    "tenant_id", "id", "topic", "subject_id", "payload", "created_at", "next_at", "attempts",
)  # fmt: skip
# Chosen once, whatever the plan: a choice below a join may be made again for each of its rows,
# and would then pass over what it has locked itself and take more than was asked for.
_CLAIM: Final = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM outbox WHERE tenant_id = $1 AND done_at IS NULL AND next_at <= $2
    ORDER BY next_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
UPDATE outbox SET next_at = $3, attempts = attempts + 1
FROM chosen WHERE outbox.tenant_id = $1 AND outbox.id = chosen.id
RETURNING outbox.id, topic, subject_id, payload, created_at, attempts
"""
_DONE: Final = """
UPDATE outbox SET done_at = $3, error = NULL
WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND done_at IS NULL
"""
_FAILED: Final = """
UPDATE outbox SET next_at = $3, error = $4 WHERE tenant_id = $1 AND id = $2 AND done_at IS NULL
"""
_PURGE: Final = """
DELETE FROM outbox WHERE tenant_id = $1 AND id IN (
    SELECT id FROM outbox WHERE tenant_id = $1 AND done_at < $2 ORDER BY id LIMIT $3)
RETURNING id
"""
_NEXT: Final = "SELECT min(next_at) FROM outbox WHERE tenant_id = $1 AND done_at IS NULL"


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A claimed notification; `attempts` counts this one."""

    id: UUID
    topic: str
    subject_id: UUID | None
    payload: Mapping[str, Any]
    created_at: datetime
    attempts: int


async def append(
    tx: Tx, *, topic: str, subject_id: UUID | None, payload: Mapping[str, Any]
) -> UUID:
    """Let a notification leave once this transaction has committed; return its id."""
    message_id = new_id()
    written = orjson.dumps(payload, default=str).decode()
    await tx.execute(_APPEND, tx.tenant_id, message_id, topic, subject_id, written, tx.now)
    await note_due(tx, OUTBOX_KIND, at=tx.now)
    return message_id


async def append_many(
    tx: Tx, *, topic: str, messages: Sequence[tuple[UUID | None, str]]
) -> None:
    """Let many notifications of one topic leave; each is a subject and its JSON text."""
    if not messages:
        return
    rows = [
        (tx.tenant_id, new_id(), topic, subject_id, payload, tx.now, tx.now, 0)
        for subject_id, payload in messages
    ]
    await tx.copy_into("outbox", _BULK_COLUMNS, rows)
    await note_due(tx, OUTBOX_KIND, at=tx.now)


async def claim(tx: Tx, *, limit: int, lease: timedelta = LEASE) -> list[OutboxMessage]:
    """Claim due notifications of this tenant, oldest first, until the lease has passed.

    Commit before acting on them; a lease is longer than acting takes.
    """
    rows = await tx.fetch(_CLAIM, tx.tenant_id, tx.now, tx.now + lease, limit)
    return sorted((OutboxMessage(**dict(row)) for row in rows), key=lambda message: message.id)


async def done(tx: Tx, message_ids: Sequence[UUID]) -> None:
    """Note that these have been delivered."""
    await tx.execute(_DONE, tx.tenant_id, list(message_ids), tx.now)


async def failed(tx: Tx, message: OutboxMessage, *, error: str) -> datetime:
    """Note why a delivery failed; return when it is tried again."""
    pause = pause_after(message.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    again = tx.now + pause
    await tx.execute(_FAILED, tx.tenant_id, message.id, again, error[:MAX_ERROR_LENGTH])
    return again


async def rest(tx: Tx) -> datetime:
    """Tell the workers when to look at this tenant again; return that instant."""
    latest = tx.now + LONGEST_REST
    next_at = await tx.fetchval(_NEXT, tx.tenant_id)
    wake_at = latest if next_at is None else min(next_at, latest)
    await move_due(tx, OUTBOX_KIND, to=wake_at)
    return wake_at


async def purge(tx: Tx, *, delivered_before: datetime, limit: int = 1_000) -> int:
    """Remove delivered notifications; return how many."""
    return len(await tx.fetch(_PURGE, tx.tenant_id, delivered_before, limit))
