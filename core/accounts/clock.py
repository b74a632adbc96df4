"""What time it is for an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from core.accounts.records import Account
from core.db import Tx


def account_now(tx: Tx, account: Account) -> datetime:
    """Return the account's test clock, or the transaction's instant when it has none."""
    return account.test_clock if account.test_clock is not None else tx.now


async def now_of_account(tx: Tx, account_id: UUID) -> datetime:
    """Return what time it is for an account: its test clock, or the transaction's instant."""
    clock = await tx.fetchval(
        "SELECT test_clock FROM account WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        account_id,
    )
    return clock or tx.now
