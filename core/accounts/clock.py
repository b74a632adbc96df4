"""What time it is for an account."""

from __future__ import annotations

from datetime import datetime

from core.accounts.records import Account
from core.db import Tx


def account_now(tx: Tx, account: Account) -> datetime:
    """Return the account's test clock, or the transaction's instant when it has none."""
    return account.test_clock if account.test_clock is not None else tx.now
