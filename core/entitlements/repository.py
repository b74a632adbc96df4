"""All SQL of entitlements. Each read is one statement, for however many accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.entitlements.records import Held, Life, Source

_TIMES: Final = """
SELECT id, coalesce(test_clock, $3) FROM account WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""
_LIVES: Final = """
SELECT s.id, s.account_id, s.state, s.timezone, s.starts_at, s.ends_at, s.trial_from,
    s.trial_until, s.trial_grants, EXISTS (SELECT FROM subscription_rest r
        WHERE r.tenant_id = $1 AND r.subscription_id = s.id AND r.from_at <= w.at
            AND (r.until_at IS NULL OR r.until_at > w.at)) AS is_resting,
    p.whole_starts_at AS period_from, p.whole_ends_at AS period_until
FROM unnest($2::uuid[], $3::timestamptz[]) AS w (account_id, at)
JOIN subscription s ON s.tenant_id = $1 AND s.account_id = w.account_id
    AND s.state <> 'ended' AND (s.state = 'trial' OR s.ends_at IS NULL OR s.ends_at > w.at)
LEFT JOIN LATERAL (SELECT whole_starts_at, whole_ends_at FROM billing_period b
    WHERE b.tenant_id = $1 AND b.subscription_id = s.id AND b.stream = 'fees'
        AND b.starts_at <= w.at AND b.ends_at > w.at
    ORDER BY b.starts_at DESC LIMIT 1) p ON true
ORDER BY s.id
"""
_ITEMS: Final = """
SELECT i.item_id, i.subscription_id, i.product_id, p.code AS product, p.kind, i.quantity,
    i.from_at, i.until_at, i.is_trial, i.module_item_id
FROM subscription_item i JOIN product p ON p.tenant_id = $1 AND p.id = i.product_id
WHERE i.tenant_id = $1 AND i.subscription_id = ANY ($2::uuid[])
ORDER BY i.item_id, i.revision
"""
_USED: Final = """
SELECT item_id, feature, from_at, used FROM allowance
WHERE tenant_id = $1 AND item_id = ANY ($2::uuid[])
"""
_PEOPLE: Final = """
SELECT m.id, m.account_id, m.role, coalesce(array_agg(a.product_id)
    FILTER (WHERE a.product_id IS NOT NULL), '{}') AS modules
FROM unnest($2::uuid[], $3::timestamptz[]) AS w (account_id, at)
JOIN member m ON m.tenant_id = $1 AND m.account_id = w.account_id AND m.state = 'active'
LEFT JOIN member_access a ON a.tenant_id = $1 AND a.member_id = m.id AND a.from_at <= w.at
    AND (a.until_at IS NULL OR a.until_at > w.at)
WHERE $4::uuid[] IS NULL OR m.id = ANY ($4)
GROUP BY m.id, m.account_id, m.role
"""
_COUNTS: Final = """
SELECT w.account_id,
    (SELECT count(*) FROM company c WHERE c.tenant_id = $1 AND c.account_id = w.account_id
        AND c.state = 'active') AS companies,
    (SELECT count(*) FROM member m WHERE m.tenant_id = $1 AND m.account_id = w.account_id
        AND m.state = 'active') AS members,
    (SELECT active FROM contact_count n WHERE n.tenant_id = $1
        AND n.account_id = w.account_id) AS contacts
FROM unnest($2::uuid[]) AS w (account_id)
"""
_GAUGES: Final = """
SELECT w.account_id, g.code, r.value
FROM unnest($2::uuid[], $3::timestamptz[]) AS w (account_id, at)
CROSS JOIN gauge g
JOIN LATERAL (SELECT value FROM gauge_reading r
    WHERE r.tenant_id = $1 AND r.account_id = w.account_id AND r.gauge_id = g.id
        AND r.at <= w.at ORDER BY r.at DESC, r.identity DESC LIMIT 1) r ON true
WHERE g.tenant_id = $1 AND g.code = ANY ($4::text[])
"""
_OFFERED: Final = """
SELECT p.id, p.code, p.body, coalesce((SELECT array_agg(DISTINCT f.subscription_id)
    FROM subscription_phase f JOIN rate r ON r.tenant_id = $1 AND r.product_id = p.id
        AND r.price_plan_version_id IN (f.price_plan_version_id, f.base_plan_version_id)
    WHERE f.tenant_id = $1 AND f.subscription_id = ANY ($3::uuid[])), '{}') AS rated_for
FROM product p
WHERE p.tenant_id = $1 AND p.state = 'active' AND EXISTS (
    SELECT FROM jsonb_array_elements(p.body -> 'grants') AS g
    WHERE g ->> 'feature' = ANY ($2::text[]))
ORDER BY p.code
"""


