"""All SQL of gauge readings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.gauges.policy import GaugePolicy, Reading, gauge_quantity
from core.kernel.periods import Period

_NEW: Final = """
INSERT INTO gauge_reading
    (tenant_id, identity, account_id, gauge_id, at, value, source, reading_id, received_at)
SELECT $1, n.*, $9 FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[],
    $6::numeric[], $7::text[], $8::text[]) AS n
ORDER BY 2
ON CONFLICT (tenant_id, identity) DO NOTHING RETURNING identity
"""
_STORED: Final = """
SELECT identity, gauge_id, at, value FROM gauge_reading
WHERE tenant_id = $1 AND identity = ANY($2::uuid[])
"""
_OPENINGS: Final = """
SELECT w.n, opening.value
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) WITH ORDINALITY
    AS w (account_id, gauge_id, starts_at, n)
CROSS JOIN LATERAL (
    SELECT value FROM gauge_reading r
    WHERE r.tenant_id = $1 AND r.account_id = w.account_id AND r.gauge_id = w.gauge_id
        AND r.at < w.starts_at
    ORDER BY r.at DESC, r.identity DESC LIMIT 1) AS opening
"""
_INSIDE: Final = """
SELECT w.n, r.at, r.value
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[]) WITH ORDINALITY
    AS w (account_id, gauge_id, starts_at, ends_at, n)
JOIN gauge_reading r ON r.tenant_id = $1 AND r.account_id = w.account_id
    AND r.gauge_id = w.gauge_id AND r.at >= w.starts_at AND r.at < w.ends_at
ORDER BY w.n, r.at, r.identity
"""


class NewReading(NamedTuple):
    """A reading to be stored; `identity` stands for account, source and id."""

    identity: UUID
    account_id: UUID
    gauge_id: UUID
    at: datetime
    value: Decimal
    source: str
    reading_id: str


class StoredReading(NamedTuple):
    """What a repeated reading is compared with."""

    gauge_id: UUID
    at: datetime
    value: Decimal


class GaugeAsked(NamedTuple):
    """A gauge of an account over a period, and the policy that makes it one quantity."""

    account_id: UUID
    gauge_id: UUID
    period: Period
    policy: GaugePolicy


class GaugeCourse(NamedTuple):
    """The value that held before a period, None if none ever did, and the readings in it."""

    opening: Decimal | None
    readings: tuple[Reading, ...]


async def gauges_by_code(tx: Tx, codes: Collection[str]) -> Mapping[str, UUID]:
    """Return the ids of the gauges that the tenant has declared, by code."""
    rows = await tx.fetch(
        "SELECT code, id FROM gauge WHERE tenant_id = $1 AND code = ANY($2::text[])",
        tx.tenant_id,
        list(codes),
    )
    return {row["code"]: row["id"] for row in rows}


async def add_readings(
    tx: Tx, readings: Sequence[NewReading]
) -> tuple[set[UUID], Mapping[UUID, StoredReading]]:
    """Insert what is new; return its identities, and what was stored under the others.

    Two statements: the second sees what a concurrent batch has committed under the same
    identity while the first one waited for it.
    """
    if not readings:
        return set(), {}
    columns = [list(column) for column in zip(*readings, strict=True)]
    rows = await tx.fetch(_NEW, tx.tenant_id, *columns, tx.now)
    new = {row["identity"] for row in rows}
    others = [reading.identity for reading in readings if reading.identity not in new]
    if not others:
        return new, {}
    stored = await tx.fetch(_STORED, tx.tenant_id, others)
    return new, {
        row["identity"]: StoredReading(row["gauge_id"], row["at"], row["value"])
        for row in stored
    }


async def courses(tx: Tx, asked: Sequence[GaugeAsked]) -> list[GaugeCourse]:
    """Return the course of each gauge over its period, in the order asked; two statements.

    Readings at one instant are in the order of their identities, which is the same
    however they arrived.
    """
    if not asked:
        return []
    accounts = [one.account_id for one in asked]
    gauges = [one.gauge_id for one in asked]
    starts = [one.period.start for one in asked]
    ends = [one.period.end for one in asked]
    before = await tx.fetch(_OPENINGS, tx.tenant_id, accounts, gauges, starts)
    inside = await tx.fetch(_INSIDE, tx.tenant_id, accounts, gauges, starts, ends)
    openings = {row["n"]: row["value"] for row in before}
    readings: dict[int, list[Reading]] = defaultdict(list)
    for row in inside:
        readings[row["n"]].append(Reading(row["at"], row["value"]))
    return [
        GaugeCourse(openings.get(number), tuple(readings[number]))
        for number in range(1, len(asked) + 1)
    ]


async def quantities(tx: Tx, asked: Sequence[GaugeAsked]) -> list[Decimal]:
    """Return the one quantity of each gauge over its period, in the order asked."""
    return [
        gauge_quantity(
            one.policy, opening=course.opening, readings=course.readings, period=one.period
        )
        for one, course in zip(asked, await courses(tx, asked), strict=True)
    ]
