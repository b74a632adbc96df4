"""All SQL of allowances and of what consumed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from core.db import Tx
from core.entitlements.records import Source
from core.entitlements.repository import Key
from core.kernel.ids import new_id

# Makes what is lacking, and locks all of them in one order. An amount that has become smaller
# than what was used of it stays at what was used: it is used up.
_LOCK: Final = """
INSERT INTO allowance (tenant_id, id, account_id, subscription_id, item_id, feature, granted,
    from_at, until_at, created_at)
SELECT $1, w.id, $2, w.subscription_id, w.item_id, w.feature, w.granted, w.from_at, w.until_at,
    $10
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::numeric[], $8::timestamptz[],
    $9::timestamptz[]) AS w (id, subscription_id, item_id, feature, granted, from_at, until_at)
ORDER BY w.item_id, w.feature, w.from_at
ON CONFLICT (tenant_id, item_id, feature, from_at) DO UPDATE
SET granted = CASE WHEN excluded.granted IS NULL THEN NULL
        ELSE greatest(excluded.granted, allowance.used) END,
    until_at = excluded.until_at
RETURNING id, item_id, feature, from_at, used
"""
_TAKE: Final = """
UPDATE allowance a SET used = a.used + w.amount
FROM unnest($2::uuid[], $3::numeric[]) AS w (id, amount)
WHERE a.tenant_id = $1 AND a.id = w.id
    AND (a.granted IS NULL OR a.used + w.amount <= a.granted)
RETURNING a.id
"""
_PUT_BACK: Final = """
UPDATE allowance a SET used = greatest(a.used - w.amount, 0)
FROM unnest($2::uuid[], $3::numeric[]) AS w (id, amount)
WHERE a.tenant_id = $1 AND a.id = w.id
"""
_COLUMNS: Final = (
    "id, account_id, member_id, feature, amount, at, source, event_id, content_hash, parts, "
    "actor, created_at"
)
_FIND: Final = f"""
SELECT {_COLUMNS} FROM consumption
WHERE tenant_id = $1 AND account_id = $2 AND source = $3 AND event_id = $4
"""  # noqa: S608 - our columns
_BY_ID: Final = f"SELECT {_COLUMNS} FROM consumption WHERE tenant_id = $1 AND id = $2"  # noqa: S608
_ADD: Final = f"""
INSERT INTO consumption (tenant_id, {_COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (tenant_id, account_id, source, event_id) DO NOTHING RETURNING id
"""  # noqa: S608 - our columns


class Allowance(NamedTuple):
    """A locked allowance, and what is used of it."""

    id: UUID
    used: Decimal


class Part(NamedTuple):
    """What was taken from one allowance."""

    allowance_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Consumption:
    """What was consumed, and from what; it never changes."""

    id: UUID
    account_id: UUID
    member_id: UUID | None
    feature: str
    amount: Decimal
    at: datetime
    source: str
    event_id: str
    content_hash: bytes
    parts: tuple[Part, ...]
    actor: str
    created_at: datetime


async def locked(
    tx: Tx, account_id: UUID, sources: Sequence[Source]
) -> Mapping[Key, Allowance]:
    """Lock the allowances of sources until the transaction ends; return what is used of each.

    Those that come with a subscription itself have none.
    """
    wanted = [each for each in sources if each.item_id is not None]
    if not wanted:
        return {}
    rows = await tx.fetch(
        _LOCK,
        tx.tenant_id,
        account_id,
        [new_id() for _ in wanted],
        [each.subscription_id for each in wanted],
        [each.item_id for each in wanted],
        [each.feature for each in wanted],
        [each.granted for each in wanted],
        [each.from_at for each in wanted],
        [each.until_at for each in wanted],
        tx.now,
    )
    return {
        (row["item_id"], row["feature"], row["from_at"]): Allowance(row["id"], row["used"])
        for row in rows
    }


async def take(tx: Tx, parts: Sequence[Part]) -> None:
    """Take from locked allowances what they have."""
    rows = await tx.fetch(_TAKE, tx.tenant_id, *_columns(parts))
    if len(rows) != len(parts):
        raise RuntimeError("a locked allowance has less than was read from it")


async def put_back(tx: Tx, parts: Sequence[Part]) -> None:
    """Put back what was taken."""
    await tx.execute(_PUT_BACK, tx.tenant_id, *_columns(parts))


async def consumption(
    tx: Tx, *, account_id: UUID, source: str, event_id: str
) -> Consumption | None:
    """Return what an account's report of this identity has consumed."""
    row = await tx.fetchrow(_FIND, tx.tenant_id, account_id, source, event_id)
    return None if row is None else _read(dict(row))


async def consumption_by_id(tx: Tx, consumption_id: UUID) -> Consumption | None:
    """Return a consumption of this tenant."""
    row = await tx.fetchrow(_BY_ID, tx.tenant_id, consumption_id)
    return None if row is None else _read(dict(row))


async def add(tx: Tx, made: Consumption) -> bool:
    """Insert a consumption; False where its source and id are taken."""
    written = orjson.dumps([[str(each.allowance_id), str(each.amount)] for each in made.parts])
    stored = await tx.fetchval(
        _ADD, tx.tenant_id, made.id, made.account_id, made.member_id, made.feature,
        made.amount, made.at, made.source, made.event_id, made.content_hash, written.decode(),
        made.actor, made.created_at,
    )  # fmt: skip
    return stored is not None


def _columns(parts: Sequence[Part]) -> tuple[list[UUID], list[Decimal]]:
    return [each.allowance_id for each in parts], [each.amount for each in parts]


def _read(row: Mapping[str, object]) -> Consumption:
    values = dict(row)
    parts = values.pop("parts")
    assert isinstance(parts, list)
    taken = tuple(Part(UUID(key), Decimal(amount)) for key, amount in parts)
    return Consumption(**values, parts=taken)  # type: ignore[arg-type] # the columns above
