"""Reading payments and what belongs to them."""

from __future__ import annotations

from collections.abc import Collection as Some
from typing import Final
from uuid import UUID

from core.db import Tx
from core.payments.records import Collection, Credit, Method, Payment, Refund
from core.rows import column_list, fetch_record


def _select(record_type: type, table: str) -> str:
    return f"SELECT {column_list(record_type)} FROM {table} WHERE tenant_id = $1"  # noqa: S608 - ours


_PAYMENT: Final = _select(Payment, "payment")
_METHOD: Final = _select(Method, "payment_method")
_CREDIT: Final = _select(Credit, "account_credit")
_REFUND: Final = _select(Refund, "refund")
_COLLECTION: Final = _select(Collection, "collection")

# Oldest first, as they are to be paid.
_OPEN: Final = """
SELECT i.id FROM invoice i
JOIN invoice_settlement s ON s.tenant_id = $1 AND s.invoice_id = i.id
WHERE i.tenant_id = $1 AND i.account_id = $2 AND i.currency = $3 AND i.kind = 'invoice'
    AND s.paid + s.credited < s.total
ORDER BY coalesce(s.pay_by, i.due_at), i.due_at, i.id LIMIT $4
"""
_KNOWN: Final = """
SELECT id FROM invoice WHERE tenant_id = $1 AND account_id = $2 AND currency = $3
    AND kind = 'invoice' AND id = ANY ($4::uuid[])
"""
MOST_INVOICES: Final = 1_000
"""Open invoices that one payment looks at."""


async def payment_by_id(tx: Tx, payment_id: UUID) -> Payment | None:
    """Return a payment of this tenant."""
    return await fetch_record(tx, Payment, f"{_PAYMENT} AND id = $2", tx.tenant_id, payment_id)


async def payment_named(tx: Tx, *, gateway: str, reference: str) -> Payment | None:
    """Return the payment that a gateway calls so."""
    named = f"{_PAYMENT} AND gateway = $2 AND reference = $3"
    return await fetch_record(tx, Payment, named, tx.tenant_id, gateway, reference)


async def method_by_id(tx: Tx, method_id: UUID) -> Method | None:
    """Return a payment method of this tenant, removed ones too."""
    return await fetch_record(tx, Method, f"{_METHOD} AND id = $2", tx.tenant_id, method_id)


async def default_method(tx: Tx, account_id: UUID) -> Method | None:
    """Return the method that an account pays by, if it has chosen one."""
    chosen = f"{_METHOD} AND account_id = $2 AND is_default"
    return await fetch_record(tx, Method, chosen, tx.tenant_id, account_id)


async def credit_by_id(tx: Tx, credit_id: UUID) -> Credit | None:
    """Return money of this tenant's accounts."""
    return await fetch_record(tx, Credit, f"{_CREDIT} AND id = $2", tx.tenant_id, credit_id)


async def refund_by_id(tx: Tx, refund_id: UUID) -> Refund | None:
    """Return a refund of this tenant."""
    return await fetch_record(tx, Refund, f"{_REFUND} AND id = $2", tx.tenant_id, refund_id)


async def collection_by_id(tx: Tx, collection_id: UUID) -> Collection | None:
    """Return a collection of this tenant."""
    one = f"{_COLLECTION} AND id = $2"
    return await fetch_record(tx, Collection, one, tx.tenant_id, collection_id)


async def open_invoices(tx: Tx, account_id: UUID, *, currency: str) -> list[UUID]:
    """Return the invoices of an account that are not settled, the first to be paid first."""
    rows = await tx.fetch(_OPEN, tx.tenant_id, account_id, currency, MOST_INVOICES)
    return [row["id"] for row in rows]


async def invoices_known(
    tx: Tx, account_id: UUID, *, currency: str, among: Some[UUID]
) -> frozenset[UUID]:
    """Return those of these ids that are invoices of the account in the currency."""
    rows = await tx.fetch(_KNOWN, tx.tenant_id, account_id, currency, list(among))
    return frozenset(row["id"] for row in rows)
