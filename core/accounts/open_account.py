"""An account that a command names; a closed one takes nothing new."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from core.accounts import repository
from core.accounts.records import Account
from core.accounts.update_account import AccountNotFound
from core.db import Tx
from core.kernel.errors import Refusal


class AccountClosed(Refusal):
    """A closed account takes nothing new, and lets nobody in."""

    code: ClassVar[str] = "ACCOUNT_CLOSED"


async def named_account(tx: Tx, name: UUID | str) -> Account:
    """Return an account by id or ref, without locking it.

    Raises:
        AccountNotFound
    """
    if isinstance(name, UUID):
        account = await repository.account(tx, name)
    else:
        account = await repository.account_by_ref(tx, name)
    if account is None:
        raise AccountNotFound(
            "there is no such account; check its id or ref", path=("account",)
        )
    return account


async def open_account(tx: Tx, name: UUID | str) -> Account:
    """Return an account by id or ref that is not closed, without locking it.

    Raises:
        AccountNotFound, AccountClosed
    """
    account = await named_account(tx, name)
    if account.state == "closed":
        raise AccountClosed("the account is closed; name another one", path=("account",))
    return account
