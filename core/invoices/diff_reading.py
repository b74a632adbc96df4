"""Reading two invoices to compare them: which one went before, and what their lines are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Final
from uuid import UUID

from core.db import Tx
from core.invoices.diff import LineDifference, differences
from core.invoices.diff_causes import Held
from core.invoices.diff_lines import WHOLE, DiffLine
from core.kernel.errors import Refusal

_HEADS: Final = """
SELECT id, account_id, currency, kind FROM invoice
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""
# The one before in the series of the subscription, or of the account's common invoices.
_BEFORE: Final = """
SELECT e.id FROM invoice i
JOIN invoice e ON e.tenant_id = i.tenant_id AND e.account_id = i.account_id
    AND e.kind = 'invoice' AND e.currency = i.currency
    AND e.subscription_id IS NOT DISTINCT FROM i.subscription_id
    AND (e.due_at, e.id) < (i.due_at, i.id)
WHERE i.tenant_id = $1 AND i.id = $2
ORDER BY e.due_at DESC, e.id DESC LIMIT 1
"""
_LINES: Final = """
SELECT l.invoice_id, i.tax_mode, l.kind, coalesce(p.code, '') AS product, l.description, l.unit,
    l.dimension, l.is_difference, l.quantity, l.net, l.tax, l.tax_rate,
    l.price_plan_version_id, coalesce(pp.code || ' version ' || v.number, '') AS plan,
    l.working
FROM invoice_line l
JOIN invoice i ON i.tenant_id = $1 AND i.id = l.invoice_id
LEFT JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN price_plan_version v ON v.tenant_id = $1 AND v.id = l.price_plan_version_id
LEFT JOIN price_plan pp ON pp.tenant_id = $1 AND pp.id = v.price_plan_id
WHERE l.tenant_id = $1 AND l.invoice_id = ANY ($2::uuid[])
ORDER BY l.invoice_id, l.number
"""
# What was held at some time of the usage periods that an invoice has billed.
_HELD: Final = """
SELECT DISTINCT v.id AS invoice_id, p.code FROM invoice v
JOIN subscription s ON s.tenant_id = $1 AND s.account_id = v.account_id
    AND (v.subscription_id IS NULL OR s.id = v.subscription_id)
JOIN billing_period b ON b.tenant_id = $1 AND b.subscription_id = s.id
    AND b.stream = 'usage' AND b.due_at = v.due_at
JOIN subscription_item i ON i.tenant_id = $1 AND i.subscription_id = s.id
    AND i.from_at < b.ends_at AND (i.until_at IS NULL OR i.until_at > b.starts_at)
JOIN product p ON p.tenant_id = $1 AND p.id = i.product_id
WHERE v.tenant_id = $1 AND v.id = ANY ($2::uuid[])
"""
_NO_PRICES: Final = frozenset({"table", "free", "months", "proration", "counted"})
"""Steps whose unit price restates others, or is none."""


class InvoicesNotComparable(Refusal):
    """The invoices are of two accounts or currencies, or one is a credit note."""

    code: ClassVar[str] = "INVOICES_NOT_COMPARABLE"


async def invoice_before(tx: Tx, invoice_id: UUID) -> UUID | None:
    """Return the invoice before this one, of the same subscription; None for the first."""
    found: UUID | None = await tx.fetchval(_BEFORE, tx.tenant_id, invoice_id)
    return found


async def invoice_differences(tx: Tx, *, before: UUID, after: UUID) -> list[LineDifference]:
    """Compare two invoices that are there, line by line.

    Raises:
        InvoicesNotComparable
    """
    heads = {row["id"]: row for row in await tx.fetch(_HEADS, tx.tenant_id, [before, after])}
    one, other = heads[before], heads[after]
    if any(one[name] != other[name] for name in ("account_id", "currency", "kind")):
        raise InvoicesNotComparable(
            "the two are of different accounts, currencies or kinds; choose an invoice of the"
            " same account and currency",
            path=("against",),
        )
    lines: dict[UUID, list[DiffLine]] = {before: [], after: []}
    for row in await tx.fetch(_LINES, tx.tenant_id, [before, after]):
        lines[row["invoice_id"]].append(_line(row))
    held: dict[UUID, set[str]] = {before: set(), after: set()}
    for row in await tx.fetch(_HELD, tx.tenant_id, [before, after]):
        held[row["invoice_id"]].add(row["code"])
    return differences(
        lines[before],
        lines[after],
        currency=other["currency"],
        held=Held(held[before], held[after]),
    )


def _line(row: Any) -> DiffLine:
    steps: Sequence[Mapping[str, Any]] = row["working"]
    return DiffLine(
        kind=row["kind"],
        product=row["product"],
        name=row["description"],
        unit=row["unit"],
        dimension=row["dimension"],
        is_late=row["is_difference"],
        quantity=row["quantity"],
        net=row["net"],
        tax=row["tax"],
        tax_rate=row["tax_rate"],
        plan_version_id=row["price_plan_version_id"],
        plan=row["plan"],
        share=_share(steps),
        prices=_prices(steps),
        is_inclusive=row["tax_mode"] == "inclusive",
    )


def _share(steps: Sequence[Mapping[str, Any]]) -> Fraction:
    for step in steps:
        if step["kind"] == "proration":
            facts = step["facts"]
            return Fraction(int(facts["numerator"]), int(facts["denominator"]))
    return WHOLE


def _prices(steps: Sequence[Mapping[str, Any]]) -> frozenset[Decimal]:
    return frozenset(
        Decimal(step["unitPrice"])
        for step in steps
        if step["unitPrice"] is not None and step["kind"] not in _NO_PRICES
    )
