"""The usage of open periods as an invoice between two closings would bill it.

Thresholds ask what it would come to, interim invoices store it, wallets ask what the usage
of a period costs altogether: one reading and one pricing for the three, those of the close.
Fees, gauges, the commitment and what is owed without any use wait for the period's end, and
so does usage that came late for a period before.
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
from core.billing_cycles.facts import read_gauges, read_parties
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import read_rows
from core.billing_cycles.rows import ClosingRows
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


async def open_usage_periods(tx: Tx, subscription_ids: Collection[UUID]) -> list[StoredPeriod]:
    """Return the open usage periods of these subscriptions in which something was used.

    Call it in a statement after the one that took the tenant's freeze lock.
    """
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
    present = [period._replace(due_at=now[period.account_id]) for period in periods]
    rows = await read_rows(tx, present, pricing=pricing)
    seller = await read_parties(tx, rows)
    await read_gauges(tx, rows)
    groups = own_invoices(rows)
    wanted = {period.id for period in periods}
    by_subscription = {group.members[0]: group for group in groups.invoices if group.members}
    snapshots = {
        subscription_id: _usage_only(group, wanted)
        for subscription_id, group in by_subscription.items()
    }
    return UsageReading(rows, seller, by_subscription, snapshots, groups.faulty)


def _usage_only(group: InvoiceGroup, wanted: Collection[UUID]) -> Snapshot:
    snapshot = group.snapshot()
    parts = tuple(
        part._replace(gauges=(), offered=(), fees=(), settles=False)
        for part in snapshot.usage
        if part.period_id in wanted and not part.is_late
    )
    return snapshot._replace(fees=(), jobs=(), usage=parts)


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
