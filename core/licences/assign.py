"""Give a licence to a member, or to every member of a team: all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.accounts.remove_member import MemberNotFound
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.licences import repository
from core.licences.records import LicenceAssignment, Seats
from core.licences.seats import locked_seats
from core.subscriptions.trace import leave_trace


class NoSeatLeft(Refusal):
    """Fewer seats are free than are to be assigned."""

    code: ClassVar[str] = "NO_SEAT_LEFT"


class LicenceTeamNotFound(Refusal):
    """The account has no such team."""

    code: ClassVar[str] = "LICENCE_TEAM_NOT_FOUND"


class MemberOrTeam(Refusal):
    """A licence is given to a member or to a team: to one of them."""

    code: ClassVar[str] = "MEMBER_OR_TEAM"


@dataclass(frozen=True, slots=True)
class AssignLicence:
    """A licence item, and to whom: a member, or each member of a team."""

    item_id: UUID
    member_id: UUID | None = None
    team_id: UUID | None = None


async def assign_licence(tx: Tx, command: AssignLicence) -> list[LicenceAssignment]:
    """Assign seats, acting at once; return what each holds then.

    Who holds a seat of the item keeps it: asking twice is no error and takes no second one.
    A team needs as many free seats as it has members without one, or nobody gets any. Who
    joins the team later holds nothing by that.

    Raises:
        MemberOrTeam, ItemNotFound, NoLicence, MemberNotFound, LicenceTeamNotFound
        NoSeatLeft: nothing is assigned.
    """
    if (command.member_id is None) == (command.team_id is None):
        raise MemberOrTeam("give either a member or a team", path=("member",))
    found = await repository.item(tx, command.item_id)
    wanted = [] if found is None else await _wanted(tx, command, account_id=found.account_id)
    seats = await locked_seats(tx, command.item_id)
    lacking = [each for each in wanted if seats.holder(each) is None]
    if len(lacking) > seats.free:
        raise NoSeatLeft(
            f"{len(lacking)} seats of {seats.product} are needed, {seats.free} of"
            f" {seats.seats} are free; buy more, or release some",
            path=("item",),
        )
    made = [_assignment(tx, seats, member_id) for member_id in lacking]
    for each in made:
        await repository.add_assignment(tx, each)
    if made:
        await repository.recount(tx, seats.item_id)
        await _trace(tx, seats, made)
    held = {each.member_id: each for each in (*seats.held, *made)}
    return [held[each] for each in wanted]


async def _wanted(tx: Tx, command: AssignLicence, *, account_id: UUID) -> Sequence[UUID]:
    """Return the members to be given a seat, locked so that none is removed meanwhile."""
    if command.team_id is not None:
        members = await repository.team_members(tx, account_id, command.team_id)
        if members is None:
            raise LicenceTeamNotFound(
                "the account has no such team; check its id", path=("team",)
            )
        return await repository.lock_members(tx, account_id, members)
    assert command.member_id is not None  # one of the two is given
    locked = await repository.lock_members(tx, account_id, [command.member_id])
    if not locked:
        raise MemberNotFound("the account has no such member; check its id", path=("memberId",))
    return locked


def _assignment(tx: Tx, seats: Seats, member_id: UUID) -> LicenceAssignment:
    return LicenceAssignment(
        id=new_id(), account_id=seats.account_id, subscription_id=seats.subscription_id,
        item_id=seats.item_id, member_id=member_id, from_at=seats.at, until_at=None,
        assigned_by=tx.actor, released_by=None, created_at=tx.now,
    )  # fmt: skip


async def _trace(tx: Tx, seats: Seats, made: Sequence[LicenceAssignment]) -> None:
    await leave_trace(
        tx,
        action="licence.assigned",
        subscription_id=seats.subscription_id,
        account_id=seats.account_id,
        details={
            "item": seats.item_id,
            "product": seats.product,
            "members": [each.member_id for each in made],
            "free": seats.free - len(made),
        },
    )
