"""The SQL of recording: who and what a batch names, storing it, and telling what was there.

Each function is one statement, or a fixed number, whatever the size of the batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from core.db import Tx
from core.kernel.ids import new_id
from core.usage.placing import UsagePeriod
from core.usage.records import Content, EventRow, Metering
from core.usage.resolving import DatedTable

UNNEST_AT_MOST: Final = 100
"""Rows up to which one INSERT from arrays is cheaper than COPY with its staging table."""

_COLUMNS: Final = EventRow._fields
_TYPES: Final = (
    "uuid", "uuid", "int4", "int2", "uuid", "uuid", "uuid", "uuid", "uuid", "timestamptz",
    "timestamptz", "numeric", "int4", "text", "text", "text", "text", "text", "bytea", "text",
    "numeric", "text", "numeric", "text",
)  # fmt: skip
_NAMES: Final = ", ".join(_COLUMNS)
_VALUES: Final = ", ".join(
    f"{name}::jsonb" if name in {"payload", "rating"} else name for name in _COLUMNS
)

_METERINGS: Final = """
SELECT s.account_id, s.id, s.ref, i.product_id, p.meters_channel, p.meters_unit,
    CASE WHEN i.is_trial THEN i.from_at ELSE greatest(i.from_at, s.starts_at) END,
    i.until_at, s.ends_at, i.is_trial
FROM subscription s
JOIN subscription_item i ON i.tenant_id = s.tenant_id AND i.subscription_id = s.id
JOIN product p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
WHERE s.tenant_id = $1 AND s.account_id = ANY($2::uuid[])
    AND p.meters_channel = ANY($3::text[])
"""
# A conditional plan's own table comes first; the base plan's serves what it has none for.
_TABLES: Final = """
SELECT DISTINCT ON (ph.subscription_id, r.product_id, ph.from_at)
    ph.subscription_id, r.product_id, ph.from_at, ph.until_at, r.rate_table_id
FROM subscription_phase ph
JOIN rate r ON r.tenant_id = ph.tenant_id
    AND r.price_plan_version_id IN (ph.price_plan_version_id, ph.base_plan_version_id)
WHERE ph.tenant_id = $1 AND ph.subscription_id = ANY($2::uuid[])
    AND r.product_id = ANY($3::uuid[])
    AND r.rate_table_id IS NOT NULL AND r.rate_table_slot IS NULL
ORDER BY ph.subscription_id, r.product_id, ph.from_at,
    r.price_plan_version_id = ph.price_plan_version_id DESC, r.frequency
"""
_SLOTS: Final = """
SELECT rate_table_id, starts_at, number FROM rate_table_slot
WHERE tenant_id = $1 AND rate_table_id = ANY($2::uuid[]) ORDER BY rate_table_id, starts_at
"""
_PERIODS: Final = """
SELECT id, subscription_id, stream, starts_at, ends_at, state FROM billing_period
WHERE tenant_id = $1 AND subscription_id = ANY($2::uuid[])
    AND stream IN ('usage', 'settlement')
    AND (state = 'open' OR (starts_at <= $4 AND ends_at > $3))
