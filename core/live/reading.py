"""All SQL of live events: what one snapshot sees and an earlier one did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from core.db import Tx
from core.live.cursor import Position

PAGE: Final = 500

_NOW: Final = "SELECT pg_current_snapshot()::text"
# The first condition is what the index is walked by; the other two are exact. What a dump
# brought from a server further on has numbers that this one has not reached: it is not new.
_PAGE: Final = """
WITH now (snapshot) AS (
    SELECT coalesce($3::text::pg_snapshot, pg_current_snapshot()))
SELECT now.snapshot::text AS snapshot, o.id, o.topic, o.subject_id, o.payload, o.created_at,
    o.tx
FROM now LEFT JOIN LATERAL (
    SELECT id, topic, subject_id, payload, created_at, tx FROM outbox
    WHERE tenant_id = $1 AND (tx, id) > ($5::text::xid8, $6)
        AND tx >= pg_snapshot_xmin($2::text::pg_snapshot)
        AND NOT pg_visible_in_snapshot(tx, $2::text::pg_snapshot)
        AND pg_visible_in_snapshot(tx, now.snapshot)
        AND topic = ANY ($4)
    ORDER BY tx, id LIMIT $7) o ON true
ORDER BY o.tx, o.id
"""
_NO_ID: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A committed notification, and the transaction that wrote it."""

    id: UUID
    topic: str
    subject_id: UUID | None
    payload: Mapping[str, Any]
    created_at: datetime
    tx: int


@dataclass(frozen=True, slots=True)
class Page:
    """Events in the order of their transactions, and the snapshot that saw them."""

    events: tuple[StoredEvent, ...]
    position: Position
    is_last: bool


async def position_now(tx: Tx) -> Position:
    """Return what is committed by now."""
    return _position(await tx.fetchval(_NOW))


async def read_page(
    tx: Tx,
    *,
    since: Position,
    until: Position | None = None,
    topics: Sequence[str],
    behind: StoredEvent | None = None,
) -> Page:
    """Read what `since` has not seen and `until` has (now, where it is None), by pages.

    The next page begins behind the last event of this one, with this one's position as
    `until`.
    """
    rows: list[asyncpg.Record] = await tx.fetch(
        _PAGE,
        tx.tenant_id,
        str(since),
        None if until is None else str(until),
        list(topics),
        "0" if behind is None else str(behind.tx),
        _NO_ID if behind is None else behind.id,
        PAGE,
    )
    events = tuple(_event(row) for row in rows if row["id"] is not None)
    return Page(events, _position(rows[0]["snapshot"]), is_last=len(events) < PAGE)


def _event(row: asyncpg.Record) -> StoredEvent:
    return StoredEvent(
        id=UUID(bytes=row["id"].bytes),
        topic=row["topic"],
        subject_id=None if row["subject_id"] is None else UUID(bytes=row["subject_id"].bytes),
        payload=row["payload"],
        created_at=row["created_at"],
        tx=row["tx"],
    )


def _position(text: str) -> Position:
    found = Position.read(text)
    assert found is not None, f"PostgreSQL's own snapshot {text!r} is read as none"
    return found
