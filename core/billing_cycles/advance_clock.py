"""Moving an account's test clock: everything that falls due on the way is closed, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from core.accounts import history
from core.accounts.update_account import AccountNotFound
from core.billing_cycles.chunks import claim_chunk, finish_chunk
from core.billing_cycles.close import close_periods
from core.billing_cycles.due_work import DueWork
from core.billing_cycles.errors import ClockBackwards, ClockTooFar, NoTestClock
from core.billing_cycles.freeze import freeze_account, take_freeze_lock
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import frozen_periods
from core.db import Tx
from core.kernel.clock import in_utc

MOST_DUE_TIMES: Final = 60
"""Due times of periods that one call goes through; five years of months."""
MOST_WORK: Final = 2_000
"""Instants at which one call closes periods or does other work."""

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
    tx: Tx,
    account_id: UUID,
    *,
    to: datetime,
    pricing: Pricing,
    work: Sequence[DueWork] = (),
) -> ClockMoved:
    """Move the test clock of an account to an instant that is not earlier than its present.

    Every due time on the way is a closing of its own, at that time: its invoices bear its
    date and are numbered in the series TEST. `work` is what else falls due on the way; it is
    done at its own time, after the closing of the same instant.

    Raises:
        AccountNotFound, NoTestClock, ClockBackwards
        ClockTooFar: more than `MOST_DUE_TIMES` due times lie on the way.
        FreezeBusy: usage is being stored; try again.
    """
    target = in_utc(to)
    await take_freeze_lock(tx)
    await _refuse(tx, account_id, target)
    moved = ClockMoved(target)
    parked = closings = 0
    for _time in range(MOST_WORK):
        due_at = await tx.fetchval(_DUE, tx.tenant_id, account_id, target)
        other = await _next_work(tx, account_id, work, until=target)
        if due_at is None and other is None:
            break
        if other is None or (due_at is not None and due_at <= other[0]):
            closings += 1
            if closings > MOST_DUE_TIMES:
                raise _too_far(MOST_DUE_TIMES)
            parked += await _close_at(tx, account_id, due_at, pricing=pricing, moved=moved)
        else:
            parked += await _work_at(tx, account_id, *other, moved=moved)
    else:
        raise _too_far(MOST_WORK)
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
    """Let the account's time be `due_at`, and close the periods that are due by then."""
    await _let_it_be(tx, account_id, due_at)
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


async def _next_work(
    tx: Tx, account_id: UUID, work: Sequence[DueWork], *, until: datetime
) -> tuple[datetime, DueWork] | None:
    """Return the earliest other work that is due, the first source's of the same instant."""
    found: tuple[datetime, DueWork] | None = None
    for source in work:
        due_at = await source.next_due(tx, account_id)
        if due_at is None or due_at > until:
            continue
        if found is None or due_at < found[0]:
            found = due_at, source
    return found


async def _work_at(
    tx: Tx, account_id: UUID, due_at: datetime, source: DueWork, *, moved: ClockMoved
) -> int:
    now = await _let_it_be(tx, account_id, due_at)
    done = await source.run(tx, account_id, at=now)
    moved.invoice_ids.extend(done.invoice_ids)
    return done.parked


async def _let_it_be(tx: Tx, account_id: UUID, due_at: datetime) -> datetime:
    """Let the account's time be `due_at`, never earlier than it is; return it."""
    now: datetime = await tx.fetchval(
        "UPDATE account SET test_clock = greatest(test_clock, $3)"
        " WHERE tenant_id = $1 AND id = $2 RETURNING test_clock",
        tx.tenant_id,
        account_id,
        due_at,
    )
    return now


def _too_far(most: int) -> ClockTooFar:
    return ClockTooFar(
        f"more than {most} due times lie on the way; move in smaller steps", path=("to",)
    )