"""
_INSERT: Final = f"""
INSERT INTO usage_event ({_NAMES}) SELECT {_VALUES}
FROM unnest({", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_TYPES, start=1))})
    AS new ({_NAMES})
ORDER BY identity
ON CONFLICT (tenant_id, identity, revision) DO NOTHING RETURNING identity
"""  # noqa: S608 - our columns
_KNOWN: Final = """
SELECT w.n, bool_or(e.content_hash = w.content_hash)
FROM unnest($2::uuid[], $3::bytea[]) WITH ORDINALITY AS w (identity, content_hash, n)
JOIN usage_event e ON e.tenant_id = $1 AND e.identity = w.identity AND e.sign = 1
GROUP BY w.n
"""
_CONTENTS: Final = """
SELECT DISTINCT ON (identity) identity, channel, occurred_at, subscription_id, payload
FROM usage_event WHERE tenant_id = $1 AND identity = ANY($2::uuid[]) AND sign = 1
ORDER BY identity, revision DESC
"""
_TALLY: Final = """
INSERT INTO usage_batch
    (tenant_id, id, received_at, channel, accepted, free, duplicate, rejected, reasons)
SELECT $1, id, $2, channel, accepted, free, duplicate, rejected, reasons::jsonb
FROM unnest($3::uuid[], $4::text[], $5::int4[], $6::int4[], $7::int4[], $8::int4[], $9::text[])
    AS t (id, channel, accepted, free, duplicate, rejected, reasons)
"""


class Tally(NamedTuple):
    """How many events of one channel got which verdict in one batch."""

    channel: str
    accepted: int
    free: int
    duplicate: int
    rejected: int
    reasons: Mapping[str, int]


async def meterings(
    tx: Tx, account_ids: Collection[UUID], channels: Collection[str]
) -> list[Metering]:
    """Return every item revision of these accounts that meters one of the channels."""
    rows = await tx.fetch(_METERINGS, tx.tenant_id, list(account_ids), list(channels))
    return [Metering._make(row) for row in rows]


async def dated_tables(
    tx: Tx, found: Collection[Metering]
) -> dict[tuple[UUID, UUID], list[DatedTable]]:
    """Return the `on_event_date` tables by subscription and product; mostly there are none."""
    if not found:
        return {}
    subscriptions = list({one.subscription_id for one in found})
    products = list({one.product_id for one in found})
    rows = await tx.fetch(_TABLES, tx.tenant_id, subscriptions, products)
    if not rows:
        return {}
    starts: dict[UUID, list[datetime]] = defaultdict(list)
    numbers: dict[UUID, list[int]] = defaultdict(list)
    tables = list({row["rate_table_id"] for row in rows})
    for slot in await tx.fetch(_SLOTS, tx.tenant_id, tables):
        starts[slot["rate_table_id"]].append(slot["starts_at"])
        numbers[slot["rate_table_id"]].append(slot["number"])
    dated: dict[tuple[UUID, UUID], list[DatedTable]] = defaultdict(list)
    for subscription_id, product_id, from_at, until_at, table_id in rows:
        if numbers[table_id]:
            table = DatedTable(from_at, until_at, starts[table_id], numbers[table_id])
            dated[subscription_id, product_id].append(table)
    return dict(dated)


async def usage_periods(
    tx: Tx, subscription_ids: Collection[UUID], *, earliest: datetime, latest: datetime
) -> dict[UUID, list[UsagePeriod]]:
    """Return the open periods of each subscription, and those that hold these times.

    Call it in a statement after the one that took the tenant's freeze lock.
    """
    rows = await tx.fetch(_PERIODS, tx.tenant_id, list(subscription_ids), earliest, latest)
    found: dict[UUID, list[UsagePeriod]] = defaultdict(list)
    for row in rows:
        found[row["subscription_id"]].append(UsagePeriod._make(row))
    return found


async def insert_events(tx: Tx, rows: Sequence[EventRow]) -> set[UUID]:
    """Insert the rows whose identity and revision are new, and return their identities.

    In the order of identities, so that two batches with the same ones do not deadlock: the
    second waits for the first to commit.
    """
    if not rows:
        return set()
    if len(rows) <= UNNEST_AT_MOST:
        stored = await tx.fetch(_INSERT, *(list(column) for column in zip(*rows, strict=True)))
    else:
        stored = await tx.copy_into(
            "usage_event",
            _COLUMNS,
            rows,
            on_conflict="(tenant_id, identity, revision) DO NOTHING",
            returning=("identity",),
            order_by=("identity",),
        )
    return {row[0] for row in stored}


async def known_contents(tx: Tx, wanted: Sequence[tuple[UUID, bytes]]) -> dict[int, bool]:
    """Tell for each (identity, content hash) that is stored whether it has that content.

    By its index in `wanted`; what is not stored is absent. A statement after the insert, so
    that it sees what a concurrent batch committed while the insert waited for it.
    """
    if not wanted:
        return {}
    identities = [identity for identity, _ in wanted]
    hashes = [digest for _, digest in wanted]
    rows = await tx.fetch(_KNOWN, tx.tenant_id, identities, hashes)
    return {row[0] - 1: row[1] for row in rows}


async def contents_of(tx: Tx, identities: Iterable[UUID]) -> dict[UUID, Content]:
    """Return what is stored under identities: the latest content of each."""
    rows = await tx.fetch(_CONTENTS, tx.tenant_id, list(identities))
    return {row["identity"]: content_of(row) for row in rows}


def content_of(row: Any) -> Content:
    """Return the content of a row of `usage_event`."""
    return Content(row["channel"], row["occurred_at"], row["subscription_id"], row["payload"])


async def add_tallies(tx: Tx, tallies: Sequence[Tally]) -> None:
    """Store how many events of each channel a batch had, by verdict."""
    columns = [list(column) for column in zip(*tallies, strict=True)]
    reasons = [orjson.dumps(dict(tally.reasons)).decode() for tally in tallies]
    ids = [new_id() for _ in tallies]
    await tx.execute(_TALLY, tx.tenant_id, tx.now, ids, *columns[:5], reasons)
