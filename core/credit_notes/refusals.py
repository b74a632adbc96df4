"""What making a credit note refuses."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class InvoiceNotFound(Refusal):
    """There is no such invoice."""

    code: ClassVar[str] = "INVOICE_NOT_FOUND"


class NotCorrectable(Refusal):
    """An invoice that nobody owes anything for is not corrected."""

    code: ClassVar[str] = "NOT_CORRECTABLE"


class CreditExceedsInvoice(Refusal):
    """More would be given back than the invoice, or its line, has left."""

    code: ClassVar[str] = "CREDIT_EXCEEDS_INVOICE"


class NothingToCredit(Refusal):
    """What was asked for gives nothing back."""

    code: ClassVar[str] = "NOTHING_TO_CREDIT"


class CreditScopeRefused(Refusal):
    """The input does not fit the scope: lines, an amount, or neither."""

    code: ClassVar[str] = "CREDIT_SCOPE_REFUSED"


class InvoiceLineUnknown(Refusal):
    """The invoice has no line of this number, or it is named twice."""

    code: ClassVar[str] = "INVOICE_LINE_UNKNOWN"
