"""What the next closings of accounts would bill: the closing's own reading and gathering.

An account that takes one invoice for all has one for each due time, its jobs that are due by
then included; every other subscription has its own. Nothing is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing_cycles.carrying import carriers, read_to_close
from core.billing_cycles.consumption import read_consumption
from core.billing_cycles.discounting import read_bill_discounts, within_windows
from core.billing_cycles.facts import read_gauges, read_parties
from core.billing_cycles.group_pricing import price_groups
from core.billing_cycles.in_advance import with_requests
from core.billing_cycles.job_rows import add_jobs, jobs_with_closings
from core.billing_cycles.known import Known, read_open
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rounds import rounds_of
from core.billing_cycles.snapshots import invoice_groups
from core.db import Tx
from core.periods.rows import StoredPeriod

MOST_SUBSCRIPTIONS: Final = 200
"""Subscriptions of an account that are looked at: the first of them."""

_SUBSCRIPTIONS: Final = """
SELECT w.account_id, s.id FROM unnest($2::uuid[]) AS w (account_id)
CROSS JOIN LATERAL (SELECT id FROM subscription s
    WHERE s.tenant_id = $1 AND s.account_id = w.account_id AND s.state <> 'ended'
    ORDER BY s.id LIMIT $3) AS s
"""


@dataclass(frozen=True, slots=True)
class NextInvoice:
    """An invoice to be of some subscriptions and jobs, or why one of them cannot be billed."""

    account_id: UUID
    due_at: datetime
    members: tuple[UUID, ...]
    draft: InvoiceDraft | None
    error: Exception | None = None


async def next_invoices(
    tx: Tx, account_ids: Collection[UUID], *, pricing: Pricing
) -> dict[UUID, list[NextInvoice]]:
    """Compute of each account what the next closing of each subscription would bill."""
    found: dict[UUID, list[NextInvoice]] = {key: [] for key in account_ids}
    rows = await tx.fetch(_SUBSCRIPTIONS, tx.tenant_id, list(account_ids), MOST_SUBSCRIPTIONS)
    if not rows:
        return found
    periods, known = await read_open(tx, [row["id"] for row in rows])
    for at_hand in rounds_of(_first_due(periods)):
        for invoice in await _of_round(tx, at_hand, pricing=pricing, known=known):
            found[invoice.account_id].append(invoice)
    return {key: sorted(each, key=lambda one: one.due_at) for key, each in found.items()}


def _first_due(periods: Sequence[StoredPeriod]) -> list[StoredPeriod]:
    """Return of each subscription the periods that fall due first."""
    own: dict[UUID, list[StoredPeriod]] = defaultdict(list)
    for period in periods:
        own[period.subscription_id].append(period)
    return [
        period
        for each in own.values()
        for period in each
        if period.due_at == min(one.due_at for one in each)
    ]


async def _of_round(
    tx: Tx, periods: Sequence[StoredPeriod], *, pricing: Pricing, known: Known | None
) -> list[NextInvoice]:
    """Price the invoices of periods of which each account has one due time."""
    at_hand = await with_requests(tx, periods)
    due = {period.account_id: period.due_at for period in at_hand}
    owners = {period.subscription_id: period.account_id for period in at_hand}
    carrying = await carriers(tx, owners)
    rows = await read_to_close(tx, at_hand, pricing=pricing, carriers=carrying, known=known)
    await add_jobs(tx, rows, await jobs_with_closings(tx, due), pricing=pricing)
    owners |= {job.id: job.account_id for job in rows.jobs.values()}
    await read_parties(tx, rows, pricing=pricing)
    await read_gauges(tx, rows)
    await read_consumption(tx, rows)
    await read_bill_discounts(tx, rows)
    groups = invoice_groups(rows)
    faults = dict(groups.faulty)
    priced = await price_groups(groups.invoices, pricing=pricing, faults=faults)
    priced = await within_windows(rows, priced, pricing=pricing, faults=faults)
    found = [
        NextInvoice(group.account_id, group.due_at, tuple(group.members), draft)
        for group, draft in priced
        if draft.lines
    ]
    return found + [
        NextInvoice(owners[key], due[owners[key]], (key,), None, error)
        for key, error in faults.items()
    ]