class Counts(NamedTuple):
    """What there is of an account."""

    companies: int
    members: int
    contacts: int


class Someone(NamedTuple):
    """An active member, and the products on which they have a right."""

    id: UUID
    account_id: UUID
    role: str
    modules: frozenset[UUID]


class Offered(NamedTuple):
    """A product that is offered; `rated_for` are subscriptions whose plan prices it."""

    id: UUID
    code: str
    body: Mapping[str, Any]
    rated_for: frozenset[UUID]


Key = tuple[UUID | None, str, datetime]
"""What an allowance is found by: item, feature, and the beginning of its time."""

Times = Mapping[UUID, datetime]
"""What time it is for accounts."""


async def times(tx: Tx, account_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return what time it is for those accounts that exist."""
    rows = await tx.fetch(_TIMES, tx.tenant_id, list(account_ids), tx.now)
    return {row[0]: row[1] for row in rows}


async def lives(tx: Tx, at: Times) -> list[Life]:
    """Return the subscriptions of accounts that go on, or whose trial may be ordered."""
    rows = await tx.fetch(_LIVES, tx.tenant_id, *_columns(at))
    return [Life(*row) for row in rows]


async def items(tx: Tx, subscription_ids: Collection[UUID]) -> Mapping[UUID, list[Held]]:
    """Return all item revisions of subscriptions."""
    rows = await tx.fetch(_ITEMS, tx.tenant_id, list(subscription_ids))
    found: dict[UUID, list[Held]] = defaultdict(list)
    for row in rows:
        found[row["subscription_id"]].append(Held(*row))
    return found


async def used(tx: Tx, item_ids: Collection[UUID]) -> Mapping[Key, Decimal]:
    """Return what was consumed, by item, feature and the beginning of its time."""
    rows = await tx.fetch(_USED, tx.tenant_id, list(item_ids))
    return {(row["item_id"], row["feature"], row["from_at"]): row["used"] for row in rows}


async def people(tx: Tx, at: Times, *, member_ids: Collection[UUID] | None) -> list[Someone]:
    """Return active members of accounts: those named, or all of them."""
    named = None if member_ids is None else list(member_ids)
    rows = await tx.fetch(_PEOPLE, tx.tenant_id, *_columns(at), named)
    return [
        Someone(row["id"], row["account_id"], row["role"], frozenset(row["modules"]))
        for row in rows
    ]


async def counts(tx: Tx, account_ids: Collection[UUID]) -> Mapping[UUID, Counts]:
    """Return how many companies, members and active contacts accounts have."""
    rows = await tx.fetch(_COUNTS, tx.tenant_id, list(account_ids))
    return {
        row["account_id"]: Counts(row["companies"], row["members"], row["contacts"] or 0)
        for row in rows
    }


async def gauge_levels(
    tx: Tx, at: Times, gauges: Collection[str]
) -> Mapping[tuple[UUID, str], Decimal]:
    """Return the present levels of gauges, by account and code; one never set is absent."""
    rows = await tx.fetch(_GAUGES, tx.tenant_id, *_columns(at), list(gauges))
    return {(row["account_id"], row["code"]): row["value"] for row in rows}


async def offered(
    tx: Tx, features: Collection[str], *, subscription_ids: Collection[UUID]
) -> Sequence[Offered]:
    """Return the products that grant features, and whose plans rate them."""
    rows = await tx.fetch(_OFFERED, tx.tenant_id, list(features), list(subscription_ids))
    return [
        Offered(row["id"], row["code"], row["body"], frozenset(row["rated_for"]))
        for row in rows
    ]


def key_of(source: Source) -> Key:
    """Return what an allowance is found by."""
    return source.item_id, source.feature, source.from_at


def _columns(at: Times) -> tuple[list[UUID], list[datetime]]:
    return list(at), list(at.values())
