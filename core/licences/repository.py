"""All SQL of licences. Reads of many are set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.licences.keeping import Quantity
from core.licences.records import LicenceAssignment
from core.licences.tables import LicenceAssignmentRow
from core.rows import add_row, column_list, fetch_record, to_record

_COLUMNS: Final = column_list(LicenceAssignment)
_OPEN: Final = f"""
SELECT {_COLUMNS} FROM licence_assignment
WHERE tenant_id = $1 AND item_id = $2 AND until_at IS NULL ORDER BY from_at, id
"""  # noqa: S608 - our columns
_ITEM: Final = """
SELECT i.subscription_id, s.account_id, p.code AS product, p.kind,
    coalesce(a.test_clock, $3) AS at, s.starts_at, s.ends_at
FROM subscription_item i
JOIN subscription s ON s.tenant_id = $1 AND s.id = i.subscription_id
JOIN account a ON a.tenant_id = $1 AND a.id = s.account_id
JOIN product p ON p.tenant_id = $1 AND p.id = i.product_id
WHERE i.tenant_id = $1 AND i.item_id = $2 LIMIT 1
"""
_ADD: Final = """
INSERT INTO licence_seat (tenant_id, item_id, subscription_id, seats) VALUES ($1, $2, $3, 0)
ON CONFLICT (tenant_id, item_id) DO NOTHING
"""
_LOCK: Final = "SELECT used FROM licence_seat WHERE tenant_id = $1 AND item_id = $2 FOR UPDATE"
_REVISIONS: Final = """
SELECT from_at, until_at, quantity FROM subscription_item
WHERE tenant_id = $1 AND item_id = $2 ORDER BY from_at
"""
_ONE: Final = f"""
SELECT {_COLUMNS} FROM licence_assignment WHERE tenant_id = $1 AND id = $2
"""  # noqa: S608 - our columns
# Their rows are locked, so that nobody is taken off the account meanwhile.
_MEMBERS: Final = """
SELECT id FROM member
WHERE tenant_id = $1 AND account_id = $2 AND state = 'active' AND id = ANY ($3::uuid[])
ORDER BY id FOR SHARE
"""
_TEAM: Final = """
SELECT t.id, array_agg(m.member_id) FILTER (WHERE m.member_id IS NOT NULL) AS members
FROM team t LEFT JOIN team_member m ON m.tenant_id = $1 AND m.team_id = t.id
WHERE t.tenant_id = $1 AND t.id = $3 AND t.account_id = $2 AND t.state = 'active'
GROUP BY t.id
"""
_RECOUNT: Final = """
UPDATE licence_seat s SET used = (SELECT count(*) FROM licence_assignment a
    WHERE a.tenant_id = $1 AND a.item_id = s.item_id AND a.until_at IS NULL)
WHERE s.tenant_id = $1 AND s.item_id = $2
"""
_COUNT: Final = (
    "UPDATE licence_seat SET seats = $3, used = $4 WHERE tenant_id = $1 AND item_id = $2"
)
_END: Final = """
UPDATE licence_assignment a SET until_at = greatest(a.from_at, e.until_at), released_by = $4
FROM unnest($2::uuid[], $3::timestamptz[]) AS e (id, until_at)
WHERE a.tenant_id = $1 AND a.id = e.id
"""
_HOLDERS: Final = """
SELECT a.item_id, a.member_id FROM unnest($2::uuid[], $3::timestamptz[]) AS w (item_id, at)
JOIN licence_assignment a ON a.tenant_id = $1 AND a.item_id = w.item_id AND a.from_at <= w.at
  AND (a.until_at IS NULL OR a.until_at > w.at)
