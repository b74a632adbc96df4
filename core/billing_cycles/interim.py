"""Interim invoices: unbilled usage that has reached a threshold, before its period ends.

The transaction that reaches a threshold leaves a request. Here a request becomes a link of
the usage period's chain that does not settle it, with an invoice of its own; what earlier
periods carried on comes along, a link and lines for each of them. The shared
freeze lock keeps the period open meanwhile, and the counter row keeps its usage from
growing, so that every event is billed by exactly one link. A period that is not open any
more is left to its close. What cannot be priced keeps its request and is tried again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from core import audit
from core.billing.draft import InvoiceDraft
from core.billing_cycles.asking import INTERIM_DUE
from core.billing_cycles.carrying import carried_marks, store_marks
from core.billing_cycles.close import Closed, store_priced
from core.billing_cycles.discounting import read_bill_discounts, with_discounts
from core.billing_cycles.due_work import WorkDone
from core.billing_cycles.park import traced
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.storing import settle_and_announce
from core.billing_cycles.unbilled import UsageReading, read_unbilled, unbilled_usage
from core.db import Tx
from core.fault_points import reached
from core.freeze_lock import share_freeze_to_close
from core.invoices.finalise import number_stored
from core.kernel.errors import Refusal
from core.kernel.pauses import pause_after
from core.logging import get_logger
from core.tenant_due import LONGEST_REST, hold_due, move_due
from core.usage.counters import lock_counters

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)
MAX_ERROR: Final = 500

_REQUEST: Final = "SELECT subscription_id, account_id, attempts FROM interim_request"
_CLAIM: Final = f"""
{_REQUEST} WHERE tenant_id = $1 AND retry_at <= $2 AND NOT is_test
ORDER BY retry_at, subscription_id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_OF_ACCOUNT: Final = f"""
{_REQUEST} WHERE tenant_id = $1 AND account_id = $2 AND retry_at <= $3 AND is_test
ORDER BY retry_at, subscription_id FOR UPDATE
"""
_NEXT: Final = """
SELECT min(retry_at) FROM interim_request WHERE tenant_id = $1 AND NOT is_test
"""
_NEXT_OF_ACCOUNT: Final = """
SELECT min(retry_at) FROM interim_request WHERE tenant_id = $1 AND account_id = $2 AND is_test
"""
_DONE: Final = "DELETE FROM interim_request WHERE tenant_id = $1 AND subscription_id = $2"
_FAILED: Final = """
UPDATE interim_request SET attempts = attempts + 1, error = $3, retry_at = $4
WHERE tenant_id = $1 AND subscription_id = $2
"""

_log = get_logger(__name__)


async def bill_next_interim(tx: Tx, *, pricing: Pricing) -> Closed | None:
    """Invoice the request of this tenant that waits longest; None when none is due.

    Commit right afterwards, as after any closing.
    """
    await _prepare(tx)
    request = await tx.fetchrow(_CLAIM, tx.tenant_id, tx.now)
    if request is None:
        return None
    closed = await _billed(tx, request, now=tx.now, pricing=pricing)
    reached("interim_billed")
    return closed


async def put_off_next_interim(tx: Tx, *, error: str) -> None:
    """Put the request off that would be claimed next: storing its invoice has failed."""
    request = await tx.fetchrow(_CLAIM, tx.tenant_id, tx.now)
    if request is not None:
        await _put_off(tx, request, error=error, now=tx.now)


async def rest_interims(tx: Tx) -> datetime:
    """Set when a worker looks at this tenant's requests again, and return that instant."""
    await hold_due(tx, INTERIM_DUE)
    found = await tx.fetchval(_NEXT, tx.tenant_id)
    latest = tx.now + LONGEST_REST
    wake_at = latest if found is None else min(found, latest)
    await move_due(tx, INTERIM_DUE, to=wake_at)
    return wake_at


class InterimWork:
    """The interim invoices of an account on a test clock, at the times they were asked for."""

    def __init__(self, pricing: Pricing) -> None:
        self._pricing = pricing

    async def next_due(self, tx: Tx, account_id: UUID) -> datetime | None:
        """Return when the first request of the account is due."""
        found: datetime | None = await tx.fetchval(_NEXT_OF_ACCOUNT, tx.tenant_id, account_id)
        return found

    async def run(self, tx: Tx, account_id: UUID, *, at: datetime) -> WorkDone:
        """Invoice what the account was asked for by now."""
        await _prepare(tx)
        done = WorkDone()
        for request in await tx.fetch(_OF_ACCOUNT, tx.tenant_id, account_id, at):
            closed = await _billed(tx, request, now=at, pricing=self._pricing)
            done.invoice_ids.extend(invoice.id for invoice in closed.invoices)
        return done


async def _prepare(tx: Tx) -> None:
    """Keep periods open from here to the commit, waiting as long as a closing does."""
    await share_freeze_to_close(tx)


async def _billed(tx: Tx, request: Any, *, now: datetime, pricing: Pricing) -> Closed:
    subscription_id: UUID = request["subscription_id"]
    account_id: UUID = request["account_id"]
    closed = Closed()
    await lock_counters(tx, [subscription_id])
    unbilled = await unbilled_usage(tx, [subscription_id])
    if unbilled.periods:
        reading = await read_unbilled(tx, unbilled, pricing=pricing, now={account_id: now})
        await read_bill_discounts(tx, reading.rows)
        draft = await _draft(reading, subscription_id, pricing=pricing)
        if isinstance(draft, Exception):
            await _put_off(tx, request, error=_told(draft), now=now)
            return closed
        await _store(tx, reading, draft, closed=closed, subscription_id=subscription_id)
    await tx.execute(_DONE, tx.tenant_id, subscription_id)
    return closed


async def _draft(
    reading: UsageReading, subscription_id: UUID, *, pricing: Pricing
) -> InvoiceDraft | Exception:
    fault = reading.faults.get(subscription_id)
    if fault is not None:
        return fault
    try:
        snapshot = with_discounts(
            reading.snapshots[subscription_id], reading.rows, member=subscription_id
        )
    except Refusal as refusal:
        return refusal
    (draft,) = await pricing.price([snapshot])
    return draft


async def _store(
    tx: Tx,
    reading: UsageReading,
    draft: InvoiceDraft,
    *,
    closed: Closed,
    subscription_id: UUID,
) -> None:
    """Store the invoice and its link; a draft without lines leaves the chain as it is."""
    if not draft.lines:
        return
    group = reading.groups[subscription_id]
    await store_priced(
        tx,
        reading.rows,
        [(group, draft)],
        seller=reading.seller,
        run_id=None,
        closed=closed,
    )
    await store_marks(tx, carried_marks(reading.rows, [(group, draft)]))
    await audit.record(
        tx,
        action="interim.invoiced",
        subject_type="subscription",
        subject_id=subscription_id,
        details={"invoices": len(closed.invoices), "total": f"{draft.total:f}"},
    )
    # After all that takes long: rows that wake others stay locked until the commit.
    await settle_and_announce(tx, closed.invoices)
    reached("before_numbers")
    await number_stored(tx, closed.invoices)


async def _put_off(tx: Tx, request: Any, *, error: str, now: datetime) -> None:
    attempts: int = request["attempts"]
    subscription_id: UUID = request["subscription_id"]
    pause = pause_after(attempts + 1, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    await tx.execute(_FAILED, tx.tenant_id, subscription_id, error[:MAX_ERROR], now + pause)


def _told(error: Exception) -> str:
    if isinstance(error, Refusal):
        return f"{error.code}: {error.message}"
    _log.error("interim_failed", trace=traced(error))
    return f"{type(error).__name__}: {error}"
