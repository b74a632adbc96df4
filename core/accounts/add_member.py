"""Declare a user of an account.

The first member is the account's owner or its administrator, so that there is somebody who
may let the others in. An account has at most one owner and one administrator at a time;
who holds the account alone cannot leave while others remain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core.accounts import history, repository
from core.accounts.records import Member
from core.accounts.update_account import require_account
from core.contact_details import email_address, line_of_text
from core.database_errors import violates
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id

MemberRole = Literal["owner", "administrator", "member"]
HOLDERS: Final = frozenset({"owner", "administrator"})


class FirstMemberHolds(Refusal):
    """The first member is neither owner nor administrator."""

    code: ClassVar[str] = "FIRST_MEMBER_HOLDS"


class MemberRoleTaken(Refusal):
    """The account has an owner, or an administrator, already."""

    code: ClassVar[str] = "MEMBER_ROLE_TAKEN"


class MemberEmailTaken(Refusal):
    """An active member of this account has this address."""

    code: ClassVar[str] = "MEMBER_EMAIL_TAKEN"


@dataclass(frozen=True, slots=True)
class AddMember:
    """A user: owner (buys), administrator (assigns) or member."""

    account_id: UUID
    name: str
    email: str
    role: MemberRole


async def add_member(tx: Tx, command: AddMember) -> Member:
    """Add a member; refuses a second holder of a role that only one has."""
    account = await require_account(tx, command.account_id)
    present = await repository.member_roles(tx, account.id)
    if not present and command.role not in HOLDERS:
        raise FirstMemberHolds("make the first one owner or administrator", path=("role",))
    if command.role in HOLDERS and present.get(command.role):
        raise MemberRoleTaken(f"the account has its {command.role}", path=("role",))
    member = Member(
        id=new_id(),
        account_id=account.id,
        name=line_of_text(command.name, path=("name",)),
        email=email_address(command.email),
        role=command.role,
        state="active",
        created_at=tx.now,
    )
    try:
        await repository.add_member(tx, member)
    except IntegrityError as error:
        if violates(error, "member_email"):
            raise MemberEmailTaken(
                "this address is a member already", path=("email",)
            ) from error
        raise
    await history.append(
        tx,
        account_id=account.id,
        action="member.added",
        subject_type="member",
        subject_id=member.id,
        details={"role": member.role},
    )
    return member
