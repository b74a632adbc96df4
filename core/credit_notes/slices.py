"""Reading the slices that were charged, and what was given back of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from core.billing.free_time import length_in_months
from core.catalogue.terms_versions import load_terms_versions
from core.credit_notes.taking import Given, Slice
from core.db import Tx
from core.discounts.returned_time import ReturnedTime
from core.kernel.periods import Period, ProrationPolicy

_SLICES: Final = """
SELECT f.item_id, f.revision, f.kind, f.layer, f.from_at, f.until_at, f.quantity,
    f.invoice_id, f.line_number, f.reduced_by
FROM fee_slice f
WHERE f.tenant_id = $1 AND f.subscription_id = $2 AND f.item_id = ANY ($3::uuid[])
  AND f.kind = 'fee' AND f.until_at > $4 AND f.line_number IS NOT NULL
"""
_REDUCED: Final = """
SELECT f.item_id, f.revision, f.kind, f.layer, f.from_at, f.until_at, f.quantity,
    f.invoice_id, f.line_number, f.reduced_by
FROM fee_slice f
WHERE f.tenant_id = $1 AND f.subscription_id = $2 AND f.invoice_id = ANY ($3::uuid[])
  AND f.kind = 'fee' AND f.reduced_by <> '{}'
"""
_GIVEN: Final = """
SELECT item_id, revision, kind, slice_from, layer, from_at, until_at, quantity
FROM fee_credit
WHERE tenant_id = $1 AND subscription_id = $2 AND item_id = ANY ($3::uuid[])
ORDER BY id
"""
_PHASES: Final = """
SELECT p.from_at, p.billing_terms_version_id, s.timezone
FROM subscription_phase p
JOIN subscription s ON s.tenant_id = p.tenant_id AND s.id = p.subscription_id
WHERE p.tenant_id = $1 AND p.subscription_id = $2 ORDER BY p.from_at
"""


async def charged_slices(
    tx: Tx, subscription_id: UUID, items: Collection[UUID], *, since: datetime
) -> list[Slice]:
    """Read the slices of items that reach behind an instant; not yet what was given back."""
    rows = await tx.fetch(_SLICES, tx.tenant_id, subscription_id, list(items), since)
    return await _slices(tx, subscription_id, rows)


async def used_time(
    tx: Tx, subscription_id: UUID, invoice_ids: Collection[UUID]
) -> list[ReturnedTime]:
    """Return of each discounted slice of these invoices how much of its time was used.

    In months, as the slice that is left is counted: of a year that ended on 2 July six and
    1/31 of twelve, not 182 of 365 days.
    """
    rows = await tx.fetch(_REDUCED, tx.tenant_id, subscription_id, list(invoice_ids))
    slices = await _slices(tx, subscription_id, rows)
    await read_given(tx, subscription_id, slices)
    return [
        ReturnedTime(one.invoice_id, one.item_id, one.reduced_by, _share_used(one))
        for one in slices
    ]


def _share_used(one: Slice) -> Fraction:
    unused = one.unused()
    if len(unused) != 1 or unused[0].end != one.period.end:
        return Fraction(1) - one.share_unused()
    if unused[0].start <= one.period.start:
        return Fraction(0)
    used = length_in_months(Period(one.period.start, unused[0].start), one.zone)
    return used / length_in_months(one.period, one.zone)


async def read_given(tx: Tx, subscription_id: UUID, slices: Iterable[Slice]) -> None:
    """Read what was given back of slices, into them."""
    by_key = {key_of(one): one for one in slices}
    items = list({one.item_id for one in slices})
    for row in await tx.fetch(_GIVEN, tx.tenant_id, subscription_id, items):
        found = by_key.get(tuple(row)[:5])
        if found is not None:
            period = Period(row["from_at"], row["until_at"])
            found.given.append(Given(period, row["quantity"]))


def key_of(one: Slice) -> tuple[Any, ...]:
    """Return what tells a slice from the others of its subscription."""
    return (one.item_id, one.revision, one.kind, one.period.start, one.layer)


async def _slices(tx: Tx, subscription_id: UUID, rows: Collection[Any]) -> list[Slice]:
    if not rows:
        return []
    phases = await tx.fetch(_PHASES, tx.tenant_id, subscription_id)
    terms = await load_terms_versions(tx, {row["billing_terms_version_id"] for row in phases})

    def policy_at(at: datetime) -> ProrationPolicy:
        held = [row for row in phases if row["from_at"] <= at] or phases[:1]
        return terms[held[-1]["billing_terms_version_id"]].proration

    return [
        Slice(
            item_id=row["item_id"],
            revision=row["revision"],
            kind=row["kind"],
            layer=row["layer"],
            period=Period(row["from_at"], row["until_at"]),
            quantity=row["quantity"],
            invoice_id=row["invoice_id"],
            line=row["line_number"],
            reduced_by=tuple(row["reduced_by"]),
            zone=phases[0]["timezone"],
            policy=policy_at(row["from_at"]),
            given=[],
        )
        for row in rows
    ]
