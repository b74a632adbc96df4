"""Teams and profiles below accounts, and what members have of them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.access import loading
from api.features.access.types import MemberAccess, Profile, Team
from api.features.accounts.types import MEMBER_ID, Account, Member
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from core.access import records
from core.access.tables import ProfileRow, TeamRow
from core.tenancy import Capability

_TEAMS: Final = Listing(table=TeamRow, record=records.Team, show=Team.of)
_PROFILES: Final = Listing(table=ProfileRow, record=records.Profile, show=Profile.of)
_TEAMS_BY_ID: Final = Sort("team.id", key(col(TeamRow.id), UUID))
_PROFILES_BY_ID: Final = Sort("profile.id", key(col(ProfileRow.id), UUID))
_team_pages = pages_below(_TEAMS, parent=col(TeamRow.account_id), sort=_TEAMS_BY_ID)
_profile_pages = pages_below(_PROFILES, parent=col(ProfileRow.account_id), sort=_PROFILES_BY_ID)


@strawberry.type(description="The people of an account, in groups and by what they may open.")
class AccountPeople:
    """Added to `Account`."""

    @strawberry.field(description="Its teams in the order they were created, removed ones too.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    @paged
    async def teams(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[Team]:
        """Return a page of teams."""
        return await _team_pages.page(info, parent=root.key, asked=asked)

    @strawberry.field(
        description="Its profiles in the order they were created, removed ones too."
    )
    @requires(Capability.ACCOUNT_READ)
    @paged
    async def profiles(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[Profile]:
        """Return a page of profiles."""
        return await _profile_pages.page(info, parent=root.key, asked=asked)


@strawberry.type(description="What a member has, and may open.")
class MemberRights:
    """Added to `Member`."""

    @strawberry.field(description="The profiles that the member has; at most 50.")
    @requires(Capability.ACCOUNT_READ)
    async def profiles(self, info: Info, root: strawberry.Parent[Member]) -> list[Profile]:
        """Load the profiles."""
        loaders = info.context.loaders
        keys = await loaders.of(loading.load_member_profiles).load(_key(root))
        found = await loaders.of(loading.load_profiles).load_many(keys)
        return [Profile.of(one) for one in found if one is not None]

    @strawberry.field(description="The teams that the member is in.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def teams(self, info: Info, root: strawberry.Parent[Member]) -> list[Team]:
        """Load the teams."""
        loaders = info.context.loaders
        keys = await loaders.of(loading.load_member_teams).load(_key(root))
        found = await loaders.of(loading.load_teams).load_many(keys)
        return [Team.of(one) for one in found if one is not None]

    @strawberry.field(
        description="What the member may open now, one entry for each right and profile; "
        "without any the member is a collaborator, whom nothing counts."
    )
    @requires(Capability.ACCOUNT_READ)
    async def access(self, info: Info, root: strawberry.Parent[Member]) -> list[MemberAccess]:
        """Load the access."""
        found = await info.context.loaders.of(loading.load_access).load(_key(root))
        return [
            MemberAccess(
                product_key=one.product_id,
                company_key=one.company_id,
                profile_key=one.profile_id,
                since=one.from_at,
            )
            for one in found
        ]


def _key(member: Member) -> UUID:
    return MEMBER_ID.parse(member.id, path=("id",))
