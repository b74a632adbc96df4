"""Pricing what was read for each subscription by itself: its faults are its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing.snapshot import Snapshot
from core.billing_cycles.consumption import read_consumption
from core.billing_cycles.discounting import read_bill_discounts
from core.billing_cycles.facts import read_gauges, read_parties
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import ClosingRows
from core.billing_cycles.snapshots import own_invoices
from core.db import Tx

FoundT = TypeVar("FoundT")


async def own_snapshots(
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


async def priced(
    found: Mapping[UUID, Snapshot | Exception], *, pricing: Pricing
) -> dict[UUID, InvoiceDraft | Exception]:
    """Price snapshots together; what cannot be priced is its own answer."""
    drafts: dict[UUID, InvoiceDraft | Exception] = {}
    snapshots: dict[UUID, Snapshot] = {}
    for key, each in found.items():
        if isinstance(each, Exception):
            drafts[key] = each
        else:
            snapshots[key] = each
    answers = await pricing.price(list(snapshots.values()))
    return drafts | dict(zip(snapshots, answers, strict=True))


def risen(found: FoundT | Exception) -> FoundT:
    """Return what was found; raise what hindered it."""
    if isinstance(found, Exception):
        raise found
    return found
