"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import strawberry

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.access.lists import AccountPeople, MemberRights
from api.features.access.loading import load_profiles, load_teams
from api.features.access.mutations import ProfilesMutation, TeamsMutation
from api.features.access.types import PROFILE_ID, TEAM_ID, Profile, Team
from api.features.accounts.types import Account, Member
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


@strawberry.type(description="Changes of teams and profiles.")
class _Mutation(ProfilesMutation, TeamsMutation):
    """Both classes' mutations."""


def contribution(_parts: SchemaParts) -> Feature:
    """Bring teams, profiles and what members may open."""
    return Feature(
        contribution=Contribution(
            name="access",
            mutation=_Mutation,
            extends={Account: AccountPeople, Member: MemberRights},
        ),
        nodes=(
            guarded_source(TEAM_ID, Capability.ACCOUNT_READ, _teams, customers=True),
            guarded_source(PROFILE_ID, Capability.ACCOUNT_READ, _profiles),
        ),
    )


async def _teams(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_teams(context, list(keys))
    return {each.id: Team.of(each) for each in found if each is not None}


async def _profiles(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_profiles(context, list(keys))
    return {each.id: Profile.of(each) for each in found if each is not None}
