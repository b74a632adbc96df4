"""End tokens of customers; who remembers one lets it in for at most half a minute more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from core import audit
from core.accounts.token_holder import token_holder
from core.db import Tx
from core.kernel.errors import Refusal
from core.tenancy import customer_tokens
from core.tenancy.records import CustomerToken


class CustomerTokenNotFound(Refusal):
    """No token of this tenant has this id, or it was forgotten a week after its end."""

    code: ClassVar[str] = "CUSTOMER_TOKEN_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class RevokeCustomerTokens:
    """Whose: all tokens of an account, or those of one of its members."""

    account_id: UUID
    member_id: UUID | None = None


async def revoke_customer_token(tx: Tx, token_id: UUID) -> CustomerToken:
    """Revoke a token; doing it twice is no error and keeps the first instant."""
    token = await customer_tokens.lock_token(tx, token_id)
    if token is None:
        raise CustomerTokenNotFound("there is no such token; check its id", path=("token",))
    if token.revoked_at is not None:
        return token
    await customer_tokens.end_token(tx, token.id)
    await audit.record(
        tx,
        action="customer_token.revoked",
        subject_type="account",
        subject_id=token.account_id,
        details={"prefix": token.prefix},
    )
    return replace(token, revoked_at=tx.now)


async def revoke_customer_tokens(tx: Tx, command: RevokeCustomerTokens) -> int:
    """Revoke every token in force of an account or of a member; return how many.

    Whom nobody knows is refused: "none revoked" would look as if somebody was shut out.
    """
    await token_holder(tx, command.account_id, member_id=command.member_id)
    ended = await customer_tokens.end_tokens(
        tx, command.account_id, member_id=command.member_id
    )
    if ended:
        await audit.record(
            tx,
            action="customer_token.all_revoked",
            subject_type="account",
            subject_id=command.account_id,
            details={"tokens": ended, "member": command.member_id},
        )
    return ended
