"""Claims of an account on a test clock: collected, refunded and reminded of at their times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.billing_cycles.due_work import WorkDone
from core.db import Tx
from core.payments.asking import Gateways, ask_to_collect, ask_to_refund
from core.payments.collecting import begin_attempts, note_answer
from core.payments.dunning import EndNow, do_next_step
from core.payments.refunding import begin_refunds, note_refund

AT_ONCE: Final = 100
MOST_STEPS: Final = 10_000
"""Steps about unpaid invoices of one account at one instant."""

_NEXT: Final = """
SELECT min(next_at) FROM (
    SELECT min(next_at) AS next_at FROM collection
    WHERE tenant_id = $1 AND account_id = $2 AND state IN ('waiting', 'pending') AND is_test
    UNION ALL
    SELECT min(next_at) FROM refund
    WHERE tenant_id = $1 AND account_id = $2 AND state IN ('waiting', 'pending') AND is_test
    UNION ALL
    SELECT min(next_at) FROM dunning
    WHERE tenant_id = $1 AND account_id = $2 AND state = 'open' AND is_test) AS n
"""


@dataclass(frozen=True, slots=True)
class PaymentsDue:
    """Claims as due work (`DueWork`). Their gateways are simulated: they ask nobody."""

    gateways: Gateways
    end: EndNow

    async def next_due(self, tx: Tx, account_id: UUID) -> datetime | None:
        """Return when the account's next claim is due."""
        found: datetime | None = await tx.fetchval(_NEXT, tx.tenant_id, account_id)
        return found

    async def run(self, tx: Tx, account_id: UUID, *, at: datetime) -> WorkDone:
        """Collect first, so that what is paid now is not reminded of."""
        del at  # the account's clock, which every statement reads
        while attempts := await begin_attempts(tx, limit=AT_ONCE, account_id=account_id):
            for attempt in attempts:
                answer = await ask_to_collect(self.gateways, attempt.gateway, attempt.request)
                await note_answer(tx, attempt, answer)
        while refunds := await begin_refunds(tx, limit=AT_ONCE, account_id=account_id):
            for refund in refunds:
                answer = await ask_to_refund(self.gateways, refund.gateway, refund.request)
                await note_refund(tx, refund, answer)
        for _step in range(MOST_STEPS):
            if not await do_next_step(tx, end=self.end, account_id=account_id):
                break
        return WorkDone()
