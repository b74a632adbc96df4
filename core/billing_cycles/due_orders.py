"""Orders of an account on a test clock, posted at their times as the clock moves past them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.billing_cycles.due_work import WorkDone
from core.db import Tx
from core.orders import repository
from core.orders.post_due import post_due_of_account
from core.orders.posting import Recorder


@dataclass(frozen=True, slots=True)
class OrdersDue:
    """Scheduled orders as due work (`DueWork`)."""

    recorder: Recorder

    async def next_due(self, tx: Tx, account_id: UUID) -> datetime | None:
        """Return when the account's next order is for."""
        return await repository.next_due(tx, account_id=account_id)

    async def run(self, tx: Tx, account_id: UUID, *, at: datetime) -> WorkDone:
        """Post what is due; what can no longer be given is refused with its reason."""
        await post_due_of_account(tx, account_id, recorder=self.recorder, at=at)
        return WorkDone()
