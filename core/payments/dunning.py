"""What is done about invoices that are not paid, one step after another.

A step is done once, at its time, by whoever comes first; nothing is done any more once the
invoice is settled. Reminders leave through the outbox as `invoice.reminded`: whoever sends
mail hears of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core import outbox
from core.accounts import history
from core.db import Tx
from core.fault_points import reached
from core.kernel.money import round_money
from core.payments.booking import open_amount
from core.payments.lifting import note_action, subscriptions_of, suspend_unpaid
from core.payments.policy import PaymentPolicy, Step

REMINDED: Final = "invoice.reminded"

EndNow = Callable[[Tx, UUID], Awaitable[None]]
"""Ends a subscription now; it leaves one that has ended as it is."""

_CLAIM: Final = """
SELECT d.invoice_id FROM dunning d JOIN account a ON a.tenant_id = $1 AND a.id = d.account_id
WHERE d.tenant_id = $1 AND d.state = 'open' AND d.next_at <= coalesce(a.test_clock, $2)
    AND {whose}
ORDER BY d.next_at, d.invoice_id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""
_CLAIM_LIVE: Final = _CLAIM.format(whose="NOT d.is_test")
_CLAIM_OF_ACCOUNT: Final = _CLAIM.format(whose="d.account_id = $3")
_ROW: Final = """
SELECT d.*, s.pay_by, i.currency, a.timezone, coalesce(a.test_clock, $3) AS now
FROM dunning d
JOIN account a ON a.tenant_id = $1 AND a.id = d.account_id
JOIN invoice i ON i.tenant_id = $1 AND i.id = d.invoice_id
JOIN invoice_settlement s ON s.tenant_id = $1 AND s.invoice_id = d.invoice_id
WHERE d.tenant_id = $1 AND d.invoice_id = $2
"""
_GO_ON: Final = """
UPDATE dunning SET step = $3, next_at = $4, state = $5, has_suspended = has_suspended OR $6
WHERE tenant_id = $1 AND invoice_id = $2
"""


async def do_next_step(tx: Tx, *, end: EndNow, account_id: UUID | None = None) -> bool:
    """Do the step that is due longest; False when none is due. Commit after each."""
    sql = _CLAIM_LIVE if account_id is None else _CLAIM_OF_ACCOUNT
    whose = () if account_id is None else (account_id,)
    invoice_id = await tx.fetchval(sql, tx.tenant_id, tx.now, *whose)
    if invoice_id is None:
        return False
    row = await tx.fetchrow(_ROW, tx.tenant_id, invoice_id, tx.now)
    assert row is not None  # it was claimed
    steps = steps_of(row)
    if row["step"] >= len(steps):
        await _go_on(tx, row, steps, done=row["step"], did_suspend=False)
        return True
    step = steps[row["step"]]
    did_suspend = await _do(tx, row, step, number=row["step"] + 1, end=end)
    reached("step_done")
    await _go_on(tx, row, steps, done=row["step"] + 1, did_suspend=did_suspend)
    return True


def steps_of(row: Any) -> tuple[Step, ...]:
    """Return all steps of a dunning, done or not."""
    policy = PaymentPolicy.from_plain(row["policy"])
    return policy.steps(row["pay_by"], zone=row["timezone"])


async def _do(tx: Tx, row: Any, step: Step, *, number: int, end: EndNow) -> bool:
    """Do one step; tell whether it suspended."""
    invoice_id: UUID = row["invoice_id"]
    now: datetime = row["now"]
    await note_action(tx, invoice_id=invoice_id, step=number, kind=step.kind, at=now)
    if step.kind == "reminder":
        await _remind(tx, row, number=number)
        return False
    if step.kind == "suspend":
        return bool(await suspend_unpaid(tx, invoice_id=invoice_id, at=now))
    for subscription in await subscriptions_of(tx, invoice_id):
        await end(tx, subscription["id"])
    return False


async def _remind(tx: Tx, row: Any, *, number: int) -> None:
    # Read without a lock: whoever pays locks the invoice first, and then this dunning.
    outstanding = await open_amount(tx, row["invoice_id"])
    details = {
        "reminder": number,
        "outstanding": f"{round_money(outstanding, row['currency']):f}",
        "currency": row["currency"],
        "payBy": row["pay_by"],
    }
    await history.append(
        tx,
        account_id=row["account_id"],
        action=REMINDED,
        subject_type="invoice",
        subject_id=row["invoice_id"],
        details=details,
    )
    told = {"account": row["account_id"], "invoice": row["invoice_id"], **details}
    await outbox.append(tx, topic=REMINDED, subject_id=row["invoice_id"], payload=told)


async def _go_on(
    tx: Tx, row: Any, steps: tuple[Step, ...], *, done: int, did_suspend: bool
) -> None:
    is_over = done >= len(steps)
    await tx.execute(
        _GO_ON,
        tx.tenant_id,
        row["invoice_id"],
        done,
        None if is_over else steps[done].at,
        "exhausted" if is_over else "open",
        did_suspend,
    )
