"""Whose a customer's token is: an account, or an active member of it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from core.accounts.remove_member import MemberNotFound
from core.accounts.update_account import AccountNotFound
from core.db import Tx
from core.tenancy import customer_tokens


class TokenHolder(NamedTuple):
    """The state of the account, and the role of the member if it is one's."""

    account_state: str
    role: str | None


async def token_holder(tx: Tx, account_id: UUID, *, member_id: UUID | None) -> TokenHolder:
    """Return who holds, or is to hold, a token.

    Raises:
        AccountNotFound: there is no such account.
        MemberNotFound: the account has no such member, or they were removed.
    """
    found = await customer_tokens.holder(tx, account_id, member_id=member_id)
    if found is None:
        raise AccountNotFound("there is no such account; check it", path=("accountId",))
    holder = TokenHolder(*found)
    if member_id is not None and holder.role is None:
        raise MemberNotFound(
            "the account has no such active member; a removed one is out already",
            path=("memberId",),
        )
    return holder
