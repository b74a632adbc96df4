"""Reading accounts: one, by id or ref, and lists of them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.by_name import ById, ByRef, record_named
from api.context import Info
from api.features.accounts.lists import ACCOUNTS, SORTS, AccountOrder, AccountWhere, conditions
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import ACCOUNT_ID, Account
from api.graphql.connection import Connection
from api.page_arguments import PageArguments, paged
from api.pages import page_of
from core.accounts import repository
from core.tenancy import Capability


@strawberry.type(description="Reads of customers.")
class AccountsQuery:
    """Reads of accounts."""

    @strawberry.field(description="An account by its id or by your own reference, or null.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def account(
        self,
        info: Info,
        *,
        id: ById = strawberry.UNSET,  # noqa: A002 - Relay's name
        ref: ByRef = strawberry.UNSET,
    ) -> Account | None:
        """Return an account."""
        found = await record_named(
            info, id, ref, kind=ACCOUNT_ID, load=load_accounts, read=repository.account_by_ref
        )
        return None if found is None else Account.of(found)

    @strawberry.field(description="The seller's accounts.")
    @requires(Capability.ACCOUNT_READ)
    @paged
    async def accounts(
        self,
        info: Info,
        *,
        where: Annotated[
            AccountWhere | None, strawberry.argument(description="Which of them.")
        ] = strawberry.UNSET,
        order_by: Annotated[
            AccountOrder, strawberry.argument(description="In which order.")
        ] = AccountOrder.CREATED,
        asked: PageArguments,
    ) -> Connection[Account] | None:
        """Return a page of accounts."""
        sort = SORTS[order_by]
        page = asked.in_order(sort)
        return await page_of(info, ACCOUNTS, sort=sort, page=page, where=conditions(where))
