"""Whose a subscription is, and what time it is there."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx

_OWNER: Final = """
SELECT s.account_id, a.test_clock FROM subscription s
JOIN account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
WHERE s.tenant_id = $1 AND s.id = $2
"""


class Owner(NamedTuple):
    """The account of a subscription, with its own clock if it has one."""

    account_id: UUID
    test_clock: datetime | None

    def now(self, tx: Tx) -> datetime:
        """Return the account's test clock, or the transaction's instant when it has none."""
        return tx.now if self.test_clock is None else self.test_clock


async def owner_of(tx: Tx, subscription_id: UUID) -> Owner | None:
    """Return whose a subscription is; None where there is no such subscription."""
    row = await tx.fetchrow(_OWNER, tx.tenant_id, subscription_id)
    return None if row is None else Owner._make(row)
