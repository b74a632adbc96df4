"""Create, change and remove teams: members who are given licences together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from core.access import repository
from core.access.named import trace, unique_name
from core.access.owned import checked_members, require_team
from core.access.records import Team
from core.accounts.update_account import require_account
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class CreateTeam:
    """A team of an account, and who is in it."""

    account_id: UUID
    name: str
    member_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class UpdateTeam:
    """What is to change of a team; None stays. `member_ids` replaces the whole of them."""

    team_id: UUID
    name: str | None = None
    member_ids: Sequence[UUID] | None = None


async def create_team(tx: Tx, command: CreateTeam) -> Team:
    """Create a team of members of its account."""
    account = await require_account(tx, command.account_id)
    member_ids = await checked_members(tx, account.id, command.member_ids)
    name = line_of_text(command.name, path=("name",))
    team = Team(new_id(), account.id, name, "active", tx.now)
    with unique_name(team):
        await repository.add_team(tx, team)
    await repository.replace_team_members(tx, team.id, member_ids)
    await trace(tx, team, action="team.created", members=len(member_ids))
    return team


async def update_team(tx: Tx, command: UpdateTeam) -> Team:
    """Change a team's name, its members, or both; licences that they hold stay theirs."""
    before = await require_team(tx, command.team_id)
    after = before
    if command.name is not None:
        after = replace(before, name=line_of_text(command.name, path=("name",)))
    stored = (await repository.members_of_teams(tx, [before.id]))[before.id]
    member_ids = stored
    if command.member_ids is not None:
        member_ids = await checked_members(tx, before.account_id, command.member_ids)
    if after == before and set(member_ids) == set(stored):
        return before
    with unique_name(after):
        await repository.set_team(tx, after)
    await repository.replace_team_members(tx, after.id, member_ids)
    await trace(tx, after, action="team.changed", members=len(member_ids))
    return after


async def remove_team(tx: Tx, team_id: UUID) -> Team:
    """Remove a team; its members and what they hold stay."""
    removed = replace(await require_team(tx, team_id), state="removed")
    await repository.set_team(tx, removed)
    await trace(tx, removed, action="team.removed")
    return removed
