"""What the verbs of payments answer with, kept for those who ask again under the same key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from api.context import ApiContext
from api.features.invoices.stored import StoredInvoice, invoices_by_id
from api.features.payments import loading
from api.mutations import StoredAnswer, runner
from core.db import Tx
from core.payments import records
from core.payments.repository import credit_by_id, payment_by_id, refund_by_id
from core.payments.spreading import NOTHING


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment or a refund with the money that it is, and the invoices that it settled."""

    credit: records.Credit | None = None
    payment: records.Payment | None = None
    refund: records.Refund | None = None
    invoices: tuple[StoredInvoice, ...] = ()
    applied: Decimal = NOTHING
    currency: str = ""


def _kept(answer: Paid) -> Mapping[str, Any]:
    return {
        "payment": _id_of(answer.payment),
        "refund": _id_of(answer.refund),
        "invoices": [str(each.id) for each in answer.invoices],
        "applied": f"{answer.applied:f}",
        "currency": answer.currency,
    }


def _id_of(record: records.Payment | records.Refund | None) -> str | None:
    return None if record is None else str(record.id)


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> Paid:
    payment = kept["payment"] and await payment_by_id(tx, UUID(kept["payment"]))
    refund = kept["refund"] and await refund_by_id(tx, UUID(kept["refund"]))
    credit_id = payment.id if payment else refund.credit_id if refund else None
    found = await invoices_by_id(tx, [UUID(each) for each in kept["invoices"]])
    return Paid(
        payment=payment or None,
        refund=refund or None,
        credit=None if credit_id is None else await credit_by_id(tx, credit_id),
        invoices=tuple(found[UUID(each)] for each in kept["invoices"]),
        applied=Decimal(kept["applied"]),
        currency=kept["currency"],
    )


def _prime(context: ApiContext) -> Callable[[Tx, Paid], Awaitable[None]]:
    """Return what lets nested fields show what a verb left, dry runs included."""

    async def after(_tx: Tx, answer: Paid) -> None:
        if answer.credit is not None:
            context.loaders.of(loading.load_credits).prime(answer.credit.id, answer.credit)

    return after


run_change: Final = runner(StoredAnswer(keep=_kept, recall=_recalled), prime=_prime)
