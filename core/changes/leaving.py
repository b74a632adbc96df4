"""Members and companies that leave an account, with all that they had through it."""

from __future__ import annotations

from core.access.member_profiles import company_left, member_left
from core.accounts.records import Company, Member
from core.accounts.remove_company import RemoveCompany, remove_company
from core.accounts.remove_member import RemoveMember, remove_member
from core.db import Tx
from core.licences.release import release_all_of


async def member_leaves(tx: Tx, command: RemoveMember) -> Member:
    """Remove a member, and end what the person may open and holds; twice is no error."""
    member = await remove_member(tx, command)
    await member_left(tx, member)
    await release_all_of(tx, account_id=member.account_id, member_id=member.id)
    return member


async def company_leaves(tx: Tx, command: RemoveCompany) -> Company:
    """Detach a company, and end the rights in it; doing it twice is no error."""
    company = await remove_company(tx, command)
    await company_left(tx, company)
    return company
