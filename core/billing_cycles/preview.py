"""Invoices as the next closing would make them: the same reading and pricing, no commit.

Many subscriptions are read together, with the statements of one: what an account has due at
one time in one reading, as a closing does it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from core.billing.draft import DraftLine, InvoiceDraft
from core.billing.snapshot import Snapshot, UsagePart
from core.billing_cycles.carrying import carriers, read_to_close
from core.billing_cycles.consumption import read_consumption
from core.billing_cycles.discounting import read_bill_discounts
from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.facts import read_gauges, read_parties
from core.billing_cycles.in_advance import with_requests
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import open_periods_of, read_rows
from core.billing_cycles.rounds import rounds_of
from core.billing_cycles.rows import ClosingRows
from core.billing_cycles.snapshots import own_invoices
from core.billing_cycles.unbilled import COUNTED_KINDS, as_if_never_billed, unbilled_events
from core.db import Tx
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod

FoundT = TypeVar("FoundT")


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


@dataclass(frozen=True, slots=True)
class PeriodUsage:
    """What was used in one usage period in all, open or not, priced as if never billed.

    `net` is what it costs before tax and discounts, whatever the plan's tax mode;
    `quantities` are by product.
    """

    currency: str
    net: Decimal
    quantities: Mapping[UUID, Decimal]


async def invoice_preview(
    tx: Tx, subscription_id: UUID, *, pricing: Pricing, due_at: datetime | None = None
) -> Preview:
    """Compute what the subscription's next invoice would be if it were closed now.

    `due_at` chooses a later due time of its open periods; usage beyond now is, of course,
    not in it. What would park the subscription raises.

    Raises:
        NothingToPreview: the subscription is over and billed, or has no such due time.
    """
    periods = await open_periods_of(tx, [subscription_id])
    at_hand = _due_next(periods) if due_at is None else _due(periods, due_at)
    if not at_hand:
        raise NothingToPreview("the subscription has no open period that falls due then")
    return _risen((await _previewed(tx, at_hand, pricing=pricing))[subscription_id])


async def invoice_previews(
    tx: Tx, subscription_ids: Collection[UUID], *, pricing: Pricing
) -> dict[UUID, Preview | Exception]:
    """Compute the next invoice of each subscription, with the statements of one.

    What keeps one from being billed is its answer, `NothingToPreview` included, and hinders
    no other. Only due times that differ within an account cost statements of their own.
    """
    if not subscription_ids:
        return {}
    found: dict[UUID, Preview | Exception] = {
        one: NothingToPreview("the subscription has no open period that falls due then")
        for one in subscription_ids
    }
    for at_hand in rounds_of(_due_next(await open_periods_of(tx, subscription_ids))):
        found |= await _previewed(tx, at_hand, pricing=pricing)
    return found


async def current_usage(
    tx: Tx, subscription_id: UUID, *, pricing: Pricing
) -> CurrentUsage | None:
    """Price what was used in the open period so far; None where there is no open period.

    All of it, what interim invoices have billed included, and how much that is.

    One range of the covering index; users beyond their packs are in it, fees, gauges and the
    commitment are left out.
    """
    found = await current_usages(tx, [subscription_id], pricing=pricing)
    usage = found[subscription_id]
    return None if usage is None else _risen(usage)


async def current_usages(
    tx: Tx, subscription_ids: Collection[UUID], *, pricing: Pricing
) -> dict[UUID, CurrentUsage | Exception | None]:
    """Price the usage of each subscription as `current_usage`, with the statements of one.

    What keeps one from being priced is its answer and hinders no other. Only periods of one
    account that fall due at different times cost statements of their own.
    """
    found: dict[UUID, CurrentUsage | Exception | None] = dict.fromkeys(subscription_ids)
    if not found:
        return found
    first: dict[UUID, StoredPeriod] = {}
    for period in await open_periods_of(tx, subscription_ids):
        known = first.get(period.subscription_id)
        if period.stream == "usage" and (known is None or period.starts_at < known.starts_at):
            first[period.subscription_id] = period
    for at_hand in rounds_of(list(first.values())):
        found |= await _used(tx, at_hand, pricing=pricing)
    return found


async def usage_of_periods(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    pricing: Pricing,
    late: Collection[UUID] = (),
) -> dict[UUID, PeriodUsage | Exception]:
    """Price the usage of whole usage periods in any state, by period, as a closing reads it.

    `late` are later periods that bill events of these: those events count already.
    """
    found: dict[UUID, PeriodUsage | Exception] = {}
    for at_hand in rounds_of(periods):
        billing = [*(one.id for one in at_hand), *late]
        rows = await read_rows(tx, at_hand, pricing=pricing, billing=billing)
        snapshots = await _snapshots(tx, rows, pricing=pricing)
        parts: dict[UUID, Snapshot | Exception] = {}
        for one in at_hand:
            whole = snapshots[one.subscription_id]
            parts[one.id] = whole if isinstance(whole, Exception) else _alone(whole, one.id)
        for key, draft in (await _priced(parts, pricing)).items():
            found[key] = draft if isinstance(draft, Exception) else _in_all(draft, parts[key])
    return found


def _alone(snapshot: Snapshot, period_id: UUID) -> Snapshot:
    """Return what prices all usage of one period of a snapshot, and nothing else."""
    part = next(one for one in snapshot.usage if one.period_id == period_id)
    whole = as_if_never_billed(part._replace(gauges=(), fees=()))
    return snapshot._replace(fees=(), jobs=(), usage=(whole,), discounts=())


def _in_all(draft: InvoiceDraft, whole: Snapshot | Exception) -> PeriodUsage:
    assert isinstance(whole, Snapshot)  # what has a draft was priced
    quantities: dict[UUID, Decimal] = defaultdict(Decimal)
    for total in whole.usage[0].usage:
        quantities[total.product_id] += total.quantity
    net = sum((line.net for line in draft.lines if line.kind != "commitment"), Decimal(0))
    return PeriodUsage(draft.currency, net, quantities)


def _due_next(periods: Iterable[StoredPeriod]) -> list[StoredPeriod]:
    """Return of each subscription the periods that fall due first, together."""
    own: dict[UUID, list[StoredPeriod]] = defaultdict(list)
    for period in periods:
        own[period.subscription_id].append(period)
    return [
        period
        for each in own.values()
        for period in _due(each, min(period.due_at for period in each))
    ]


def _due(periods: Iterable[StoredPeriod], at: datetime) -> list[StoredPeriod]:
    return [period for period in periods if period.due_at == at]


async def _previewed(
    tx: Tx, periods: Sequence[StoredPeriod], *, pricing: Pricing
) -> dict[UUID, Preview | Exception]:
    """Compute invoices of periods of which each account has one due time."""
    at_hand = await with_requests(tx, periods)
    due = {period.subscription_id: period.due_at for period in reversed(at_hand)}
    carrying = await carriers(tx, due)
    rows = await read_to_close(tx, at_hand, pricing=pricing, carriers=carrying)
    drafts = await _priced(await _snapshots(tx, rows, pricing=pricing), pricing)
    return {
        key: draft if isinstance(draft, Exception) else Preview(due[key], draft)
        for key, draft in drafts.items()
    }


async def _used(
    tx: Tx, periods: Sequence[StoredPeriod], *, pricing: Pricing
) -> dict[UUID, CurrentUsage | Exception]:
    """Price the usage of one open period each."""
    at_hand = {period.subscription_id: period for period in periods}
    parts: dict[UUID, UsagePart] = {}
    rows = await read_rows(tx, periods, pricing=pricing)
    found = await _snapshots(tx, rows, pricing=pricing)
    for key, each in found.items():
        if isinstance(each, Snapshot):
            parts[key] = next(one for one in each.usage if one.period_id == at_hand[key].id)
            whole = as_if_never_billed(parts[key]._replace(gauges=(), fees=()))
            found[key] = each._replace(fees=(), usage=(whole,), discounts=())
    drafts = await _priced(found, pricing)
    return {
        key: draft if isinstance(draft, Exception) else _summed(draft, parts[key], at_hand[key])
        for key, draft in drafts.items()
    }


def _summed(draft: InvoiceDraft, part: UsagePart, period: StoredPeriod) -> CurrentUsage:
    lines = tuple(line for line in draft.lines if line.kind != "commitment")
    amount = sum((line.amount for line in lines), Decimal(0))
    before = [total for total in part.billed.lines if total.key.kind in COUNTED_KINDS]
    billed = sum((total.amount for total in before), Decimal(0))
    return CurrentUsage(
        period.part,
        draft.currency,
        lines,
        amount,
        billed,
        amount - billed,
        unbilled_events(draft) - sum(total.events for total in before),
    )


async def _snapshots(
    tx: Tx, rows: ClosingRows, *, pricing: Pricing
) -> dict[UUID, Snapshot | Exception]:
    """Return the snapshot of each subscription's own invoice, or why it has none."""
    await read_parties(tx, rows, pricing=pricing)
    await read_gauges(tx, rows)
    await read_consumption(tx, rows)
    await read_bill_discounts(tx, rows)
    groups = own_invoices(rows)
    return {
        **{group.members[0]: group.snapshot() for group in groups.invoices},
        **groups.faulty,
    }


async def _priced(
    found: Mapping[UUID, Snapshot | Exception], pricing: Pricing
) -> dict[UUID, InvoiceDraft | Exception]:
    drafts: dict[UUID, InvoiceDraft | Exception] = {}
    snapshots: dict[UUID, Snapshot] = {}
    for key, each in found.items():
        if isinstance(each, Exception):
            drafts[key] = each
        else:
            snapshots[key] = each
    priced = await pricing.price(list(snapshots.values()))
    return drafts | dict(zip(snapshots, priced, strict=True))


def _risen(found: FoundT | Exception) -> FoundT:
    if isinstance(found, Exception):
        raise found
    return found
