"""The invoice as the next closing would make it: the same reading and pricing, no commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core.billing.draft import DraftLine, InvoiceDraft
from core.billing.snapshot import Snapshot
from core.billing_cycles.carrying import carriers, read_to_close
from core.billing_cycles.consumption import read_consumption
from core.billing_cycles.discounting import read_bill_discounts
from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.facts import read_gauges, read_parties
from core.billing_cycles.in_advance import with_requests
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import open_periods, read_rows
from core.billing_cycles.rows import ClosingRows
from core.billing_cycles.snapshots import own_invoices
from core.billing_cycles.unbilled import COUNTED_KINDS, as_if_never_billed, unbilled_events
from core.db import Tx
from core.kernel.periods import Period


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft, and when it would become an invoice."""

    due_at: datetime
    draft: InvoiceDraft


@dataclass(frozen=True, slots=True)
class CurrentUsage:
    """The usage of an open period, priced so far, before tax.

    `billed` is what interim invoices have billed of `amount`, `unbilled` the rest, and
    `unbilled_events` the usage records in it. None of the three knows discounts.
    """

    period: Period
    currency: str
    lines: tuple[DraftLine, ...]
    amount: Decimal
    billed: Decimal
    unbilled: Decimal
    unbilled_events: int


async def invoice_preview(
    tx: Tx, subscription_id: UUID, *, pricing: Pricing, due_at: datetime | None = None
) -> Preview:
    """Compute what the subscription's next invoice would be if it were closed now.

    `due_at` chooses a later due time of its open periods; usage beyond now is, of course,
    not in it. What would park the subscription raises.

    Raises:
        NothingToPreview: the subscription is over and billed, or has no such due time.
    """
    periods = await open_periods(tx, subscription_id)
    times = sorted({period.due_at for period in periods})
    chosen = (times[0] if times else None) if due_at is None else due_at
    if chosen not in times:
        raise NothingToPreview("the subscription has no open period that falls due then")
    at_hand = await with_requests(tx, [one for one in periods if one.due_at == chosen])
    carrying = await carriers(tx, [subscription_id])
    rows = await read_to_close(tx, at_hand, pricing=pricing, carriers=carrying)
    snapshot = await _snapshot(tx, rows)
    return Preview(at_hand[0].due_at, await _priced(snapshot, pricing))


async def current_usage(
    tx: Tx, subscription_id: UUID, *, pricing: Pricing
) -> CurrentUsage | None:
    """Price what was used in the open period so far; None where there is no open period.

    All of it, what interim invoices have billed included, and how much that is.

    One range of the covering index; users beyond their packs are in it, fees, gauges and the
    commitment are left out.
    """
    periods = [one for one in await open_periods(tx, subscription_id) if one.stream == "usage"]
    if not periods:
        return None
    first = min(periods, key=lambda period: period.starts_at)
    snapshot = await _snapshot(tx, await read_rows(tx, [first], pricing=pricing))
    (part,) = (part for part in snapshot.usage if part.period_id == first.id)
    whole = as_if_never_billed(part._replace(gauges=(), fees=()))
    draft = await _priced(snapshot._replace(fees=(), usage=(whole,), discounts=()), pricing)
    lines = tuple(line for line in draft.lines if line.kind != "commitment")
    amount = sum((line.amount for line in lines), Decimal(0))
    before = [total for total in part.billed.lines if total.key.kind in COUNTED_KINDS]
    billed = sum((total.amount for total in before), Decimal(0))
    known = unbilled_events(draft)
    return CurrentUsage(
        first.part,
        draft.currency,
        lines,
        amount,
        billed,
        amount - billed,
        known - sum(total.events for total in before),
    )


async def _snapshot(tx: Tx, rows: ClosingRows) -> Snapshot:
    await read_parties(tx, rows)
    await read_gauges(tx, rows)
    await read_consumption(tx, rows)
    await read_bill_discounts(tx, rows)
    groups = own_invoices(rows)
    for error in groups.faulty.values():
        raise error
    return groups.invoices[0].snapshot()


async def _priced(snapshot: Snapshot, pricing: Pricing) -> InvoiceDraft:
    (draft,) = await pricing.price([snapshot])
    if isinstance(draft, Exception):
        raise draft
    return draft
