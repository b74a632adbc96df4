"""All the SQL of teams, profiles and access."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from core.access.records import Profile, Right, Team
from core.db import Tx
from core.rows import column_list, to_record

_TEAMS: Final = f"""
SELECT {column_list(Team)} FROM team WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""  # noqa: S608 - our own words
_PROFILES: Final = f"""
SELECT {column_list(Profile)} FROM profile WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""  # noqa: S608 - our own words
_RIGHTS: Final = """
SELECT profile_id, product_id, company_id FROM profile_right
WHERE tenant_id = $1 AND profile_id = ANY ($2::uuid[])
ORDER BY profile_id, product_id, company_id NULLS FIRST
"""
_TEAM_MEMBERS: Final = """
SELECT t.team_id, t.member_id FROM team_member t
JOIN member m ON m.tenant_id = t.tenant_id AND m.id = t.member_id AND m.state = 'active'
WHERE t.tenant_id = $1 AND t.team_id = ANY ($2::uuid[]) ORDER BY t.team_id, t.member_id
"""
_PROFILES_OF_MEMBERS: Final = """
SELECT mp.member_id, mp.profile_id FROM member_profile mp
JOIN profile p ON p.tenant_id = mp.tenant_id AND p.id = mp.profile_id AND p.state = 'active'
WHERE mp.tenant_id = $1 AND mp.member_id = ANY ($2::uuid[])
ORDER BY mp.member_id, mp.profile_id
"""
_TEAMS_OF_MEMBERS: Final = """
SELECT tm.member_id, tm.team_id FROM team_member tm
JOIN team t ON t.tenant_id = tm.tenant_id AND t.id = tm.team_id AND t.state = 'active'
WHERE tm.tenant_id = $1 AND tm.member_id = ANY ($2::uuid[])
ORDER BY tm.member_id, tm.team_id
"""
_OF_ACCOUNT: Final = """
SELECT id FROM {table} WHERE tenant_id = $1 AND account_id = $2 AND state = 'active'
  AND id = ANY ($3::uuid[])
"""


async def add_team(tx: Tx, team: Team) -> None:
    """Insert a team."""
    await tx.execute(
        "INSERT INTO team (tenant_id, id, account_id, name, state, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        tx.tenant_id, team.id, team.account_id, team.name, team.state, team.created_at,
    )  # fmt: skip


async def add_profile(tx: Tx, profile: Profile) -> None:
    """Insert a profile."""
    await tx.execute(
        "INSERT INTO profile (tenant_id, id, account_id, name, state, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        tx.tenant_id, profile.id, profile.account_id, profile.name, profile.state,
        profile.created_at,
    )  # fmt: skip


async def set_team(tx: Tx, team: Team) -> None:
    """Store a team's name and state."""
    await tx.execute(
        "UPDATE team SET name = $3, state = $4 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id, team.id, team.name, team.state,
    )  # fmt: skip


async def set_profile(tx: Tx, profile: Profile) -> None:
    """Store a profile's name and state."""
    await tx.execute(
        "UPDATE profile SET name = $3, state = $4 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id, profile.id, profile.name, profile.state,
    )  # fmt: skip


async def teams_by_ids(tx: Tx, team_ids: Sequence[UUID]) -> dict[UUID, Team]:
    """Return those of these teams that exist, removed ones too."""
    rows = await tx.fetch(_TEAMS, tx.tenant_id, list(team_ids))
    return {row["id"]: to_record(Team, row) for row in rows}


async def profiles_by_ids(tx: Tx, profile_ids: Sequence[UUID]) -> dict[UUID, Profile]:
    """Return those of these profiles that exist, removed ones too."""
    rows = await tx.fetch(_PROFILES, tx.tenant_id, list(profile_ids))
    return {row["id"]: to_record(Profile, row) for row in rows}


