"""Requests for longer periods, as a billing takes them.

In the transaction that bills: the request is settled, the period is longer and frozen, and
the open periods behind it are gone, all or nothing. Only subscriptions with a waiting
request cost more than one cheap statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.buy_in_advance.repository import settle_request, waiting_requests
from core.buy_in_advance.taking import (
    Billed,
    Rejection,
    Taking,
    decide,
    ends,
    next_to_bill,
)
from core.catalogue.compile import TermsVersion
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.freeze_lock import share_freeze_to_close
from core.periods.lengthening import lengthen, lengthened, unbilled_fees
from core.periods.rows import StoredPeriod
from core.subscriptions.records import Phase
from core.subscriptions.repository import phases_of, subscriptions
from core.subscriptions.trace import leave_trace

_LOCK: Final = """
SELECT id FROM subscription WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id
FOR NO KEY UPDATE
"""

Settled = Taking | Rejection


async def take_requests(
    tx: Tx, periods: Sequence[StoredPeriod], *, run_id: UUID | None
) -> tuple[list[StoredPeriod], list[Settled]]:
    """Let the waiting requests of these subscriptions be taken, and return what is billed.

    The same periods, where no request waits; otherwise longer ones in the place of theirs.
    What was settled is to be told by `trace_requests`, late in the transaction.
    """
    ids = subscriptions_of(periods)
    waiting = await waiting_requests(tx, ids) if ids else None
    if not waiting:
        return list(periods), []
    await share_freeze_to_close(tx)
    await tx.fetch(_LOCK, tx.tenant_id, list(waiting))
    found = list(periods)
    settled = await decided(tx, periods, among=list(waiting))
    for one in settled:
        if isinstance(one, Rejection):
            await _store_rejection(tx, one)
        else:
            found = _replaced(found, await store_taking(tx, one, run_id=run_id))
    return found, settled


async def with_requests(tx: Tx, periods: Sequence[StoredPeriod]) -> list[StoredPeriod]:
    """Return what would be billed if the waiting requests were taken; nothing is stored."""
    found = list(periods)
    for settled in await decided(tx, periods, among=subscriptions_of(periods)):
        if isinstance(settled, Taking):
            longer = lengthened(settled.period, settled.part, due_at=settled.due_at)
            found = _replaced(found, longer)
    return found


def subscriptions_of(periods: Sequence[StoredPeriod]) -> list[UUID]:
    """Return the subscriptions of periods, each once."""
    return list(dict.fromkeys(period.subscription_id for period in periods))


async def decided(
    tx: Tx, periods: Sequence[StoredPeriod], *, among: Sequence[UUID]
) -> list[Settled]:
    """Decide about the waiting requests of some subscriptions whose periods are at hand."""
    waiting = await waiting_requests(tx, among)
    if not waiting:
        return []
    ids = sorted(waiting)
    unbilled = await unbilled_fees(tx, ids)
    owners = await subscriptions(tx, ids)
    phases = await phases_of(tx, ids)
    terms = await _terms(tx, [phase for one in phases.values() for phase in one])
    at_hand: dict[UUID, list[StoredPeriod]] = defaultdict(list)
    for period in periods:
        at_hand[period.subscription_id].append(period)
    found: list[Settled] = []
    for subscription_id in ids:
        owner = owners[subscription_id]
        billed = Billed(
            waiting[subscription_id],
            at_hand[subscription_id],
            unbilled.get(subscription_id, ()),
            owner,
        )
        target = next_to_bill(billed)
        if target is not None:
            phase = phase_at(phases[subscription_id], target[0].starts_at)
            held = terms[phase.billing_terms_version_id]
            anchor = phase.anchor or owner.anchor
            found.append(decide(billed, held, target, anchor=anchor))
        elif owner.ends_at is not None:
            found.append(Rejection(billed.request, ends(owner)))
    return found


async def _terms(tx: Tx, phases: Sequence[Phase]) -> dict[UUID, TermsVersion]:
    ids = {phase.billing_terms_version_id for phase in phases}
    return dict(await load_terms_versions(tx, ids))


def phase_at(phases: Sequence[Phase], instant: datetime) -> Phase:
    """Return the phase that holds at an instant, or the last one before it."""
    held = [phase for phase in phases if phase.from_at <= instant] or list(phases[:1])
    return held[-1]


def _replaced(periods: Sequence[StoredPeriod], longer: StoredPeriod) -> list[StoredPeriod]:
    """Put a longer period in the place of itself and of all fees periods behind it."""
    kept = [
        period
        for period in periods
        if period.subscription_id != longer.subscription_id
        or period.stream != "fees"
        or period.starts_at < longer.starts_at
    ]
    return [*kept, longer]


async def store_taking(tx: Tx, taking: Taking, *, run_id: UUID | None) -> StoredPeriod:
    """Make the period longer, and let the request have been billed with it."""
    period = await lengthen(tx, taking.period, taking.part, due_at=taking.due_at, run_id=run_id)
    await settle_request(
        tx, taking.request, state="billed", at=taking.due_at, period_id=period.id
    )
    return period


async def _store_rejection(tx: Tx, rejection: Rejection) -> None:
    await settle_request(
        tx, rejection.request, state="rejected", at=tx.now, reason=rejection.reason
    )


async def trace_requests(tx: Tx, settled: Sequence[Settled]) -> None:
    """Write what became of requests into the history.

    It may lock the row that wakes sealers until the commit: call it when all is stored.
    """
    for one in settled:
        request = one.request
        details: dict[str, object] = {"request": request.id, "duration": request.duration}
        if isinstance(one, Taking):
            action = "advance_request.billed"
            details |= {"from": one.part.start, "until": one.part.end}
        else:
            action = "advance_request.rejected"
            details |= {"reason": one.reason}
        await leave_trace(
            tx,
            action=action,
            subscription_id=request.subscription_id,
            account_id=request.account_id,
            details=details,
        )
