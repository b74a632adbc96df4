"""Discounts of a closing: which bills may be reduced, and what is stored of it.

Only subscriptions and jobs whose terms are flexible are asked about; a tenant without any
such terms pays no statement for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing.snapshot import Discount, Snapshot
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import ClosingRows, PhaseFacts
from core.billing_cycles.snapshots import InvoiceGroup
from core.db import Tx
from core.discounts.billing import Billed, WindowKey, read_discounts
from core.discounts.storing import Reduced, store_discounts
from core.invoices.finalise import FinalInvoice

FLEXIBLE: Final = "flexible"


async def read_bill_discounts(tx: Tx, rows: ClosingRows) -> None:
    """Read what may reduce the bills at hand, as of their due times."""
    if rows.tenant is not None and not rows.tenant.has_discounts:
        return
    due = {period.subscription_id: period.due_at for period in rows.periods}
    billed: list[Billed] = []
    for subscription_id, at in due.items():
        found = flexible_time(rows.phases.get(subscription_id, ()), rows.terms)
        if found is not None:
            billed.append(Billed(subscription_id, "subscription", at, *found))
    billed += [
        Billed(job.id, "job", job.due_at)
        for job in rows.jobs.values()
        if rows.terms[job.terms_version_id].discounts == FLEXIBLE
    ]
    at_hand = [period.id for period in rows.periods]
    rows.discounts = await read_discounts(tx, billed, at_hand=at_hand)


def flexible_time(
    phases: Sequence[PhaseFacts], terms: Mapping[UUID, Any]
) -> tuple[Any, Any] | None:
    """Return from when until when the terms allow discounts; None where they never do.

    None in it is without limit. Where terms changed to and fro, the last time counts.
    """
    kinds = [terms[phase.terms_version_id].discounts == FLEXIBLE for phase in phases]
    if not any(kinds):
        return None
    last = max(number for number, flexible in enumerate(kinds) if flexible)
    first = last
    while first > 0 and kinds[first - 1]:
        first -= 1
    start = phases[first].from_at if first > 0 else None
    end = phases[last].until_at if last + 1 < len(phases) else None
    return start, end


def with_discounts(snapshot: Snapshot, rows: ClosingRows, *, member: UUID) -> Snapshot:
    """Let a snapshot of one member be reduced by what was read for it.

    Raises:
        ConditionFailed: a segment that criteria ask for cannot be decided.
    """
    context = rows.discounts.context(member)
    return snapshot._replace(
        discounts=rows.discounts.of(member),
        contexts={} if context is None else {member: context},
    )


async def within_windows(
    rows: ClosingRows,
    priced: Sequence[tuple[InvoiceGroup, InvoiceDraft]],
    *,
    pricing: Pricing,
    faults: dict[UUID, Exception],
) -> list[tuple[InvoiceGroup, InvoiceDraft]]:
    """Price those invoices anew that reduced more bills than an account's windows have left.

    In the order of the invoices: the first bills that need a use have it.
    """
    left = dict(rows.discounts.windows)
    if not left:
        return list(priced)
    found: list[tuple[InvoiceGroup, InvoiceDraft]] = []
    for group, first in priced:
        draft: InvoiceDraft | Exception = first
        while isinstance(draft, InvoiceDraft) and (over := _too_many(group, draft, left)):
            for member, one in over:
                group.discounts[member] = tuple(
                    kept
                    for kept in group.discounts[member]
                    if kept.definition_id != one.definition_id
                )
            (draft,) = await pricing.price([group.snapshot()])
        if not isinstance(draft, InvoiceDraft):
            faults.update(dict.fromkeys(group.members, draft))
            continue
        for applied in draft.discounts:
            key = (group.account_id, applied.discount.definition_id)
            if key in left:
                left[key] -= 1
        found.append((group, draft))
    return found


def _too_many(
    group: InvoiceGroup, draft: InvoiceDraft, left: Mapping[WindowKey, int]
) -> list[tuple[UUID, Discount]]:
    """Return the uses of an invoice that its account's windows do not have, by member."""
    rest, found = dict(left), []
    for applied in draft.discounts:
        discount = applied.discount
        key = (group.account_id, discount.definition_id)
        if key not in rest:
            continue
        rest[key] -= 1
        member = discount.subscription_id or discount.job_id
        if rest[key] < 0 and member is not None:
            found.append((member, discount))
    return found


async def store_bill_discounts(
    tx: Tx,
    rows: ClosingRows,
    drafts: Iterable[tuple[InvoiceDraft, UUID | None]],
    invoices: Sequence[FinalInvoice],
) -> None:
    """Store which discounts reduced which invoices.

    Raises:
        DiscountTaken: somebody else was quicker; the closing begins again.
    """
    by_id = {invoice.id: invoice for invoice in invoices}
    reduced: list[Reduced] = []
    for draft, invoice_id in drafts:
        if invoice_id is None or not draft.discounts:
            continue
        invoice = by_id[invoice_id]
        zone = rows.accounts[invoice.account_id]["timezone"]
        reduced += [
            Reduced(
                applied, invoice_id, invoice.account_id, draft.currency, zone, invoice.due_at
            )
            for applied in draft.discounts
        ]
    await store_discounts(tx, reduced)