async def rights_of(tx: Tx, profile_ids: Sequence[UUID]) -> dict[UUID, list[Right]]:
    """Return the rights of profiles."""
    found: dict[UUID, list[Right]] = defaultdict(list)
    for profile_id, product_id, company_id in await tx.fetch(
        _RIGHTS, tx.tenant_id, list(profile_ids)
    ):
        found[profile_id].append(Right(product_id, company_id))
    return found


async def members_of_teams(tx: Tx, team_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return who is in these teams; who left the account is in none."""
    return _pairs(await tx.fetch(_TEAM_MEMBERS, tx.tenant_id, list(team_ids)))


async def profiles_of_members(tx: Tx, member_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the profiles that members have."""
    return _pairs(await tx.fetch(_PROFILES_OF_MEMBERS, tx.tenant_id, list(member_ids)))


async def teams_of_members(tx: Tx, member_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the teams that members are in."""
    return _pairs(await tx.fetch(_TEAMS_OF_MEMBERS, tx.tenant_id, list(member_ids)))


async def replace_rights(tx: Tx, profile_id: UUID, rights: Collection[Right]) -> None:
    """Let a profile have exactly these rights."""
    await tx.execute(
        "DELETE FROM profile_right WHERE tenant_id = $1 AND profile_id = $2",
        tx.tenant_id, profile_id,
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO profile_right (tenant_id, profile_id, product_id, company_id)"
        " SELECT $1, $2, * FROM unnest($3::uuid[], $4::uuid[])",
        tx.tenant_id, profile_id, [right.product_id for right in rights],
        [right.company_id for right in rights],
    )  # fmt: skip


async def replace_team_members(tx: Tx, team_id: UUID, member_ids: Collection[UUID]) -> None:
    """Let a team have exactly these members."""
    await tx.execute(
        "DELETE FROM team_member WHERE tenant_id = $1 AND team_id = $2"
        " AND member_id <> ALL ($3::uuid[])",
        tx.tenant_id, team_id, list(member_ids),
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO team_member (tenant_id, team_id, member_id, created_at)"
        " SELECT $1, $2, unnest($3::uuid[]), $4 ON CONFLICT DO NOTHING",
        tx.tenant_id, team_id, list(member_ids), tx.now,
    )  # fmt: skip


async def replace_profiles(tx: Tx, member_id: UUID, profile_ids: Collection[UUID]) -> None:
    """Let a member have exactly these profiles."""
    await tx.execute(
        "DELETE FROM member_profile WHERE tenant_id = $1 AND member_id = $2"
        " AND profile_id <> ALL ($3::uuid[])",
        tx.tenant_id, member_id, list(profile_ids),
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO member_profile (tenant_id, member_id, profile_id, created_at)"
        " SELECT $1, $2, unnest($3::uuid[]), $4 ON CONFLICT DO NOTHING",
        tx.tenant_id, member_id, list(profile_ids), tx.now,
    )  # fmt: skip


async def leave_teams(tx: Tx, member_id: UUID) -> None:
    """Take a member out of every team."""
    await tx.execute(
        "DELETE FROM team_member WHERE tenant_id = $1 AND member_id = $2",
        tx.tenant_id, member_id,
    )  # fmt: skip


async def active_of_account(
    tx: Tx, table: str, account_id: UUID, ids: Collection[UUID]
) -> set[UUID]:
    """Return which of these belong to the account still; `table` is a name of ours."""
    statement = _OF_ACCOUNT.format(table=table)
    rows = await tx.fetch(statement, tx.tenant_id, account_id, list(ids))
    return {row["id"] for row in rows}


async def modules_among(tx: Tx, product_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these products are modules."""
    rows = await tx.fetch(
        "SELECT id FROM product WHERE tenant_id = $1 AND id = ANY ($2::uuid[])"
        " AND kind = 'module'",
        tx.tenant_id, list(product_ids),
    )  # fmt: skip
    return {row["id"] for row in rows}


def _pairs(rows: Iterable[Any]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for owner, owned in rows:
        found[owner].append(owned)
    return found
