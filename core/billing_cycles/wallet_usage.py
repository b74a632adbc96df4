"""Prepaid usage: what a wallet pays for events at once, or refuses because it cannot.

A usage period costs charge(everything in it), gross; what an event costs is that with the
event less that without it. The wallet keeps what it has paid for a period, so that the
period's invoice takes only the rest. Events of one batch are decided one after the other,
in the total order (time, source, id): an earlier one is never refused for a later one's
sake. A period that is not open any more is paid with the invoice that bills its late usage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.billing_cycles.counting import Counted
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.unbilled import UsageReading, read_usage, usage_periods_named
from core.billing_cycles.wallet_periods import NOTHING, PrepaidPeriod, Totals
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.money import round_money
from core.usage.records import EventRow, Verdict, rejected
from core.usage.rows import Refused, Row
from core.wallets.repository import charged_for, lock_wallets, move, set_charged
from core.wallets.wallet import Movement, Wallet

Chosen = tuple[EventRow, Counted]

_STORED: Final = """
SELECT DISTINCT identity FROM usage_event
WHERE tenant_id = $1 AND identity = ANY ($2::uuid[]) AND sign = 1
"""


@dataclass(slots=True)
class _Unit:
    """The rows of one event: a new one, a void, or a void with the new revision."""

    rows: list[EventRow] = field(default_factory=list)

    @property
    def order(self) -> tuple[datetime, str, str]:
        last = self.rows[-1]
        return last.occurred_at, last.source, last.event_id

    def by_period(self) -> Mapping[UUID, list[EventRow]]:
        found: dict[UUID, list[EventRow]] = defaultdict(list)
        for row in self.rows:
            assert row.usage_period_id is not None
            found[row.usage_period_id].append(row)
        return found


@dataclass(slots=True)
class _Payer:
    """A wallet while the events of its subscription are decided."""

    wallet: Wallet
    now: datetime
    balance: Decimal
    units: list[_Unit]
    admitted: list[_Unit] = field(default_factory=list)


@dataclass(slots=True)
class WalletUsage:
    """What wallets have decided about a batch, and how they pay for what of it is stored."""

    rows: Sequence[Row]
    payers: Sequence[_Payer]
    periods: Mapping[UUID, PrepaidPeriod]
    how: Mapping[str, str]
    pricing: Pricing

    async def pay(self, tx: Tx, identities: Collection[UUID]) -> None:
        """Take out of the wallets what the stored events cost."""
        movements: list[Movement] = []
        charges: list[tuple[UUID, UUID, Decimal]] = []
        for payer in self.payers:
            stored = [one for one in payer.admitted if one.rows[-1].identity in identities]
            if len(stored) < len(payer.admitted):  # another batch had one of its ids first
                await self._decide_again(payer, stored)
            touched = {period_id for unit in stored for period_id in unit.by_period()}
            for period_id in sorted(touched):
                period = self.periods[period_id]
                charges.append((period_id, payer.wallet.id, period.cost))
                movements.append(
                    Movement(
                        payer.wallet.id,
                        "usage",
                        period.paid - period.cost,
                        payer.now,
                        _reference(stored),
                        period_id=period_id,
                    )
                )
        await move(tx, [one for one in movements if one.amount])
        await set_charged(tx, charges)

    async def _decide_again(self, payer: _Payer, stored: Sequence[_Unit]) -> None:
        """Price what was stored alone; what the wallet lacks is owed at the period's end."""
        for unit in payer.units:
            for period_id in unit.by_period():
                period = self.periods[period_id]
                self.periods = {
                    **self.periods,
                    period_id: PrepaidPeriod.of(period.snapshot, period.part, paid=period.paid),
                }
        payer.balance = payer.wallet.balance
        for unit in stored:
            await self.decide(payer, unit)

    async def decide(self, payer: _Payer, unit: _Unit) -> Verdict | None:
        """Admit a unit that the wallet can pay; return the verdict of one that it cannot."""
        trials: dict[UUID, tuple[Totals, Decimal]] = {}
        price = NOTHING
        for period_id, rows in unit.by_period().items():
            period = self.periods[period_id]
            totals = period.with_events(rows, self.how)
            (draft,) = await self.pricing.price([period.priced_with(totals)])
            if isinstance(draft, Exception):
                return _not_priced(draft)
            cost = max(draft.total, NOTHING)
            trials[period_id] = totals, cost
            price += cost - period.cost
        lacking = max(price - payer.balance, NOTHING)
        if lacking and any(row.sign > 0 for row in unit.rows):
            return _short(payer, price)
        payer.balance -= price - lacking
        for period_id, (totals, cost) in trials.items():
            # A void may cost where a price falls as usage grows: the invoice takes what lacks.
            period = self.periods[period_id]
            period.totals, period.cost = totals, cost - lacking
        return None


