"""Loaders of payments: each reads the rows of many keys in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from api.context import ApiContext
from api.pages import records_by_key
from core.payments import records
from core.payments.tables import (
    AccountCreditRow,
    CollectionRow,
    DunningRow,
    PaymentMethodRow,
    PaymentRow,
    RefundRow,
)
from core.rows import column_list, to_record

_ALLOCATIONS: Final = f"""
SELECT {column_list(records.Allocation)} FROM allocation
WHERE tenant_id = $1 AND {{column}} = ANY ($2::uuid[]) ORDER BY {{column}}, id
"""  # noqa: S608 - our columns
_COLLECTIONS: Final = f"""
SELECT {column_list(records.Collection)} FROM collection
WHERE tenant_id = $1 AND invoice_id = ANY ($2::uuid[]) ORDER BY invoice_id, id
"""  # noqa: S608 - our columns
_ACTIONS: Final = f"""
SELECT {column_list(records.DunningAction)} FROM dunning_action
WHERE tenant_id = $1 AND invoice_id = ANY ($2::uuid[]) ORDER BY invoice_id, at, id
"""  # noqa: S608 - our columns
_STANDINGS: Final = """
SELECT s.invoice_id, i.kind, s.total, s.total - s.paid - s.credited AS open, s.pay_by,
    coalesce(a.test_clock, $3) AS now
FROM invoice_settlement s
JOIN invoice i ON i.tenant_id = $1 AND i.id = s.invoice_id
JOIN account a ON a.tenant_id = $1 AND a.id = i.account_id
WHERE s.tenant_id = $1 AND s.invoice_id = ANY ($2::uuid[])
"""
_BALANCES: Final = """
SELECT a.id, a.currency,
    (SELECT coalesce(sum(s.total - s.paid - s.credited), 0) FROM invoice i
        JOIN invoice_settlement s ON s.tenant_id = $1 AND s.invoice_id = i.id
        WHERE i.tenant_id = $1 AND i.account_id = a.id AND i.currency = a.currency
            AND i.kind = 'invoice' AND s.total > s.paid + s.credited) AS owed,
    (SELECT coalesce(sum(c.amount - c.used - c.refunded), 0) FROM account_credit c
        WHERE c.tenant_id = $1 AND c.account_id = a.id AND c.currency = a.currency) AS credit
FROM account a WHERE a.tenant_id = $1 AND a.id = ANY ($2::uuid[])
"""


class PaymentStanding(NamedTuple):
    """What is open of a document, by when, and what time it is for its account."""

    invoice_id: UUID
    kind: str
    total: Decimal
    open: Decimal
    pay_by: datetime | None
    now: datetime


class Balance(NamedTuple):
    """What an account owes and has left, in its currency."""

    id: UUID
    currency: str
    owed: Decimal
    credit: Decimal


async def load_payments(
    context: ApiContext, keys: list[UUID]
) -> Sequence[records.Payment | None]:
    """Load payments by id."""
    return await records_by_key(context, PaymentRow, records.Payment, keys)


async def load_methods(
    context: ApiContext, keys: list[UUID]
) -> Sequence[records.Method | None]:
    """Load payment methods by id."""
    return await records_by_key(context, PaymentMethodRow, records.Method, keys)


async def load_credits(
    context: ApiContext, keys: list[UUID]
) -> Sequence[records.Credit | None]:
    """Load credits by id."""
    return await records_by_key(context, AccountCreditRow, records.Credit, keys)


async def load_collections(
    context: ApiContext, keys: list[UUID]
) -> Sequence[records.Collection | None]:
    """Load collections by id."""
    return await records_by_key(context, CollectionRow, records.Collection, keys)


async def load_refunds(
    context: ApiContext, keys: list[UUID]
) -> Sequence[records.Refund | None]:
    """Load refunds by id."""
    return await records_by_key(context, RefundRow, records.Refund, keys)


async def load_dunning(
    context: ApiContext, keys: list[UUID]
) -> Sequence[records.Dunning | None]:
    """Load the dunning of invoices."""
    return await records_by_key(context, DunningRow, records.Dunning, keys, name="invoice_id")


async def load_uses_of_credits(
    context: ApiContext, keys: list[UUID]
) -> Sequence[list[records.Allocation]]:
    """Load what each credit was used for."""
    return await _rows_below(
        context, _ALLOCATIONS.format(column="credit_id"), records.Allocation, keys, "credit_id"
    )


async def load_uses_for_invoices(
    context: ApiContext, keys: list[UUID]
) -> Sequence[list[records.Allocation]]:
    """Load what settled each invoice."""
    return await _rows_below(
        context,
        _ALLOCATIONS.format(column="invoice_id"),
        records.Allocation,
        keys,
        "invoice_id",
    )


async def load_collections_of(
    context: ApiContext, keys: list[UUID]
) -> Sequence[list[records.Collection]]:
    """Load the collections of each invoice."""
    return await _rows_below(context, _COLLECTIONS, records.Collection, keys, "invoice_id")


async def load_actions(
    context: ApiContext, keys: list[UUID]
) -> Sequence[list[records.DunningAction]]:
    """Load what was done about each invoice."""
    return await _rows_below(context, _ACTIONS, records.DunningAction, keys, "invoice_id")


async def load_standings(
    context: ApiContext, keys: list[UUID]
) -> Sequence[PaymentStanding | None]:
    """Load what is open of documents."""
    async with context.transaction() as tx:
        rows = await tx.fetch(_STANDINGS, tx.tenant_id, keys, tx.now)
    found = {row["invoice_id"]: PaymentStanding(**dict(row)) for row in rows}
    return [found.get(key) for key in keys]


async def load_balances(context: ApiContext, keys: list[UUID]) -> Sequence[Balance | None]:
    """Load what accounts owe and have left."""
    async with context.transaction() as tx:
        rows = await tx.fetch(_BALANCES, tx.tenant_id, keys)
    found = {row["id"]: Balance(**dict(row)) for row in rows}
    return [found.get(key) for key in keys]


async def _rows_below(
    context: ApiContext, sql: str, record: type[Any], keys: list[UUID], name: str
) -> list[list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    async with context.transaction() as tx:
        for row in await tx.fetch(sql, tx.tenant_id, keys):
            found[row[name]].append(to_record(record, row))
    return [found[key] for key in keys]
