"""Changing teams, profiles, and who has which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.access.payloads import (
    AccessRightInput,
    MemberProfileSetInput,
    MemberProfileSetPayload,
    ProfileCreateInput,
    ProfileCreatePayload,
    ProfileRemoveInput,
    ProfileRemovePayload,
    ProfileUpdateInput,
    ProfileUpdatePayload,
    TeamCreateInput,
    TeamCreatePayload,
    TeamRemoveInput,
    TeamRemovePayload,
    TeamUpdateInput,
    TeamUpdatePayload,
)
from api.features.access.types import PROFILE_ID, TEAM_ID, Profile, Team
from api.features.accounts.arguments import account_key
from api.features.accounts.types import COMPANY_ID, MEMBER_ID, Member
from api.features.catalogue.types import PRODUCT_ID
from api.graphql.errors import answers_refusals
from api.graphql.ids import IdKind
from api.mutations import by_id, runner
from api.references import given, key_of
from api.refusals import NotFound
from core.access import member_profiles, profiles, records, teams
from core.access.reading import profile_of, team_of
from core.access.records import Right
from core.accounts import repository as accounts
from core.accounts.records import Member as MemberRecord
from core.db import Tx
from core.tenancy import Capability

_profile: Final = runner(by_id(profile_of))
_team: Final = runner(by_id(team_of))
_member: Final = runner(by_id(accounts.member))


@strawberry.type(description="Changes of profiles, and of who has which.")
class ProfilesMutation:
    """Changes of profiles."""

    @strawberry.mutation(description="Creates a profile: a named set of rights on modules.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(ProfileCreatePayload)
    async def profile_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ProfileCreateInput, strawberry.argument(description="The profile to be.")
        ],
    ) -> ProfileCreatePayload:
        """Create a profile."""

        async def verb(tx: Tx) -> records.Profile:
            account_id = await account_key(tx, input.account)
            rights = await _rights(tx, input.rights)
            command = profiles.CreateProfile(account_id, input.name, rights)
            return await profiles.create_profile(tx, command)

        made = await _profile(info, operation="profileCreate", given=input, verb=verb)
        return ProfileCreatePayload(profile=Profile.of(made))

    @strawberry.mutation(
        description="Changes a profile; all who have it may open what it says, at once."
    )
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(ProfileUpdatePayload)
    async def profile_update(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ProfileUpdateInput, strawberry.argument(description="The changes.")
        ],
    ) -> ProfileUpdatePayload:
        """Change a profile."""

        async def verb(tx: Tx) -> records.Profile:
            wanted = given(input.rights)
            command = profiles.UpdateProfile(
                PROFILE_ID.parse(input.profile, path=("profile",)),
                given(input.name),
                None if wanted is None else await _rights(tx, wanted),
            )
            return await profiles.update_profile(tx, command)

        changed = await _profile(info, operation="profileUpdate", given=input, verb=verb)
        return ProfileUpdatePayload(profile=Profile.of(changed))

    @strawberry.mutation(description="Removes a profile; who had it loses its rights.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(ProfileRemovePayload)
    async def profile_remove(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ProfileRemoveInput, strawberry.argument(description="Which.")
        ],
    ) -> ProfileRemovePayload:
        """Remove a profile."""

        async def verb(tx: Tx) -> records.Profile:
            key = PROFILE_ID.parse(input.profile, path=("profile",))
            return await profiles.remove_profile(tx, key)

        removed = await _profile(info, operation="profileRemove", given=input, verb=verb)
        return ProfileRemovePayload(profile=Profile.of(removed))

    @strawberry.mutation(
        description="Sets all profiles of a member. A member's first right on a module makes "
        "a user of it, who may be billed by consumption."
    )
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(MemberProfileSetPayload)
    async def member_profile_set(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            MemberProfileSetInput, strawberry.argument(description="Whom, and which.")
        ],
    ) -> MemberProfileSetPayload:
        """Set a member's profiles."""

        async def verb(tx: Tx) -> MemberRecord:
            command = member_profiles.SetMemberProfiles(
                MEMBER_ID.parse(input.member, path=("member",)),
                _keys(PROFILE_ID, input.profiles, "profiles"),
            )
            return await member_profiles.set_member_profiles(tx, command)

        changed = await _member(info, operation="memberProfileSet", given=input, verb=verb)
        return MemberProfileSetPayload(member=Member.of(changed))


@strawberry.type(description="Changes of teams.")
class TeamsMutation:
    """Changes of teams."""

    @strawberry.mutation(description="Creates a team of members.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(TeamCreatePayload)
    async def team_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TeamCreateInput, strawberry.argument(description="The team to be.")
        ],
    ) -> TeamCreatePayload:
        """Create a team."""

        async def verb(tx: Tx) -> records.Team:
            account_id = await account_key(tx, input.account)
            members = _keys(MEMBER_ID, input.members, "members")
            return await teams.create_team(
                tx, teams.CreateTeam(account_id, input.name, members)
            )

        made = await _team(info, operation="teamCreate", given=input, verb=verb)
        return TeamCreatePayload(team=Team.of(made))

    @strawberry.mutation(description="Changes a team; licences that members hold stay theirs.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(TeamUpdatePayload)
    async def team_update(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TeamUpdateInput, strawberry.argument(description="The changes.")
        ],
    ) -> TeamUpdatePayload:
        """Change a team."""

        async def verb(tx: Tx) -> records.Team:
            wanted = given(input.members)
            command = teams.UpdateTeam(
                TEAM_ID.parse(input.team, path=("team",)),
                given(input.name),
                None if wanted is None else _keys(MEMBER_ID, wanted, "members"),
            )
            return await teams.update_team(tx, command)

        changed = await _team(info, operation="teamUpdate", given=input, verb=verb)
        return TeamUpdatePayload(team=Team.of(changed))

    @strawberry.mutation(description="Removes a team; its members and what they hold stay.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(TeamRemovePayload)
    async def team_remove(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TeamRemoveInput, strawberry.argument(description="Which.")
        ],
    ) -> TeamRemovePayload:
        """Remove a team."""

        async def verb(tx: Tx) -> records.Team:
            return await teams.remove_team(tx, TEAM_ID.parse(input.team, path=("team",)))

        removed = await _team(info, operation="teamRemove", given=input, verb=verb)
        return TeamRemovePayload(team=Team.of(removed))


def _keys(kind: IdKind, texts: Sequence[str], name: str) -> list[UUID]:
    return [kind.parse(text, path=(name, str(place))) for place, text in enumerate(texts)]


async def _rights(tx: Tx, asked: Sequence[AccessRightInput]) -> list[Right]:
    return [await _right(tx, one, ("rights", str(place))) for place, one in enumerate(asked)]


async def _right(tx: Tx, asked: AccessRightInput, path: tuple[str, ...]) -> Right:
    at = (*path, "module")
    module = await key_of(tx, PRODUCT_ID, asked.module, table="product", path=at)
    if module is None:
        raise NotFound(f"there is no product {asked.module!r}; look at the catalogue", path=at)
    company = given(asked.company)
    if company is None:
        return Right(module)
    return Right(module, COMPANY_ID.parse(company, path=(*path, "company")))
