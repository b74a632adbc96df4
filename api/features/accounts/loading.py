"""What reads many accounts, members and companies at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from api.pages import records_by_key
from core.accounts.records import Account, Company, Member
from core.accounts.tables import AccountRow, CompanyRow, MemberRow


async def load_accounts(context: ApiContext, keys: list[UUID]) -> Sequence[Account | None]:
    """Load accounts by key."""
    return await records_by_key(context, AccountRow, Account, keys)


async def load_members(context: ApiContext, keys: list[UUID]) -> Sequence[Member | None]:
    """Load members by key."""
    return await records_by_key(context, MemberRow, Member, keys)


async def load_companies(context: ApiContext, keys: list[UUID]) -> Sequence[Company | None]:
    """Load companies by key."""
    return await records_by_key(context, CompanyRow, Company, keys)
