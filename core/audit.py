"""The audit trail: written with the change itself, sealed into a hash chain afterwards.

An entry is a row of an insert-only table, in the transaction of what it tells. A job seals
waiting entries in batches: each seal's hash covers the seal before, the ids in order and
every entry's content, so that an altered, deleted, added or swapped entry shows. Cutting
off the newest seals together with their entries does not show from within: keep the head
that `verify` returns somewhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
import orjson

from core.db import Tx
from core.kernel.ids import new_id
from core.tenant_due import note_due

SEAL_KIND: Final = "audit_seal"
SEAL_AT_MOST: Final = 1_000
_SEALS_A_PAGE: Final = 100

_RECORD: Final = """
WITH entry AS (
    INSERT INTO audit_entry
        (tenant_id, id, at, actor, action, subject_type, subject_id, details)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8))
INSERT INTO audit_unsealed (tenant_id, entry_id) VALUES ($1, $2)
"""
_WAITING: Final = """
SELECT entry.* FROM audit_unsealed AS waiting
JOIN audit_entry AS entry
    ON entry.tenant_id = waiting.tenant_id AND entry.id = waiting.entry_id
WHERE waiting.tenant_id = $1 ORDER BY waiting.entry_id LIMIT $2
"""
_LAST_SEAL: Final = """
SELECT n, hash FROM audit_seal WHERE tenant_id = $1 ORDER BY n DESC LIMIT 1
"""
_SEAL: Final = """
INSERT INTO audit_seal (tenant_id, n, prev, sealed_at, entries, entry_ids, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_SEALED: Final = """
DELETE FROM audit_unsealed WHERE tenant_id = $1 AND entry_id = ANY ($2::uuid[])
"""
_SEALS: Final = """
SELECT n, entries, entry_ids, hash FROM audit_seal
WHERE tenant_id = $1 AND n > $2 ORDER BY n LIMIT $3
"""
_ENTRIES: Final = "SELECT * FROM audit_entry WHERE tenant_id = $1 AND id = ANY ($2::uuid[])"
_STRAY: Final = """
SELECT entry.id FROM audit_entry AS entry
WHERE entry.tenant_id = $1
  AND NOT EXISTS (SELECT FROM audit_unsealed AS waiting
      WHERE waiting.tenant_id = $1 AND waiting.entry_id = entry.id)
  AND NOT EXISTS (SELECT FROM (SELECT unnest(entry_ids) AS id FROM audit_seal
      WHERE tenant_id = $1) AS sealed WHERE sealed.id = entry.id)
ORDER BY entry.id LIMIT 100
"""

ProblemKind = Literal["entry_missing", "content_changed", "seal_missing", "entry_unsealed"]


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One trace of tampering: where, and of what kind."""

    kind: ProblemKind
    seal: int | None
    entry_id: UUID | None


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a verification found; `head_hash` is worth keeping outside of this database."""

    seals: int
    entries: int
    waiting: int
    head_hash: bytes
    problems: tuple[AuditProblem, ...]

    @property
    def is_intact(self) -> bool:
        """True when nothing was altered, deleted, added or swapped."""
        return not self.problems


async def record(
    tx: Tx,
    *,
    action: str,
    subject_type: str,
    subject_id: UUID | None,
    details: Mapping[str, Any] | None = None,
) -> UUID:
    """Write that this transaction's actor did something; return the entry's id.

    `details` are JSON without floats. No secrets in it: it can never be removed.
    """
    entry_id = new_id()
    written = orjson.dumps(details or {}, default=str).decode()
    who_and_what = (tx.now, tx.actor, action, subject_type, subject_id, written)
    await tx.execute(_RECORD, tx.tenant_id, entry_id, *who_and_what)
    await note_due(tx, SEAL_KIND, at=tx.now)
    return entry_id


async def seal(tx: Tx, *, limit: int = SEAL_AT_MOST) -> int:
    """Seal up to `limit` waiting entries of this tenant; return how many.

    Sealers of one tenant take turns, so that the chain has one end.
    """
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _chain_key(tx.tenant_id))
    rows = await tx.fetch(_WAITING, tx.tenant_id, limit)
    if not rows:
        return 0
    last = await tx.fetchrow(_LAST_SEAL, tx.tenant_id)
    previous, before = (last["n"], last["hash"]) if last else (None, b"")
    ids = [row["id"] for row in rows]
    number = (previous or 0) + 1
    digest = _link(before, number=number, entries=rows)
    await tx.execute(_SEAL, tx.tenant_id, number, previous, tx.now, len(ids), ids, digest)
    await tx.execute(_SEALED, tx.tenant_id, ids)
    return len(rows)


async def verify(tx: Tx) -> AuditReport:
    """Recompute the tenant's whole chain, and look for entries outside of it."""
    problems: list[AuditProblem] = []
    before, number, entries, seals = b"", 0, 0, 0
    while page := await tx.fetch(_SEALS, tx.tenant_id, number, _SEALS_A_PAGE):
        for found in page:
            problems += [
                AuditProblem("seal_missing", lacking, None)
                for lacking in range(number + 1, found["n"])
            ]
            problems += await _checked(tx, found, before=before)
            before, number = found["hash"], found["n"]
            entries += found["entries"]
            seals += 1
    strays = await tx.fetch(_STRAY, tx.tenant_id)
    problems += [AuditProblem("entry_unsealed", None, row["id"]) for row in strays]
    waiting = await tx.fetchval(
        "SELECT count(*) FROM audit_unsealed WHERE tenant_id = $1", tx.tenant_id
    )
    return AuditReport(seals, entries, waiting, before, tuple(problems))


async def _checked(tx: Tx, found: asyncpg.Record, *, before: bytes) -> list[AuditProblem]:
    """Compare one seal with the entries that it names."""
    rows = await tx.fetch(_ENTRIES, tx.tenant_id, found["entry_ids"])
    by_id = {row["id"]: row for row in rows}
    missing = [entry_id for entry_id in found["entry_ids"] if entry_id not in by_id]
    if missing:
        return [AuditProblem("entry_missing", found["n"], entry_id) for entry_id in missing]
    in_order = [by_id[entry_id] for entry_id in found["entry_ids"]]
    if _link(before, number=found["n"], entries=in_order) != found["hash"]:
        return [AuditProblem("content_changed", found["n"], None)]
    return []


def _link(before: bytes, *, number: int, entries: Iterable[asyncpg.Record]) -> bytes:
    hasher = sha256(before + number.to_bytes(8, "big"))
    for entry in entries:
        content = _canonical(entry)
        hasher.update(len(content).to_bytes(8, "big") + content)
    return hasher.digest()


def _canonical(entry: asyncpg.Record) -> bytes:
    """Write an entry as the bytes that the hash covers, every column of it."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
    return orjson.dumps(
        dict(entry), default=str, option=options
    )  # the driver's UUID is its own


def _chain_key(tenant_id: UUID) -> int:
    digest = sha256(b"audit" + tenant_id.bytes).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
