"""What was used in a period, priced by the reading and the pricing of a closing; no commit.

Many subscriptions are read together, with the statements of one: what an account has due at
one time in one reading, as a closing does it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.billing.draft import DraftLine, InvoiceDraft
from core.billing.snapshot import Snapshot, UsagePart
from core.billing_cycles.known import Known, read_open
from core.billing_cycles.own_drafts import own_snapshots, priced, risen
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import read_rows
from core.billing_cycles.rounds import rounds_of
from core.billing_cycles.unbilled import COUNTED_KINDS, as_if_never_billed, unbilled_events
from core.db import Tx
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod


@dataclass(frozen=True, slots=True)
class CurrentUsage:
    """The usage of an open period, priced so far, before tax.

    `billed` is what interim invoices have billed of `amount`, `unbilled` the rest, and
    `unbilled_events` the usage records in it. None of the three knows discounts. `codes` are
    those of the products on the lines, `zone` is the subscription's.
    """

    period: Period
    zone: str
    currency: str
    codes: Mapping[UUID, str]
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
    return None if usage is None else risen(usage)


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
    periods, known = await read_open(tx, subscription_ids)
    for period in periods:
        other = first.get(period.subscription_id)
        if period.stream == "usage" and (other is None or period.starts_at < other.starts_at):
            first[period.subscription_id] = period
    for at_hand in rounds_of(list(first.values())):
        found |= await _used(tx, at_hand, pricing=pricing, known=known)
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
        snapshots = await own_snapshots(tx, rows, pricing=pricing)
        parts: dict[UUID, Snapshot | Exception] = {}
        for one in at_hand:
            whole = snapshots[one.subscription_id]
            parts[one.id] = (
                whole if isinstance(whole, Exception) else _alone(whole, _part(whole, one.id))
            )
        for key, draft in (await priced(parts, pricing=pricing)).items():
            found[key] = draft if isinstance(draft, Exception) else _in_all(draft, parts[key])
    return found


async def _used(
    tx: Tx, periods: Sequence[StoredPeriod], *, pricing: Pricing, known: Known | None
) -> dict[UUID, CurrentUsage | Exception]:
    """Price the usage of one open period each."""
    at_hand = {period.subscription_id: period for period in periods}
    parts: dict[UUID, UsagePart] = {}
    rows = await read_rows(tx, periods, pricing=pricing, known=known)
    found = await own_snapshots(tx, rows, pricing=pricing)
    for key, each in found.items():
        if isinstance(each, Snapshot):
            parts[key] = _part(each, at_hand[key].id)
            found[key] = _alone(each, parts[key])
    drafts = await priced(found, pricing=pricing)
    return {
        key: draft if isinstance(draft, Exception) else _summed(draft, parts[key])
        for key, draft in drafts.items()
    }


def _summed(draft: InvoiceDraft, part: UsagePart) -> CurrentUsage:
    lines = tuple(line for line in draft.lines if line.kind != "commitment")
    amount = sum((line.amount for line in lines), Decimal(0))
    before = [total for total in part.billed.lines if total.key.kind in COUNTED_KINDS]
    billed = sum((total.amount for total in before), Decimal(0))
    sold = {line.product_id for line in lines if line.product_id is not None}
    return CurrentUsage(
        part.period,
        part.zone,
        draft.currency,
        {one: part.products[one].code for one in sold},
        lines,
        amount,
        billed,
        amount - billed,
        unbilled_events(draft) - sum(total.events for total in before),
    )


def _part(snapshot: Snapshot, period_id: UUID) -> UsagePart:
    return next(one for one in snapshot.usage if one.period_id == period_id)


def _alone(snapshot: Snapshot, part: UsagePart) -> Snapshot:
    """Return what prices all usage of one period of a snapshot, and nothing else."""
    whole = as_if_never_billed(part._replace(gauges=(), fees=()))
    return snapshot._replace(fees=(), jobs=(), usage=(whole,), discounts=())


def _in_all(draft: InvoiceDraft, whole: Snapshot | Exception) -> PeriodUsage:
    assert isinstance(whole, Snapshot)  # what has a draft was priced
    quantities: dict[UUID, Decimal] = defaultdict(Decimal)
    for total in whole.usage[0].usage:
        quantities[total.product_id] += total.quantity
    net = sum((line.net for line in draft.lines if line.kind != "commitment"), Decimal(0))
    return PeriodUsage(draft.currency, net, quantities)
