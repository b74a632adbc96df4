"""Moving an account's test clock: everything that falls due on the way is closed, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from core.accounts import history
from core.accounts.update_account import AccountNotFound
from core.billing_cycles.chunks import claim_chunk, finish_chunk
from core.billing_cycles.close import close_periods
from core.billing_cycles.errors import ClockBackwards, ClockTooFar, NoTestClock
from core.billing_cycles.freeze import freeze_account, take_freeze_lock
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import frozen_periods
from core.db import Tx
from core.kernel.clock import in_utc

MOST_DUE_TIMES: Final = 60
"""Due times that one call goes through; five years of months."""

_LOCK: Final = """
SELECT test_clock FROM account WHERE tenant_id = $1 AND id = $2 FOR UPDATE
"""
_DUE: Final = """
SELECT min(p.due_at) FROM billing_period p
JOIN subscription s ON s.tenant_id = p.tenant_id AND s.id = p.subscription_id
WHERE p.tenant_id = $1 AND s.tenant_id = $1 AND s.account_id = $2 AND p.state = 'open'
  AND p.due_at <= $3
"""
_MOVE: Final = "UPDATE account SET test_clock = $3 WHERE tenant_id = $1 AND id = $2"


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """Where the clock stands now, and the invoices that were made on the way."""

    now: datetime
    invoice_ids: list[UUID] = field(default_factory=list)
    parked: int = 0


async def advance_clock(
    tx: Tx, account_id: UUID, *, to: datetime, pricing: Pricing
) -> ClockMoved:
    """Move the test clock of an account to an instant that is not earlier than its present.

    Every due time on the way is a closing of its own, at that time: its invoices bear its
    date and are numbered in the series TEST.

    Raises:
        AccountNotFound, NoTestClock, ClockBackwards
        ClockTooFar: more than `MOST_DUE_TIMES` due times lie on the way.
        FreezeBusy: usage is being stored; try again.
    """
    target = in_utc(to)
    await take_freeze_lock(tx)
    await _refuse(tx, account_id, target)
    moved = ClockMoved(target)
    parked = 0
    for _time in range(MOST_DUE_TIMES):
        due_at = await tx.fetchval(_DUE, tx.tenant_id, account_id, target)
        if due_at is None:
            break
        parked += await _close_at(tx, account_id, due_at, pricing=pricing, moved=moved)
    else:
        if await tx.fetchval(_DUE, tx.tenant_id, account_id, target) is not None:
            raise ClockTooFar(
                f"more than {MOST_DUE_TIMES} due times lie on the way; move in smaller steps",
                path=("to",),
            )
    await tx.execute(_MOVE, tx.tenant_id, account_id, target)
    await history.append(
        tx,
        account_id=account_id,
        action="account.clock_advanced",
        subject_type="account",
        subject_id=account_id,
        details={"to": target, "invoices": len(moved.invoice_ids)},
    )
    return ClockMoved(target, moved.invoice_ids, parked)


async def _refuse(tx: Tx, account_id: UUID, target: datetime) -> None:
    row = await tx.fetchrow(_LOCK, tx.tenant_id, account_id)
    if row is None:
        raise AccountNotFound("there is no such account; check its id", path=("account",))
    if row["test_clock"] is None:
        raise NoTestClock("the account has no test clock; make one that has", path=("account",))
    if target < row["test_clock"]:
        raise ClockBackwards(
            f"the clock stands at {row['test_clock'].isoformat()} and moves forward only",
            path=("to",),
        )


async def _close_at(
    tx: Tx, account_id: UUID, due_at: datetime, *, pricing: Pricing, moved: ClockMoved
) -> int:
    """Let the account's time be `due_at`, and close what is due by then."""
    await tx.execute(
        "UPDATE account SET test_clock = greatest(test_clock, $3)"
        " WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        account_id,
        due_at,
    )
    run = await freeze_account(tx, account_id, due_until=due_at)
    assert run is not None  # something is due, and the lock is ours
    chunk = await claim_chunk(tx, run.id)
    assert chunk is not None
    periods = await frozen_periods(
        tx, run.id, first_account_id=account_id, last_account_id=account_id
    )
    closed = await close_periods(tx, periods, run_id=run.id, pricing=pricing)
    await finish_chunk(tx, chunk, invoices=len(closed.invoices), parked=len(closed.parked))
    moved.invoice_ids.extend(invoice.id for invoice in closed.invoices)
    return len(closed.parked)
