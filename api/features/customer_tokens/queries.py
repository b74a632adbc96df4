"""Which tokens customers hold."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.customer_tokens.types import CustomerToken
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from api.references import given, key_expression
from core.accounts.tables import AccountRow
from core.tenancy import Capability, records
from core.tenancy.tables import CustomerTokenRow

_TOKENS: Final = Listing(
    table=CustomerTokenRow, record=records.CustomerToken, show=CustomerToken.of
)
_LATEST: Final = Sort(
    "customerToken.latest", key(col(CustomerTokenRow.id), UUID, descending=True)
)


@strawberry.type(description="Reads of customers' tokens.")
class CustomerTokensQuery:
    """Reads of tokens."""

    @strawberry.field(
        description="Customers' tokens, the latest first, until a week after their end."
    )
    @requires(Capability.CUSTOMER_TOKEN_ISSUE)
    @paged
    async def customer_tokens(
        self,
        info: Info,
        *,
        account: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only those of this account, by id or ref."),
        ] = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[CustomerToken] | None:
        """Return a page of tokens."""
        wanted = given(account)
        where = []
        if wanted is not None:
            tenant_id = info.context.tenant_id
            of = key_expression(
                ACCOUNT_ID, wanted, table=AccountRow, tenant_id=tenant_id, path=("account",)
            )
            where = [col(CustomerTokenRow.account_id) == of]
        page = asked.in_order(_LATEST)
        return await page_of(info, _TOKENS, sort=_LATEST, page=page, where=where)
