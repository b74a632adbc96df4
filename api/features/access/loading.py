"""What reads many teams and profiles, and what hangs on members, at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from api.pages import records_by_key
from core.access import repository
from core.access.reading import access_now
from core.access.records import Access, Profile, Right, Team
from core.access.tables import ProfileRow, TeamRow


async def load_teams(context: ApiContext, keys: list[UUID]) -> Sequence[Team | None]:
    """Load teams by key."""
    return await records_by_key(context, TeamRow, Team, keys)


async def load_profiles(context: ApiContext, keys: list[UUID]) -> Sequence[Profile | None]:
    """Load profiles by key."""
    return await records_by_key(context, ProfileRow, Profile, keys)


async def load_rights(context: ApiContext, keys: list[UUID]) -> Sequence[list[Right]]:
    """Load the rights of profiles."""
    async with context.transaction() as tx:
        found = await repository.rights_of(tx, keys)
    return [found.get(key, []) for key in keys]


async def load_team_members(context: ApiContext, keys: list[UUID]) -> Sequence[list[UUID]]:
    """Load who is in teams."""
    async with context.transaction() as tx:
        found = await repository.members_of_teams(tx, keys)
    return [found.get(key, []) for key in keys]


async def load_member_teams(context: ApiContext, keys: list[UUID]) -> Sequence[list[UUID]]:
    """Load the teams that members are in."""
    async with context.transaction() as tx:
        found = await repository.teams_of_members(tx, keys)
    return [found.get(key, []) for key in keys]


async def load_member_profiles(context: ApiContext, keys: list[UUID]) -> Sequence[list[UUID]]:
    """Load the profiles that members have."""
    async with context.transaction() as tx:
        found = await repository.profiles_of_members(tx, keys)
    return [found.get(key, []) for key in keys]


async def load_access(context: ApiContext, keys: list[UUID]) -> Sequence[list[Access]]:
    """Load what members may open now."""
    async with context.transaction() as tx:
        found = await access_now(tx, keys)
    return [found.get(key, []) for key in keys]
