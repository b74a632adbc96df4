"""licenceAssign and licenceRelease."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.access.types import TEAM_ID
from api.features.accounts.types import MEMBER_ID
from api.features.changes.items import item_named
from api.features.licences.types import ASSIGNMENT_ID, LicenceAssignment
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import IdempotentInput
from api.mutations import StoredAnswer, by_id, run
from api.references import given
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.db import Tx
from core.licences import records, repository
from core.licences.assign import AssignLicence, MemberOrTeam, NoSeatLeft, assign_licence
from core.licences.release import release_licence
from core.licences.seats import NoLicence
from core.tenancy import Capability


@strawberry.input(description="A licence item, and who gets a seat of it: a member or a team.")
class LicenceAssignInput(IdempotentInput):
    """To whom."""

    item: strawberry.ID = strawberry.field(
        description="The licence item, by id, or by its product's code where `subscription` is "
        "given."
    )
    subscription: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The subscription that has it, by id or ref."
    )
    member: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The member, by id."
    )
    team: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="A team, by id: each of its members gets a seat, or nobody does.",
    )


@strawberry.type(description="The seats that were given, or why none was.")
class LicenceAssignPayload:
    """What licenceAssign did."""

    assignment: LicenceAssignment | None = strawberry.field(
        description="What the member holds; the first of a team.", default=None
    )
    assignments: list[LicenceAssignment] = strawberry.field(
        description="What each holds, those who held a seat before too.", default_factory=list
    )
    user_errors: list[UserError] = user_errors(
        "LicenceAssign", NoSeatLeft, NoLicence, MemberOrTeam, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="Which seat is taken back.")
class LicenceReleaseInput:
    """An assignment."""

    assignment: strawberry.ID = strawberry.field(description="By id.")


@strawberry.type(description="The ended assignment, or why nothing changed.")
class LicenceReleasePayload:
    """What licenceRelease did."""

    assignment: LicenceAssignment | None = strawberry.field(
        description="The assignment; one that had ended stays as it was.", default=None
    )
    user_errors: list[UserError] = user_errors("LicenceRelease", *NAME_REFUSALS)


@strawberry.type(description="Changes of who holds licences.")
class LicencesMutation:
    """Changes of assignments."""

    @strawberry.mutation(
        description="Gives a seat of a licence to a member, or one to each member of a team: "
        "all or none. It acts at once. Who holds one keeps it and takes no second."
    )
    @requires(Capability.ENTITLEMENT_WRITE, customers=True)
    @answers_refusals(LicenceAssignPayload)
    async def licence_assign(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            LicenceAssignInput, strawberry.argument(description="What, and to whom.")
        ],
    ) -> LicenceAssignPayload:
        """Assign seats."""

        async def verb(tx: Tx) -> list[records.LicenceAssignment]:
            member, team = given(input.member), given(input.team)
            item_id, _owner = await item_named(tx, input.item, subscription=input.subscription)
            command = AssignLicence(
                item_id=item_id,
                member_id=None if member is None else MEMBER_ID.parse(member, path=("member",)),
                team_id=None if team is None else TEAM_ID.parse(team, path=("team",)),
            )
            return await assign_licence(tx, command)

        made = await run(
            info, operation="licenceAssign", given=input, verb=verb, answer=_ASSIGNED
        )
        shown = [LicenceAssignment.of(each) for each in made]
        return LicenceAssignPayload(assignment=shown[0] if shown else None, assignments=shown)

    @strawberry.mutation(
        description="Takes a seat back at once. It is free for another member and stays bought."
    )
    @requires(Capability.ENTITLEMENT_WRITE, customers=True)
    @answers_refusals(LicenceReleasePayload)
    async def licence_release(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            LicenceReleaseInput, strawberry.argument(description="Which.")
        ],
    ) -> LicenceReleasePayload:
        """Release a seat."""

        async def verb(tx: Tx) -> records.LicenceAssignment:
            key = ASSIGNMENT_ID.parse(input.assignment, path=("assignment",))
            return await release_licence(tx, key)

        released = await run(
            info, operation="licenceRelease", given=input, verb=verb, answer=_ASSIGNMENT
        )
        return LicenceReleasePayload(assignment=LicenceAssignment.of(released))


def _kept(made: list[records.LicenceAssignment]) -> Mapping[str, Any]:
    return {"ids": [str(each.id) for each in made]}


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> list[records.LicenceAssignment]:
    found = [await repository.assignment(tx, UUID(key)) for key in kept["ids"]]
    return [each for each in found if each is not None]


_ASSIGNED: Final = StoredAnswer(keep=_kept, recall=_recalled)
_ASSIGNMENT: Final = by_id(repository.assignment)
