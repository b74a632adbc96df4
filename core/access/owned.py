"""A locked account with the team or profile that is to be changed, and what it may name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, TypeVar
from uuid import UUID

from core.access import repository
from core.access.records import Profile, Right, Team
from core.access.refusals import (
    CompanyOfOtherAccount,
    MemberOfOtherAccount,
    NotAModule,
    ProfileNotFound,
    ProfileOfOtherAccount,
    TeamNotFound,
    TooMany,
)
from core.accounts.update_account import require_account
from core.db import Tx

MAX_RIGHTS: Final = 500
MAX_MEMBERS: Final = 1_000
MAX_PROFILES: Final = 50
ValueT = TypeVar("ValueT")


async def require_team(tx: Tx, team_id: UUID) -> Team:
    """Lock the account of a team and return the team as it is by then."""
    found = (await repository.teams_by_ids(tx, [team_id])).get(team_id)
    if found is not None:
        await require_account(tx, found.account_id)
        found = (await repository.teams_by_ids(tx, [team_id])).get(team_id)
    if found is None or found.state != "active":
        raise TeamNotFound("there is no such team; look at the account's", path=("team",))
    return found


async def require_profile(tx: Tx, profile_id: UUID) -> Profile:
    """Lock the account of a profile and return the profile as it is by then."""
    found = (await repository.profiles_by_ids(tx, [profile_id])).get(profile_id)
    if found is not None:
        await require_account(tx, found.account_id)
        found = (await repository.profiles_by_ids(tx, [profile_id])).get(profile_id)
    if found is None or found.state != "active":
        raise ProfileNotFound(
            "there is no such profile; look at the account's", path=("profile",)
        )
    return found


async def checked_rights(tx: Tx, account_id: UUID, rights: Sequence[Right]) -> list[Right]:
    """Return rights once each; refuses what is no module and companies of others."""
    _bounded(rights, MAX_RIGHTS, path=("rights",))
    modules = await repository.modules_among(tx, {one.product_id for one in rights})
    named = {one.company_id for one in rights if one.company_id is not None}
    companies = await repository.active_of_account(tx, "company", account_id, named)
    for number, right in enumerate(rights):
        if right.product_id not in modules:
            raise NotAModule(
                "rights are on modules; name a module or a suite",
                path=("rights", str(number), "module"),
            )
        if right.company_id is not None and right.company_id not in companies:
            raise CompanyOfOtherAccount(
                "the account has no such company; attach it first",
                path=("rights", str(number), "company"),
            )
    return list(dict.fromkeys(rights))


async def checked_members(tx: Tx, account_id: UUID, member_ids: Sequence[UUID]) -> list[UUID]:
    """Return members once each; refuses those of other accounts and who has left."""
    _bounded(member_ids, MAX_MEMBERS, path=("members",))
    known = await repository.active_of_account(tx, "member", account_id, set(member_ids))
    for number, member_id in enumerate(member_ids):
        if member_id not in known:
            raise MemberOfOtherAccount(
                "the account has no such member; add the person first",
                path=("members", str(number)),
            )
    return list(dict.fromkeys(member_ids))


async def checked_profiles(tx: Tx, account_id: UUID, profile_ids: Sequence[UUID]) -> list[UUID]:
    """Return profiles once each; refuses those of other accounts and removed ones."""
    _bounded(profile_ids, MAX_PROFILES, path=("profiles",))
    known = await repository.active_of_account(tx, "profile", account_id, set(profile_ids))
    for number, profile_id in enumerate(profile_ids):
        if profile_id not in known:
            raise ProfileOfOtherAccount(
                "the account has no such profile; create it first",
                path=("profiles", str(number)),
            )
    return list(dict.fromkeys(profile_ids))


def _bounded(values: Collection[ValueT], maximum: int, *, path: tuple[str, ...]) -> None:
    if len(values) > maximum:
        raise TooMany(f"give at most {maximum}", path=path)
