"""Customers' tokens as the schema shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from api.access import requires, requires_a_key
from api.context import ApiContext, Info
from api.features.accounts.loading import load_accounts, load_members
from api.features.accounts.types import ACCOUNT_ID, Account, Member
from api.features.tenancy.actors import Actor
from api.features.tenancy.types import Viewer
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from api.pages import records_by_key
from core.tenancy import Capability, records
from core.tenancy.tables import CustomerTokenRow

CUSTOMER_TOKEN_ID: Final = IdKind(prefix="ctoken", type_name="CustomerToken")


@strawberry.type(
    description="A short-lived token that lets a customer in, to one account; its secret is "
    "not kept. It is forgotten a week after its end."
)
class CustomerToken(Node):
    """A token, without its secret."""

    prefix: str = strawberry.field(description="What the token begins with.")
    scopes: list[str] = strawberry.field(description="What its holder may do at most.")
    issued_by: Actor = strawberry.field(description="Who issued it.")
    created_at: datetime = strawberry.field(description="When it was issued.")
    expires_at: datetime = strawberry.field(description="When it ends by itself.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked.")
    account_key: strawberry.Private[UUID]
    member_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.CustomerToken) -> CustomerToken:
        """Show a record."""
        return cls(
            id=CUSTOMER_TOKEN_ID.encode(record.id),
            prefix=record.prefix,
            scopes=list(record.scopes),
            issued_by=Actor.of(record.issued_by),
            created_at=record.created_at,
            expires_at=record.expires_at,
            revoked_at=record.revoked_at,
            account_key=record.account_id,
            member_key=record.member_id,
        )

    @strawberry.field(description="The account that it lets in to.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)

    @strawberry.field(description="The member whose it is; null: the account's itself.")
    @requires(Capability.ACCOUNT_READ)
    async def member(self, info: Info) -> Member | None:
        """Load the member."""
        return await linked(info, load_members, key=self.member_key, show=Member.of)


@strawberry.type(description="Which customer asks.")
class ViewerIsCustomer:
    """Added to `Viewer`."""

    @strawberry.field(
        description="The id of the account of the customer whose token it is, whatever the "
        "token may do; null for everybody else."
    )
    @requires_a_key(customers=True)
    async def account_id(self, info: Info, root: strawberry.Parent[Viewer]) -> ID | None:
        """Return what the token is for."""
        key = info.context.principal.account_id
        return None if key is None else ACCOUNT_ID.encode(key)

    @strawberry.field(
        description="The name of the account of the customer whose token it is, whatever the "
        "token may do; null for everybody else."
    )
    @requires_a_key(customers=True)
    async def account_name(self, info: Info, root: strawberry.Parent[Viewer]) -> str | None:
        """Load the account's name: a portal that shows invoices alone greets its customer."""
        key = info.context.principal.account_id
        found = None if key is None else await info.context.loaders.of(load_accounts).load(key)
        return None if found is None else found.name

    @strawberry.field(
        description="The account of the customer whose token it is; null for everybody else, "
        "and for a token without account.read."
    )
    @requires_a_key(customers=True)
    async def account(self, info: Info, root: strawberry.Parent[Viewer]) -> Account | None:
        """Load the account; a token without account.read reads none of it."""
        principal = info.context.principal
        if not principal.may(Capability.ACCOUNT_READ):
            return None
        return await linked(info, load_accounts, key=principal.account_id, show=Account.of)

    @strawberry.field(description="The member whose token it is; null for everybody else.")
    @requires_a_key(customers=True)
    async def member(self, info: Info, root: strawberry.Parent[Viewer]) -> Member | None:
        """Load the member."""
        principal = info.context.principal
        if not principal.may(Capability.ACCOUNT_READ):
            return None
        return await linked(info, load_members, key=principal.member_id, show=Member.of)


async def load_tokens(
    context: ApiContext, keys: list[UUID]
) -> Sequence[records.CustomerToken | None]:
    """Load tokens by key."""
    return await records_by_key(context, CustomerTokenRow, records.CustomerToken, keys)
