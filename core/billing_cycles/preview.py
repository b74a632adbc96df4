"""Invoices as the next closing would make them: the same reading and pricing, no commit.

Many subscriptions are read together, with the statements of one: what an account has due at
one time in one reading, as a closing does it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing_cycles.carrying import carriers, read_to_close
from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.in_advance import with_requests
from core.billing_cycles.known import Known, read_open
from core.billing_cycles.own_drafts import own_snapshots, priced, risen
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rounds import rounds_of
from core.db import Tx
from core.periods.rows import StoredPeriod


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft, and when it would become an invoice."""

    due_at: datetime
    draft: InvoiceDraft


async def invoice_preview(
    tx: Tx, subscription_id: UUID, *, pricing: Pricing, due_at: datetime | None = None
) -> Preview:
    """Compute what the subscription's next invoice would be if it were closed now.

    `due_at` chooses a later due time of its open periods; usage beyond now is, of course,
    not in it. What would park the subscription raises.

    Raises:
        NothingToPreview: the subscription is over and billed, or has no such due time.
    """
    periods, known = await read_open(tx, [subscription_id])
    at_hand = _due_next(periods) if due_at is None else _due(periods, due_at)
    if not at_hand:
        raise NothingToPreview("the subscription has no open period that falls due then")
    found = await _previewed(tx, at_hand, pricing=pricing, known=known)
    return risen(found[subscription_id])


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
    periods, known = await read_open(tx, subscription_ids)
    for at_hand in rounds_of(_due_next(periods)):
        found |= await _previewed(tx, at_hand, pricing=pricing, known=known)
    return found


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
    tx: Tx, periods: Sequence[StoredPeriod], *, pricing: Pricing, known: Known | None
) -> dict[UUID, Preview | Exception]:
    """Compute invoices of periods of which each account has one due time."""
    at_hand = await with_requests(tx, periods)
    due = {period.subscription_id: period.due_at for period in reversed(at_hand)}
    carrying = await carriers(tx, due)
    rows = await read_to_close(tx, at_hand, pricing=pricing, carriers=carrying, known=known)
    drafts = await priced(await own_snapshots(tx, rows, pricing=pricing), pricing=pricing)
    return {
        key: draft if isinstance(draft, Exception) else Preview(due[key], draft)
        for key, draft in drafts.items()
    }
