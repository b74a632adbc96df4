"""Collecting an open invoice now, by a method of one's choice."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.credit_notes.refusals import InvoiceNotFound
from core.db import Tx
from core.kernel.ids import new_id
from core.payments.records import COLLECTED_KINDS, Collection, Method
from core.payments.refusals import (
    AlreadyCollecting,
    GatewayRefused,
    NothingToSettle,
    PaymentMethodNotFound,
)
from core.payments.repository import default_method, method_by_id
from core.payments.settling import lock_debts
from core.payments.tables import CollectionRow
from core.payments.waking import wake_payments
from core.rows import add_row, column_list, to_record, values_of

_COLLECTION: Final = column_list(Collection)
_OPEN: Final = f"""
SELECT {_COLLECTION} FROM collection
WHERE tenant_id = $1 AND invoice_id = $2 AND state IN ('waiting', 'pending') FOR UPDATE
"""  # noqa: S608 - our columns
_SOONER: Final = """
UPDATE collection SET next_at = $3, method_id = $4, gateway = $5
WHERE tenant_id = $1 AND id = $2
"""


async def collect_now(tx: Tx, *, invoice_id: UUID, method_id: UUID | None = None) -> Collection:
    """Let what is open of an invoice be collected now, and return the collection.

    A retry that waits for its time is brought forward; it counts as the attempt that it is.
    Without a method, the account's default.

    Raises:
        InvoiceNotFound, NothingToSettle, PaymentMethodNotFound, GatewayRefused
        AlreadyCollecting: a gateway was asked for it, and has not answered yet.
    """
    debt = (await lock_debts(tx, [invoice_id])).get(invoice_id)
    if debt is None:
        raise InvoiceNotFound("there is no such invoice; check its id", path=("invoice",))
    if debt.open <= 0:
        raise NothingToSettle("nothing is open of the invoice", path=("invoice",))
    method = await _method(tx, debt.account_id, method_id)
    account = await accounts.account(tx, debt.account_id)
    assert account is not None  # an invoice has its account
    now = account_now(tx, account)
    await wake_payments(tx, at=tx.now)
    row = await tx.fetchrow(_OPEN, tx.tenant_id, invoice_id)
    if row is not None and row["state"] == "pending":
        raise AlreadyCollecting("a gateway is asked for it already", path=("invoice",))
    if row is not None:
        await tx.execute(_SOONER, tx.tenant_id, row["id"], now, method.id, method.gateway)
        changed = {"next_at": now, "method_id": method.id, "gateway": method.gateway}
        return to_record(Collection, dict(row) | changed)
    made = Collection(
        id=new_id(),
        account_id=debt.account_id,
        invoice_id=invoice_id,
        method_id=method.id,
        gateway=method.gateway,
        currency=debt.currency,
        amount=debt.open,
        state="waiting",
        attempts=0,
        next_at=now,
        is_test=account.test_clock is not None,
        reference="",
        reason="",
        created_at=tx.now,
        settled_at=None,
    )
    await add_row(tx, CollectionRow, tenant_id=tx.tenant_id, **values_of(made))
    return made


async def _method(tx: Tx, account_id: UUID, method_id: UUID | None) -> Method:
    if method_id is None:
        found = await default_method(tx, account_id)
    else:
        found = await method_by_id(tx, method_id)
    if found is None or found.account_id != account_id or found.state != "active":
        raise PaymentMethodNotFound(
            "the account has no such payment method; check its id", path=("paymentMethod",)
        )
    if found.kind not in COLLECTED_KINDS:
        raise GatewayRefused("nothing is collected by that method", path=("paymentMethod",))
    return found
