"""Thresholds and wallets at the moment in which usage is stored.

Most batches touch no subscription that counts, and pass after one small statement. The
others take the turn of their subscriptions before the insert. Wallets then decide event by
event, in the total order, what they can pay; after the insert they pay for what was stored,
and the unbilled usage of the rest is compared with its thresholds, from what the database
holds by then. Everything is committed with the events, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from core.billing_cycles.counting import (
    Counted,
    Counting,
    Thresholds,
    counted_among,
    counting,
    thresholds_of,
)
from core.billing_cycles.interim import ask_interim
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.unbilled import open_usage_periods, read_usage, unbilled_events
from core.billing_cycles.wallet_usage import WalletUsage, wallets_admit
from core.db import Tx
from core.periods.rows import StoredPeriod
from core.usage.counters import lock_counters
from core.usage.gate import Admitted, Passed
from core.usage.records import EventRow
from core.usage.rows import Row

_log = structlog.stdlib.get_logger(__name__)


class UsageGate:
    """The gate of this process; its pricing is the closings' own, so that both agree."""

    def __init__(self, pricing: Pricing) -> None:
        self._pricing = pricing

    async def admit(self, tx: Tx, rows: Sequence[Row]) -> Admitted:
        """Let rows pass, or refuse those that a wallet cannot pay (`WALLET_SHORT`)."""
        subscriptions = {
            row.subscription_id
            for row in rows
            if isinstance(row, EventRow) and row.usage_period_id is not None
        }
        subscriptions.discard(None)
        if not subscriptions:
            return Passed(rows)
        found = await counting(tx)
        if found is None:
            return Passed(rows)
        counted = await counted_among(tx, {one for one in subscriptions if one}, found)
        if not counted:
            return Passed(rows)
        await lock_counters(tx, counted)
        chosen = [
            (row, one)
            for row in rows
            if isinstance(row, EventRow) and (one := _counting_of(row, counted)) is not None
        ]
        prepaid = [(row, one) for row, one in chosen if one.is_prepaid]
        normal = {one.subscription_id: one for _, one in chosen if not one.is_prepaid}
        wallets = None
        if prepaid:
            wallets = await wallets_admit(tx, prepaid, rows=rows, pricing=self._pricing)
            rows = wallets.rows
        return _Counted(rows, wallets, normal, found, self._pricing)


def _counting_of(row: EventRow, counted: Mapping[UUID, list[Counted]]) -> Counted | None:
    """Return under which terms an event counts, by its own time."""
    if row.usage_period_id is None or row.subscription_id is None:
        return None
    held = counted.get(row.subscription_id, ())
    return next((one for one in held if one.holds(row.occurred_at)), None)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A batch of which some usage is counted."""

    rows: Sequence[Row]
    wallets: WalletUsage | None
    normal: Mapping[UUID, Counted]
    counting: Counting
    pricing: Pricing

    async def stored(self, tx: Tx, identities: Collection[UUID]) -> None:
        """Let wallets pay, and ask for an interim invoice where a threshold is reached."""
        if not identities:
            return
        if self.wallets is not None:
            await self.wallets.pay(tx, identities)
        touched = {
            row.subscription_id
            for row in self.rows
            if isinstance(row, EventRow) and row.identity in identities
        }
        await _ask_where_reached(
            tx,
            [one for key, one in self.normal.items() if key in touched],
            has_rules=self.counting.has_rules,
            pricing=self.pricing,
        )


async def _ask_where_reached(
    tx: Tx, counted: Sequence[Counted], *, has_rules: bool, pricing: Pricing
) -> None:
    thresholds = await thresholds_of(tx, counted, has_rules=has_rules)
    periods = await open_usage_periods(tx, thresholds) if thresholds else []
    if not periods:
        return
    by_id = {one.subscription_id: one for one in counted}
    now = {one.account_id: one.test_clock or tx.now for one in counted}
    for key, reason in await _reached(tx, periods, thresholds, now=now, pricing=pricing):
        one = by_id[key]
        await ask_interim(
            tx, key, account_id=one.account_id, reason=reason, test_clock=one.test_clock
        )


async def _reached(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    thresholds: Mapping[UUID, Thresholds],
    *,
    now: Mapping[UUID, datetime],
    pricing: Pricing,
) -> list[tuple[UUID, str]]:
    """Return the subscriptions whose unbilled usage has reached a threshold, and which.

    What cannot be priced waits for the period's end: its close says why.
    """
    reading = await read_usage(tx, periods, pricing=pricing, now=now)
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
