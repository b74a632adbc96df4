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
from uuid import UUID

from core.billing_cycles.asking import ask_where_reached
from core.billing_cycles.counting import Counted, Counting, counted_among, counting
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.wallet_usage import WalletUsage, wallets_admit
from core.db import Tx
from core.usage.counters import lock_counters
from core.usage.gate import Admitted, Passed
from core.usage.records import EventRow
from core.usage.rows import Row


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
        await ask_where_reached(
            tx,
            [one for key, one in self.normal.items() if key in touched],
            has_rules=self.counting.has_rules,
            pricing=self.pricing,
        )