ORDER BY a.item_id, a.from_at, a.id
"""
_HELD_BY: Final = f"""
SELECT {_COLUMNS} FROM licence_assignment
WHERE tenant_id = $1 AND account_id = $2 AND member_id = $3 AND until_at IS NULL
ORDER BY item_id
"""  # noqa: S608 - our columns


class LicenceItem(NamedTuple):
    """An item, whose it is, and what time it is for them."""

    subscription_id: UUID
    account_id: UUID
    product: str
    kind: str
    at: datetime
    starts_at: datetime
    ends_at: datetime | None


class Revision(NamedTuple):
    """The quantity of an item, from when until when."""

    from_at: datetime
    until_at: datetime | None
    seats: int

    def holds(self, instant: datetime) -> bool:
        """Tell whether the instant lies in its time."""
        return self.from_at <= instant and (self.until_at is None or instant < self.until_at)

    @property
    def quantity(self) -> Quantity:
        """How many seats there are from its start on."""
        return Quantity(self.from_at, self.seats)


async def item(tx: Tx, item_id: UUID) -> LicenceItem | None:
    """Return what is known of an item of this tenant."""
    row = await tx.fetchrow(_ITEM, tx.tenant_id, item_id, tx.now)
    return None if row is None else LicenceItem(*row)


async def lock_seats(tx: Tx, item_id: UUID, subscription_id: UUID) -> None:
    """Lock the row of an item's seats until the transaction ends, made where there is none."""
    await tx.execute(_ADD, tx.tenant_id, item_id, subscription_id)
    await tx.fetchrow(_LOCK, tx.tenant_id, item_id)


async def revisions(tx: Tx, item_id: UUID) -> list[Revision]:
    """Return the quantities of an item in the order of their time, in whole seats."""
    rows = await tx.fetch(_REVISIONS, tx.tenant_id, item_id)
    return [Revision(row["from_at"], row["until_at"], int(row["quantity"])) for row in rows]


async def open_assignments(tx: Tx, item_id: UUID) -> list[LicenceAssignment]:
    """Return the assignments of an item that nobody has released."""
    rows = await tx.fetch(_OPEN, tx.tenant_id, item_id)
    return [to_record(LicenceAssignment, row) for row in rows]


async def held_by(tx: Tx, account_id: UUID, member_id: UUID) -> list[LicenceAssignment]:
    """Return the assignments of a member that nobody has released, by item."""
    rows = await tx.fetch(_HELD_BY, tx.tenant_id, account_id, member_id)
    return [to_record(LicenceAssignment, row) for row in rows]


async def assignment(tx: Tx, assignment_id: UUID) -> LicenceAssignment | None:
    """Return an assignment of this tenant."""
    return await fetch_record(tx, LicenceAssignment, _ONE, tx.tenant_id, assignment_id)


async def lock_members(tx: Tx, account_id: UUID, member_ids: Collection[UUID]) -> list[UUID]:
    """Return those who are active members of an account, and keep them from being removed."""
    rows = await tx.fetch(_MEMBERS, tx.tenant_id, account_id, list(member_ids))
    return [row["id"] for row in rows]


async def team_members(tx: Tx, account_id: UUID, team_id: UUID) -> list[UUID] | None:
    """Return who is in a team of an account; None where there is none such."""
    row = await tx.fetchrow(_TEAM, tx.tenant_id, account_id, team_id)
    return None if row is None else list(row["members"] or ())


async def recount(tx: Tx, item_id: UUID) -> None:
    """Count anew how many seats of a locked item are held."""
    await tx.execute(_RECOUNT, tx.tenant_id, item_id)


async def set_count(tx: Tx, item_id: UUID, *, seats: int, used: int) -> None:
    """Store how many seats a locked item has, and how many are held."""
    await tx.execute(_COUNT, tx.tenant_id, item_id, seats, used)


async def add_assignment(tx: Tx, assignment: LicenceAssignment) -> None:
    """Insert an assignment."""
    await add_row(tx, LicenceAssignmentRow, tenant_id=tx.tenant_id, **asdict(assignment))


async def end_assignments(tx: Tx, ended: Mapping[UUID, datetime], *, released_by: str) -> None:
    """Let assignments end, each at its instant."""
    if ended:
        await tx.execute(_END, tx.tenant_id, list(ended), list(ended.values()), released_by)


class Seated(NamedTuple):
    """How many seats an item has at an instant."""

    seats: int
    at: datetime


async def holders(tx: Tx, asked: Mapping[UUID, Seated]) -> Mapping[UUID, frozenset[UUID]]:
    """Return the members who hold the seats of items, one statement for all.

    Where more were assigned than there are, those who have held theirs longest keep them.
    """
    if not asked:
        return {}
    instants = [each.at for each in asked.values()]
    rows = await tx.fetch(_HOLDERS, tx.tenant_id, list(asked), instants)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        found[row["item_id"]].append(row["member_id"])
    return {key: frozenset(each[: asked[key].seats]) for key, each in found.items()}
