"""Asking for interim invoices: where unbilled usage has reached a threshold.

Usage grows when events are stored, and when a closing carries on what it did not bill; both
ask here, in their own transaction, from what the database holds by then. What was carried
from earlier periods counts with the open one's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from core import outbox
from core.billing_cycles.counting import Counted, Thresholds, counting, thresholds_of
from core.billing_cycles.park import Parked
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import ClosingRows
from core.billing_cycles.unbilled import (
    Unbilled,
    read_unbilled,
    unbilled_events,
    unbilled_usage,
)
from core.db import Tx
from core.tenant_due import insist_due

INTERIM_DUE: Final = "interim"
"""The kind of due work that interim invoices are."""
THRESHOLD_REACHED: Final = "usage.threshold_reached"
"""The topic of what is told when unbilled usage is to be invoiced; its subject is the
subscription."""

_ASK: Final = """
INSERT INTO interim_request
    (tenant_id, subscription_id, account_id, reason, asked_at, retry_at, is_test)
VALUES ($1, $2, $3, $4, $5, $5, $6)
ON CONFLICT (tenant_id, subscription_id) DO NOTHING RETURNING subscription_id
"""

_log = structlog.stdlib.get_logger(__name__)


async def ask_interim(
    tx: Tx,
    subscription_id: UUID,
    *,
    account_id: UUID,
    reason: str,
    test_clock: datetime | None,
) -> None:
    """Let the unbilled usage of a subscription be invoiced; asked twice, it is once.

    `reason` is the threshold that was reached: `amount` or `events`.
    """
    asked_at, is_test = test_clock or tx.now, test_clock is not None
    asked = await tx.fetchrow(
        _ASK, tx.tenant_id, subscription_id, account_id, reason, asked_at, is_test
    )
    if asked is not None:
        told = {"account": account_id, "subscription": subscription_id, "reason": reason}
        await outbox.append(
            tx, topic=THRESHOLD_REACHED, subject_id=subscription_id, payload=told
        )
    if not is_test:
        await insist_due(tx, INTERIM_DUE, at=tx.now)


async def ask_where_reached(
    tx: Tx, counted: Sequence[Counted], *, has_rules: bool, pricing: Pricing
) -> None:
    """Ask for those of the subscriptions whose unbilled usage has reached a threshold.

    The caller holds their counters. What cannot be priced waits for the period's end: its
    close says why.
    """
    thresholds = await thresholds_of(tx, counted, has_rules=has_rules)
    if not thresholds:
        return
    unbilled = await unbilled_usage(tx, thresholds)
    if not unbilled.periods:
        return
    by_id = {one.subscription_id: one for one in counted}
    now = {one.account_id: one.test_clock or tx.now for one in counted}
    for key, reason in await _reached(tx, unbilled, thresholds, now=now, pricing=pricing):
        one = by_id[key]
        await ask_interim(
            tx, key, account_id=one.account_id, reason=reason, test_clock=one.test_clock
        )


async def ask_after_closing(
    tx: Tx,
    closed: Mapping[UUID, ClosingRows],
    *,
    parked: Iterable[Parked],
    pricing: Pricing,
) -> None:
    """Ask for those that a closing carried on: it may have counted what came late.

    So may have been used meanwhile in the next period, of which the period at hand was not
    known to be carried on. `closed` is by subscription.
    """
    left = {one.subscription_id for one in parked}
    counted = [
        rows.carrying[key]
        for key, rows in closed.items()
        if key in rows.carrying and key not in left
    ]
    found = await counting(tx) if counted else None
    if found is not None:
        await ask_where_reached(tx, counted, has_rules=found.has_rules, pricing=pricing)


async def _reached(
    tx: Tx,
    unbilled: Unbilled,
    thresholds: Mapping[UUID, Thresholds],
    *,
    now: Mapping[UUID, datetime],
    pricing: Pricing,
) -> list[tuple[UUID, str]]:
    """Return the subscriptions whose unbilled usage has reached a threshold, and which."""
    reading = await read_unbilled(tx, unbilled, pricing=pricing, now=now)
    keys = sorted(reading.snapshots, key=lambda one: one.int)
    found: list[tuple[UUID, str]] = []
    for key, draft in zip(
        keys, await pricing.price([reading.snapshots[one] for one in keys]), strict=True
    ):
        if isinstance(draft, Exception):
            _log.warning("unbilled_not_priced", subscription_id=str(key), reason=str(draft))
            continue
        limit = thresholds[key]
        if limit.events is not None and unbilled_events(draft) >= limit.events:
            found.append((key, "events"))
        elif limit.amount is not None and draft.total >= limit.amount:
            found.append((key, "amount"))
    return found