async def wallets_admit(
    tx: Tx, chosen: Sequence[Chosen], *, rows: Sequence[Row], pricing: Pricing
) -> WalletUsage:
    """Decide which events of prepaid subscriptions their wallets can pay.

    The subscriptions' counters are locked. Events that are stored already are left alone:
    they are duplicates, or refused for what they are.
    """
    wallets = await lock_wallets(tx, {one.subscription_id for _, one in chosen})
    now = {one.account_id: one.test_clock or tx.now for _, one in chosen}
    found = await usage_periods_named(
        tx, {row.usage_period_id for row, _ in chosen if row.usage_period_id}
    )
    if not found:
        return WalletUsage(rows, [], {}, {}, pricing)
    reading = await read_usage(tx, found, pricing=pricing, now=now)
    paid = await charged_for(tx, [one.id for one in found])
    known = await _stored(tx, [row for row, _ in chosen])
    open_ids = {one.id for one in found}
    units = _units(
        [row for row, _ in chosen if row.usage_period_id in open_ids
         and (row.revision or row.identity not in known)]
    )  # fmt: skip
    payers = [
        _Payer(wallet, now[wallet.account_id], wallet.balance, units[subscription_id])
        for subscription_id, wallet in wallets.items()
        if subscription_id in units
    ]
    deciding = WalletUsage(
        rows, payers, _periods(reading, paid), _aggregations(pricing, rows), pricing
    )
    deciding.rows = await _decided(deciding, reading)
    return deciding


async def _decided(deciding: WalletUsage, reading: UsageReading) -> Sequence[Row]:
    """Let every payer decide its units in their order; return the rows as they stand then."""
    refused: dict[UUID, Verdict] = {}
    for payer in deciding.payers:
        fault = reading.faults.get(payer.wallet.subscription_id)
        for unit in payer.units:
            verdict = _not_priced(fault) if fault else await deciding.decide(payer, unit)
            if verdict is None:
                payer.admitted.append(unit)
            else:
                refused[unit.rows[-1].identity] = verdict
    if not refused:
        return deciding.rows
    return [
        Refused(row.identity, row.content_hash, refused[row.identity])
        if isinstance(row, EventRow) and row.identity in refused
        else row
        for row in deciding.rows
    ]


async def _stored(tx: Tx, rows: Sequence[EventRow]) -> set[UUID]:
    new = [row.identity for row in rows if not row.revision]
    found = await tx.fetch(_STORED, tx.tenant_id, new) if new else []
    return {row["identity"] for row in found}


def _units(rows: Sequence[EventRow]) -> dict[UUID, list[_Unit]]:
    """Gather the rows of each event, one of each revision, by subscription and in order."""
    by_identity: dict[UUID, dict[int, EventRow]] = defaultdict(dict)
    for row in rows:
        by_identity[row.identity].setdefault(row.revision, row)
    units: dict[UUID, list[_Unit]] = defaultdict(list)
    for revisions in by_identity.values():
        unit = _Unit([revisions[number] for number in sorted(revisions)])
        subscription_id = unit.rows[-1].subscription_id
        assert subscription_id is not None
        units[subscription_id].append(unit)
    for listed in units.values():
        listed.sort(key=lambda unit: unit.order)
    return units


def _periods(reading: UsageReading, paid: Mapping[UUID, Decimal]) -> dict[UUID, PrepaidPeriod]:
    return {
        part.period_id: PrepaidPeriod.of(snapshot, part, paid=paid.get(part.period_id, NOTHING))
        for snapshot in reading.snapshots.values()
        for part in snapshot.usage
    }


def _aggregations(pricing: Pricing, rows: Sequence[Row]) -> dict[str, str]:
    """Return how units are aggregated that are not simply summed."""
    channels = pricing.host.channels if pricing.host is not None else {}
    named = {row.channel for row in rows if isinstance(row, EventRow)} & channels.keys()
    return {
        unit.name: unit.aggregation
        for name in named
        for unit in channels[name].units.values()
        if unit.aggregation != "sum"
    }


def _reference(stored: Sequence[_Unit]) -> str:
    if len(stored) == 1:
        (last,) = stored[0].rows[-1:]
        return f"{last.source} {last.event_id}"[:200]
    return f"{len(stored)} events"


def _short(payer: _Payer, price: Decimal) -> Verdict:
    currency = payer.wallet.currency
    balance = round_money(payer.balance, currency)
    cost = round_money(price, currency)
    return rejected(
        "WALLET_SHORT",
        f"it costs {cost:f} {currency}, and the wallet has {balance:f}; top it up by"
        f" {cost - balance:f} at least",
        path=("subscription",),
    )


def _not_priced(error: Exception) -> Verdict:
    told = error.message if isinstance(error, Refusal) else type(error).__name__
    return rejected("NOT_PRICED", f"its price cannot be told: {told}", path=("event",))
