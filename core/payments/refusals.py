"""What payments are refused for."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class PaymentRefused(Refusal):
    """An amount is not above 0, too fine for its currency, or lies in the account's future."""

    code: ClassVar[str] = "PAYMENT_REFUSED"


class PaymentReferenceTaken(Refusal):
    """The gateway's reference names another payment."""

    code: ClassVar[str] = "PAYMENT_REFERENCE_TAKEN"


class CreditNotFound(Refusal):
    """The account has no such credit."""

    code: ClassVar[str] = "CREDIT_NOT_FOUND"


class NothingToSettle(Refusal):
    """Nothing is open of the invoices, or nothing is left of the money."""

    code: ClassVar[str] = "NOTHING_TO_SETTLE"


class AboveWhatIsLeft(Refusal):
    """More is to be used than is left, or than is open."""

    code: ClassVar[str] = "ABOVE_WHAT_IS_LEFT"


class GatewayRefused(Refusal):
    """There is no such gateway, or it cannot do this."""

    code: ClassVar[str] = "GATEWAY_REFUSED"


class PaymentMethodNotFound(Refusal):
    """There is no such payment method, or it was removed."""

    code: ClassVar[str] = "PAYMENT_METHOD_NOT_FOUND"


class AlreadyCollecting(Refusal):
    """A collection of the invoice is under way."""

    code: ClassVar[str] = "ALREADY_COLLECTING"
