"""Issuing and revoking customers' tokens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import account_key
from api.features.accounts.types import MEMBER_ID
from api.features.customer_tokens.payloads import (
    CustomerTokenIssueInput,
    CustomerTokenIssuePayload,
    CustomerTokenRevokeInput,
    CustomerTokenRevokePayload,
    CustomerTokensRevokeInput,
    CustomerTokensRevokePayload,
)
from api.features.customer_tokens.types import CUSTOMER_TOKEN_ID, CustomerToken
from api.graphql.errors import answers_refusals
from api.mutations import StoredAnswer, by_id, run
from api.references import given
from core.accounts.issue_customer_token import (
    IssueCustomerToken,
    issue_customer_token,
)
from core.accounts.revoke_customer_token import (
    RevokeCustomerTokens,
    revoke_customer_token,
    revoke_customer_tokens,
)
from core.db import Tx
from core.tenancy import Capability, customer_tokens, records
from core.tenancy.records import IssuedCustomerToken

_TOKEN: Final = by_id(customer_tokens.token)


@strawberry.type(description="Changes of customers' tokens.")
class CustomerTokensMutation:
    """Changes of tokens."""

    @strawberry.mutation(
        description="Issues a short-lived token that lets a customer in, to one account; its "
        "text is shown this once and not stored. It ends with the key or the staff member "
        "that issued it, with the member's removal and with the account's closing."
    )
    @requires(Capability.CUSTOMER_TOKEN_ISSUE)
    @answers_refusals(CustomerTokenIssuePayload)
    async def customer_token_issue(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            CustomerTokenIssueInput, strawberry.argument(description="The token to be.")
        ],
    ) -> CustomerTokenIssuePayload:
        """Issue a token; scopes beyond the caller's own are forbidden."""

        async def verb(tx: Tx) -> IssuedCustomerToken:
            scopes = given(input.scopes)
            command = IssueCustomerToken(
                account_id=await account_key(tx, input.account),
                member_id=_member(input.member),
                scopes=None if scopes is None else tuple(scopes),
                life=timedelta(seconds=input.expires_in_seconds),
            )
            return await issue_customer_token(
                tx,
                command,
                issuer=info.context.principal,
                pepper=info.context.application.pepper,
            )

        issued = await run(
            info, operation="customerTokenIssue", given=input, verb=verb, answer=_ISSUED
        )
        token = CustomerToken.of(issued.token)
        return CustomerTokenIssuePayload(token=token, text=issued.text or None)

    @strawberry.mutation(
        description="Ends a customer's token; it is refused within half a minute."
    )
    @requires(Capability.CUSTOMER_TOKEN_ISSUE)
    @answers_refusals(CustomerTokenRevokePayload)
    async def customer_token_revoke(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            CustomerTokenRevokeInput, strawberry.argument(description="Which.")
        ],
    ) -> CustomerTokenRevokePayload:
        """Revoke a token."""

        async def verb(tx: Tx) -> records.CustomerToken:
            token_id = CUSTOMER_TOKEN_ID.parse(input.token, path=("token",))
            return await revoke_customer_token(tx, token_id)

        changed = await run(
            info, operation="customerTokenRevoke", given=input, verb=verb, answer=_TOKEN
        )
        return CustomerTokenRevokePayload(token=CustomerToken.of(changed))

    @strawberry.mutation(
        description="Ends all tokens in force of an account, or of one of its members; they "
        "are refused within half a minute."
    )
    @requires(Capability.CUSTOMER_TOKEN_ISSUE)
    @answers_refusals(CustomerTokensRevokePayload)
    async def customer_tokens_revoke(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            CustomerTokensRevokeInput, strawberry.argument(description="Whose.")
        ],
    ) -> CustomerTokensRevokePayload:
        """Revoke all tokens of somebody."""

        async def verb(tx: Tx) -> int:
            account_id = await account_key(tx, input.account)
            whose = RevokeCustomerTokens(account_id, _member(input.member))
            return await revoke_customer_tokens(tx, whose)

        ended = await run(
            info, operation="customerTokensRevoke", given=input, verb=verb, answer=_COUNT
        )
        return CustomerTokensRevokePayload(revoked=ended)


async def _recall_issued(tx: Tx, kept: Mapping[str, Any]) -> IssuedCustomerToken:
    """Return a token that was issued before; its text is known to nobody but its holder."""
    return IssuedCustomerToken(await _TOKEN.recall(tx, kept), text="")


async def _recall_count(_tx: Tx, kept: Mapping[str, Any]) -> int:
    return int(kept["ended"])


_ISSUED: Final[StoredAnswer[IssuedCustomerToken]] = StoredAnswer(
    keep=lambda issued: {"id": str(issued.token.id)}, recall=_recall_issued
)
_COUNT: Final[StoredAnswer[int]] = StoredAnswer(
    keep=lambda ended: {"ended": ended}, recall=_recall_count
)


def _member(text: str | None) -> UUID | None:
    wanted = given(text)
    return None if wanted is None else MEMBER_ID.parse(wanted, path=("member",))
