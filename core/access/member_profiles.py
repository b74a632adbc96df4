"""Set the profiles of a member, and with them everything that the member may open.

A member without any right is a collaborator: declared, but counted by nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.access import repository
from core.access.intervals import keep_exact
from core.access.owned import checked_profiles
from core.accounts import history
from core.accounts import repository as accounts
from core.accounts.records import Company, Member
from core.accounts.remove_member import MemberNotFound
from core.accounts.update_account import require_account
from core.db import Tx


@dataclass(frozen=True, slots=True)
class SetMemberProfiles:
    """All profiles that a member is to have; none makes a collaborator."""

    member_id: UUID
    profile_ids: Sequence[UUID]


async def set_member_profiles(tx: Tx, command: SetMemberProfiles) -> Member:
    """Give a member exactly these profiles; the same again changes nothing."""
    member = await _require_member(tx, command.member_id)
    wanted = await checked_profiles(tx, member.account_id, command.profile_ids)
    before = (await repository.profiles_of_members(tx, [member.id]))[member.id]
    if set(wanted) == set(before):
        return member
    await repository.replace_profiles(tx, member.id, wanted)
    await keep_exact(tx, member.account_id)
    named = await repository.profiles_by_ids(tx, wanted)
    await history.append(
        tx,
        account_id=member.account_id,
        action="member.profiles_set",
        subject_type="member",
        subject_id=member.id,
        details={"name": member.name, "profiles": sorted(one.name for one in named.values())},
    )
    return member


async def member_left(tx: Tx, member: Member) -> None:
    """End what a removed member could open, and take the person out of the teams."""
    await repository.replace_profiles(tx, member.id, ())
    await repository.leave_teams(tx, member.id)
    await keep_exact(tx, member.account_id)


async def company_left(tx: Tx, company: Company) -> None:
    """End what members could open in a company that is detached."""
    await keep_exact(tx, company.account_id)


async def _require_member(tx: Tx, member_id: UUID) -> Member:
    found = await accounts.member(tx, member_id)
    if found is not None:
        await require_account(tx, found.account_id)
        found = await accounts.member(tx, member_id)
    if found is None or found.state != "active":
        raise MemberNotFound("there is no such member; check its id", path=("memberId",))
    return found
