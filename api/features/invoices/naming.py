"""From an invoice's id or number, as inputs name it, to its key."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.features.invoices.stored import invoice_numbered
from api.features.invoices.types import INVOICE_ID
from core.credit_notes.refusals import InvoiceNotFound
from core.db import Tx
from core.invoices.numbering import parse_number


async def invoice_key(tx: Tx, text: str, *, path: tuple[str, ...] = ("invoice",)) -> UUID:
    """Return the key of an invoice that is named by id or number.

    Raises:
        InvoiceNotFound: no invoice has the number.
        InvalidId: it is neither.
    """
    parsed = parse_number(text)
    if parsed is None:
        return INVOICE_ID.parse(text, path=path)
    found = await invoice_numbered(tx, *parsed)
    if found is None:
        raise InvoiceNotFound("there is no such invoice; check its number", path=path)
    return found.id


async def invoice_keys(tx: Tx, texts: Sequence[str] | None) -> tuple[UUID, ...] | None:
    """Return the keys of the argument `invoices`, in its order; None where it is left out."""
    if texts is None:
        return None
    keys = [
        await invoice_key(tx, text, path=("invoices", str(place)))
        for place, text in enumerate(texts)
    ]
    return tuple(keys)
