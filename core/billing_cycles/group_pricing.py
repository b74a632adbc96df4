"""Pricing the invoices of a closing; what cannot be priced is told apart from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.snapshots import InvoiceGroup

Priced = tuple[InvoiceGroup, InvoiceDraft]


async def price_groups(
    groups: Sequence[InvoiceGroup], *, pricing: Pricing, faults: dict[UUID, Exception]
) -> list[Priced]:
    """Price all; where one invoice of several subscriptions fails, find the offender."""
    drafts = await pricing.price([group.snapshot() for group in groups])
    found: list[Priced] = []
    for group, draft in zip(groups, drafts, strict=True):
        if isinstance(draft, InvoiceDraft):
            found.append((group, draft))
        elif len(group.members) == 1:
            faults[group.members[0]] = draft
        else:
            found.extend(await _without_offenders(group, draft, pricing, faults))
    return found


async def _without_offenders(
    group: InvoiceGroup, error: Exception, pricing: Pricing, faults: dict[UUID, Exception]
) -> list[Priced]:
    alone = await pricing.price([group.snapshot([member]) for member in group.members])
    failed = {
        member: draft
        for member, draft in zip(group.members, alone, strict=True)
        if isinstance(draft, Exception)
    }
    group.members = [member for member in group.members if member not in failed]
    faults.update(failed)
    if not group.members:
        return []
    if failed:
        (draft,) = await pricing.price([group.snapshot()])
        if isinstance(draft, InvoiceDraft):
            return [(group, draft)]
        error = draft
    faults.update(dict.fromkeys(group.members, error))  # each is sound; together they are not
    return []
