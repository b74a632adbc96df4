"""Take a user off an account; what they did stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from core.accounts import history, repository
from core.accounts.add_member import HOLDERS
from core.accounts.records import Member
from core.accounts.update_account import require_account
from core.db import Tx
from core.kernel.errors import Refusal


class MemberNotFound(Refusal):
    """No member of this tenant has this id."""

    code: ClassVar[str] = "MEMBER_NOT_FOUND"


class LastHolderStays(Refusal):
    """The account's only owner or administrator would leave others behind."""

    code: ClassVar[str] = "LAST_HOLDER_STAYS"


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Whom."""

    member_id: UUID


async def remove_member(tx: Tx, command: RemoveMember) -> Member:
    """Remove a member; doing it twice is no error and writes nothing."""
    found = await repository.member(tx, command.member_id)
    if found is None:
        raise MemberNotFound("there is no such member; check its id", path=("memberId",))
    await require_account(tx, found.account_id)
    member = await repository.member(
        tx, command.member_id
    )  # as it is now that we hold the lock
    assert member is not None
    if member.state == "removed":
        return member
    present = await repository.member_roles(tx, member.account_id)
    holders = sum(present.get(role, 0) for role in HOLDERS)
    if member.role in HOLDERS and holders == 1 and sum(present.values()) > 1:
        raise LastHolderStays(
            "add another owner or administrator, or remove the others first", path=("memberId",)
        )
    await repository.set_member_state(tx, member.id, state="removed")
    await history.append(
        tx,
        account_id=member.account_id,
        action="member.removed",
        subject_type="member",
        subject_id=member.id,
    )
    return replace(member, state="removed")
