"""The lists of accounts and below them: their orders, filters and nested pages.

Every order and filter has an index that begins with the tenant.
"""

from __future__ import annotations

from enum import Enum
from typing import Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import (
    Account,
    AccountState,
    Company,
    Member,
)
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from api.references import given
from core.accounts import records
from core.accounts.attributes import name_key
from core.accounts.tables import AccountRow, CompanyRow, MemberRow
from core.tenancy import Capability

ACCOUNTS: Final = Listing(table=AccountRow, record=records.Account, show=Account.of)
_MEMBERS: Final = Listing(table=MemberRow, record=records.Member, show=Member.of)
_COMPANIES: Final = Listing(table=CompanyRow, record=records.Company, show=Company.of)

BY_NAME: Final = Sort(
    "account.name", key(col(AccountRow.name_key), str), key(col(AccountRow.id), UUID)
)
BY_CREATION: Final = Sort("account.id", key(col(AccountRow.id), UUID))
LATEST_FIRST: Final = Sort("account.latest", key(col(AccountRow.id), UUID, descending=True))

_MEMBERS_BY_ID: Final = Sort("member.id", key(col(MemberRow.id), UUID))
_COMPANIES_BY_ID: Final = Sort("company.id", key(col(CompanyRow.id), UUID))

_member_pages = pages_below(_MEMBERS, parent=col(MemberRow.account_id), sort=_MEMBERS_BY_ID)
_company_pages = pages_below(
    _COMPANIES, parent=col(CompanyRow.account_id), sort=_COMPANIES_BY_ID
)

_LAST_CHARACTER: Final = "\U0010ffff"


@strawberry.enum(description="The order of a list of accounts.")
class AccountOrder(Enum):
    """Orders with an index."""

    NAME = strawberry.enum_value("name", description="By name, without case and accents.")
    CREATED = strawberry.enum_value("created", description="The first created first.")
    LATEST = strawberry.enum_value("latest", description="The last created first.")


SORTS: Final = {
    AccountOrder.NAME: BY_NAME,
    AccountOrder.CREATED: BY_CREATION,
    AccountOrder.LATEST: LATEST_FIRST,
}


@strawberry.input(description="Which accounts a list holds; everything given must hold.")
class AccountWhere:
    """Filters on accounts."""

    ref: strawberry.Maybe[str] = strawberry.field(
        description="Only the account with this reference."
    )
    name_starts_with: strawberry.Maybe[str] = strawberry.field(
        description="Only names that begin so, whatever the case and accents."
    )
    state: strawberry.Maybe[AccountState] = strawberry.field(
        description="Only accounts in this state."
    )


def conditions(where: AccountWhere | None) -> list[ColumnElement[bool]]:
    """Return a filter as conditions of SQL."""
    found: list[ColumnElement[bool]] = []
    wanted = given(where)
    if wanted is None:
        return found
    if wanted.ref is not None:
        found.append(col(AccountRow.ref) == wanted.ref.value)
    if wanted.state is not None:
        found.append(col(AccountRow.state) == wanted.state.value.value)
    if wanted.name_starts_with is not None:
        # A range, and not LIKE: under row-level security LIKE cannot use the index.
        start = name_key(wanted.name_starts_with.value)
        folded = col(AccountRow.name_key)
        found += [folded >= start, folded < start + _LAST_CHARACTER]
    return found


@strawberry.type(description="The lists below an account.")
class AccountLists:
    """Fields of `Account` that are read by a page."""

    @strawberry.field(description="Its users, in the order they were added.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    @paged
    async def members(
        self,
        info: Info,
        root: strawberry.Parent[Account],
        *,
        asked: PageArguments,
    ) -> Connection[Member]:
        """Return a page of members, removed ones included."""
        return await _member_pages.page(info, parent=root.key, asked=asked)

    @strawberry.field(description="Its companies, in the order they were added.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    @paged
    async def companies(
        self,
        info: Info,
        root: strawberry.Parent[Account],
        *,
        asked: PageArguments,
    ) -> Connection[Company]:
        """Return a page of companies, removed ones included."""
        return await _company_pages.page(info, parent=root.key, asked=asked)
