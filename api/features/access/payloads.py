"""Inputs and payloads of teams, profiles and access."""

from __future__ import annotations

import strawberry

from api.features.access.types import Profile, Team
from api.features.accounts.types import Member
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.access.refusals import NotAModule, ProfileNameTaken, TeamNameTaken, TooMany
from core.contact_details import InvalidText


@strawberry.input(description="A right of a profile.")
class AccessRightInput:
    """A module, in one company or in all."""

    module: strawberry.ID = strawberry.field(
        description="The module or suite, by id or code of the product."
    )
    company: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The attached company, by id; in all of them if left out.",
    )


@strawberry.input(description="A profile to be.")
class ProfileCreateInput(IdempotentInput):
    """A named set of rights."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    name: str = strawberry.field(description="Its name, unique in the account.")
    rights: list[AccessRightInput] = strawberry.field(description="What it opens; at most 500.")


@strawberry.type(description="The new profile, or why there is none.")
class ProfileCreatePayload:
    """What profileCreate did."""

    profile: Profile | None = strawberry.field(description="The profile.", default=None)
    user_errors: list[UserError] = user_errors(
        "ProfileCreate",
        ProfileNameTaken,
        NotAModule,
        TooMany,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="What changes of a profile; what is left out stays.")
class ProfileUpdateInput(IdempotentInput):
    """Changes of a profile."""

    profile: strawberry.ID = strawberry.field(description="The profile, by id.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its new name; null leaves it."
    )
    rights: list[AccessRightInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="All that it opens from now on; null leaves the rights.",
    )


@strawberry.type(description="The changed profile, or why nothing changed.")
class ProfileUpdatePayload:
    """What profileUpdate did."""

    profile: Profile | None = strawberry.field(description="The profile.", default=None)
    user_errors: list[UserError] = user_errors(
        "ProfileUpdate",
        ProfileNameTaken,
        NotAModule,
        TooMany,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Which profile is given no more.")
class ProfileRemoveInput(IdempotentInput):
    """A profile."""

    profile: strawberry.ID = strawberry.field(description="The profile, by id.")


@strawberry.type(description="The removed profile, or why nothing changed.")
class ProfileRemovePayload:
    """What profileRemove did."""

    profile: Profile | None = strawberry.field(description="The profile.", default=None)
    user_errors: list[UserError] = user_errors("ProfileRemove", *NAME_REFUSALS, *KEY_REFUSALS)


@strawberry.input(description="The profiles that a member is to have.")
class MemberProfileSetInput(IdempotentInput):
    """A member and all of the member's profiles."""

    member: strawberry.ID = strawberry.field(description="The member, by id.")
    profiles: list[strawberry.ID] = strawberry.field(
        description="All profiles by id; an empty list takes every right away. At most 50."
    )


@strawberry.type(description="The member with these profiles, or why nothing changed.")
class MemberProfileSetPayload:
    """What memberProfileSet did."""

    member: Member | None = strawberry.field(description="The member.", default=None)
    user_errors: list[UserError] = user_errors(
        "MemberProfileSet", TooMany, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="A team to be.")
class TeamCreateInput(IdempotentInput):
    """A named group of members."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    name: str = strawberry.field(description="Its name, unique in the account.")
    members: list[strawberry.ID] = strawberry.field(
        description="Who is in it, by id; at most 1,000."
    )


@strawberry.type(description="The new team, or why there is none.")
class TeamCreatePayload:
    """What teamCreate did."""

    team: Team | None = strawberry.field(description="The team.", default=None)
    user_errors: list[UserError] = user_errors(
        "TeamCreate", TeamNameTaken, TooMany, InvalidText, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="What changes of a team; what is left out stays.")
class TeamUpdateInput(IdempotentInput):
    """Changes of a team."""

    team: strawberry.ID = strawberry.field(description="The team, by id.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its new name; null leaves it."
    )
    members: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET,
        description="All who are in it from now on, by id; null leaves them.",
    )


@strawberry.type(description="The changed team, or why nothing changed.")
class TeamUpdatePayload:
    """What teamUpdate did."""

    team: Team | None = strawberry.field(description="The team.", default=None)
    user_errors: list[UserError] = user_errors(
        "TeamUpdate", TeamNameTaken, TooMany, InvalidText, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="Which team is no more.")
class TeamRemoveInput(IdempotentInput):
    """A team."""

    team: strawberry.ID = strawberry.field(description="The team, by id.")


@strawberry.type(description="The removed team, or why nothing changed.")
class TeamRemovePayload:
    """What teamRemove did."""

    team: Team | None = strawberry.field(description="The team.", default=None)
    user_errors: list[UserError] = user_errors("TeamRemove", *NAME_REFUSALS, *KEY_REFUSALS)
