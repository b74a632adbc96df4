"""Inputs and payloads of customers' tokens."""

from __future__ import annotations

import strawberry

from api.features.customer_tokens.types import CustomerToken
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.accounts.issue_customer_token import TokenLifeOutOfBounds
from core.accounts.open_account import AccountClosed
from core.tenancy.capabilities import UnknownScope
from core.tenancy.issue_api_key import ScopeBeyondRoles


@strawberry.input(description="A token to be.")
class CustomerTokenIssueInput(IdempotentInput):
    """Whose, for what, and for how long."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    member: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="A member of it, by id: the token brings no more than their role does.",
    )
    scopes: list[str] | None = strawberry.field(
        default=strawberry.UNSET,
        description="What its holder may do, at most what you may: account.read, "
        "subscription.read, usage.read, invoice.read, subscription.write, entitlement.write. "
        "All of these that you have, where left out.",
    )
    expires_in_seconds: int = strawberry.field(
        default=3600, description="For how long it is in force: 60 to 86400."
    )


@strawberry.type(description="The new token with its text, or why there is none.")
class CustomerTokenIssuePayload:
    """What customerTokenIssue did."""

    token: CustomerToken | None = strawberry.field(description="The token.", default=None)
    text: str | None = strawberry.field(
        description="What the customer sends as `Authorization: Bearer …`; shown this once.",
        default=None,
    )
    user_errors: list[UserError] = user_errors(
        "CustomerTokenIssue",
        TokenLifeOutOfBounds,
        UnknownScope,
        ScopeBeyondRoles,
        AccountClosed,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Which token ends.")
class CustomerTokenRevokeInput:
    """A token."""

    token: strawberry.ID = strawberry.field(description="The token, by id.")


@strawberry.type(description="The revoked token, or why nothing changed.")
class CustomerTokenRevokePayload:
    """What customerTokenRevoke did."""

    token: CustomerToken | None = strawberry.field(description="The token.", default=None)
    user_errors: list[UserError] = user_errors("CustomerTokenRevoke", *NAME_REFUSALS)


@strawberry.input(description="Whose tokens end.")
class CustomerTokensRevokeInput:
    """All of an account, or of one of its members."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    member: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Only those of this member, by id."
    )


@strawberry.type(description="How many tokens ended, or why none did.")
class CustomerTokensRevokePayload:
    """What customerTokensRevoke did."""

    revoked: int = strawberry.field(
        description="How many that were in force are revoked.", default=0
    )
    user_errors: list[UserError] = user_errors("CustomerTokensRevoke", *NAME_REFUSALS)
