"""The usage of open periods as an invoice between two closings would bill it.

Thresholds ask what it would come to, interim invoices store it, wallets ask what the usage
of a period costs altogether: one reading and one pricing for the three, those of the close.
Fees, gauges, the commitment and what is owed without any use wait for the period's end, and
so does usage that came late for a period before. What such periods carried on is unbilled
too; it is not the wallets'.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing.snapshot import Snapshot, UsagePart
from core.billing.totals import NOTHING_BILLED
from core.billing_cycles import snapshot_sql as sql
from core.billing_cycles.carrying import (
    carried_links,
    carried_periods,
    first_open_periods,
)
from core.billing_cycles.facts import read_gauges, read_parties
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import read_rows
from core.billing_cycles.rows import ClosingRows, LateLink
from core.billing_cycles.snapshots import InvoiceGroup, own_invoices
from core.db import Tx
from core.periods.rows import StoredPeriod

COUNTED_KINDS: Final = frozenset({"usage", "credit"})
"""Lines whose events are usage records; a discount on them is none."""


@dataclass(frozen=True, slots=True)
class UsageReading:
    """What was read of the open usage periods of some subscriptions.

    `snapshots` and `faults` are by subscription; what cannot be put into a snapshot is a
    fault. `seller` is the tenant's row.
    """

    rows: ClosingRows
    seller: Mapping[str, Any]
    groups: Mapping[UUID, InvoiceGroup]
    snapshots: Mapping[UUID, Snapshot]
    faults: Mapping[UUID, Exception]


@dataclass(frozen=True, slots=True)
class Unbilled:
    """The open periods of some subscriptions, and what earlier ones carried on to them."""

    periods: list[StoredPeriod]
    carried: list[LateLink]


async def unbilled_usage(tx: Tx, subscription_ids: Collection[UUID]) -> Unbilled:
    """Return where usage of these subscriptions may be unbilled, for `read_unbilled`.

    Call it with their counters held, in a statement after the one that took the tenant's
    freeze lock.
    """
    periods = await _used_periods(tx, subscription_ids)
    carried = await carried_periods(tx, subscription_ids)
    lacking = {one.subscription_id for one in carried}
    lacking -= {period.subscription_id for period in periods}
    if lacking:  # nothing is used in the open period yet: it bills what was carried
        periods += await first_open_periods(tx, lacking)
    return Unbilled(periods, carried_links(periods, carried))


async def _used_periods(tx: Tx, subscription_ids: Collection[UUID]) -> list[StoredPeriod]:
    """Return the open usage periods of these subscriptions in which something was used."""
    rows = await tx.fetch(sql.OPEN_USAGE_PERIODS, tx.tenant_id, list(subscription_ids))
    return [StoredPeriod._make(row) for row in rows]


async def usage_periods_named(tx: Tx, period_ids: Collection[UUID]) -> list[StoredPeriod]:
    """Return those of the periods that are still open."""
    rows = await tx.fetch(sql.OPEN_PERIODS_NAMED, tx.tenant_id, list(period_ids))
    return [StoredPeriod._make(row) for row in rows]


async def read_usage(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    pricing: Pricing,
    now: Mapping[UUID, datetime],
) -> UsageReading:
    """Read everything that prices the usage of open periods; `now` is by account.

    Tax and dates are those of the present, not those of the period's end.
    """
    present = _at_present(periods, now)
    rows = await read_rows(tx, present, pricing=pricing)
    return await _reading(tx, rows, pricing=pricing)


async def read_unbilled(
    tx: Tx, unbilled: Unbilled, *, pricing: Pricing, now: Mapping[UUID, datetime]
) -> UsageReading:
    """Read everything that prices unbilled usage, as `read_usage` does.

    Usage that came late for a period counts from the closing on that bills it, and not
    before: each link of a chain knows all that the link before it did.
    """
    present = _at_present(unbilled.periods, now)
    rows = await read_rows(tx, present, pricing=pricing, carried=unbilled.carried, billing=())
    return await _reading(tx, rows, pricing=pricing)


def _at_present(
    periods: Sequence[StoredPeriod], now: Mapping[UUID, datetime]
) -> list[StoredPeriod]:
    return [period._replace(due_at=now[period.account_id]) for period in periods]


async def _reading(tx: Tx, rows: ClosingRows, *, pricing: Pricing) -> UsageReading:
    seller = await read_parties(tx, rows, pricing=pricing)
    await read_gauges(tx, rows)
    groups = own_invoices(rows)
    wanted = {period.id for period in rows.periods}
    by_subscription = {group.members[0]: group for group in groups.invoices if group.members}
    snapshots = {
        subscription_id: _usage_only(group, wanted)
        for subscription_id, group in by_subscription.items()
    }
    return UsageReading(rows, seller, by_subscription, snapshots, groups.faulty)


def _usage_only(group: InvoiceGroup, wanted: Collection[UUID]) -> Snapshot:
    snapshot = group.snapshot()
    carried = [part for part in snapshot.usage if part.is_carried]
    parts = [
        part._replace(gauges=(), offered=(), fees=(), settles=False)
        for part in snapshot.usage
        if part.period_id in wanted and (part.usage or not carried)
    ]
    return snapshot._replace(fees=(), jobs=(), usage=(*parts, *carried))


def as_if_never_billed(part: UsagePart) -> UsagePart:
    """Return a part that bills everything of its period."""
    return part._replace(billed=NOTHING_BILLED, seq=1)


def unbilled_events(draft: InvoiceDraft) -> int:
    """Return how many usage records an interim invoice would bill, credits included."""
    known = sum(
        total.events
        for step in draft.steps
        for total in step.totals.lines
        if total.key.kind in COUNTED_KINDS
    )
    billed = sum(
        total.events
        for step in draft.steps
        for total in step.part.billed.lines
        if total.key.kind in COUNTED_KINDS
    )
    return known - billed
