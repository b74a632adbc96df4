"""Inputs and payloads of the mutations of payments and of credit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from api.features.invoices.types import Invoice
from api.features.payments.types import AccountCredit, Payment, Refund
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.graphql.money import Money
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.contact_details import InvalidText
from core.kernel.money import UnknownCurrency
from core.payments.refusals import (
    AboveWhatIsLeft,
    GatewayRefused,
    NothingToSettle,
    PaymentReferenceTaken,
    PaymentRefused,
)


@strawberry.input(description="Money that was received.")
class ReceivedInput(IdempotentInput, DryRunInput):
    """What recording and reporting have in common."""

    account: strawberry.ID = strawberry.field(description="Who paid, by id or ref.")
    amount: Decimal = strawberry.field(description="How much; above 0.")
    reference: str = strawberry.field(
        description="What it is called where it was received. The same one is booked once."
    )
    currency: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its currency; the account's, where left out."
    )
    received_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When; now, where left out."
    )
    invoices: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET,
        description="At most 100 invoices that it settles, by id or number, in this order. "
        "Left out: those that are to be paid first; empty: none, and all of it is kept.",
    )
    note: str = strawberry.field(default="", description="A word of your own.")


@strawberry.input(description="Money that people saw come in: a transfer, cash.")
class PaymentRecordInput(ReceivedInput):
    """A payment of the gateway `manual`."""


@strawberry.type(description="The payment, or why there is none.")
class PaymentRecordPayload:
    """What paymentRecord did."""

    payment: Payment | None = strawberry.field(description="The payment.", default=None)
    user_errors: list[UserError] = user_errors(
        "PaymentRecord",
        PaymentRefused,
        PaymentReferenceTaken,
        UnknownCurrency,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Money that a gateway or a bank reports.")
class PaymentReportInput(ReceivedInput):
    """A payment of a gateway."""

    gateway: str = strawberry.field(description="The gateway that received it.")


@strawberry.type(description="The payment, or why there is none.")
class PaymentReportPayload:
    """What paymentReport did."""

    payment: Payment | None = strawberry.field(description="The payment.", default=None)
    user_errors: list[UserError] = user_errors(
        "PaymentReport",
        GatewayRefused,
        PaymentRefused,
        PaymentReferenceTaken,
        UnknownCurrency,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="What is left of a payment, for an invoice.")
class PaymentAllocateInput(IdempotentInput, DryRunInput):
    """A payment and an invoice."""

    payment: strawberry.ID = strawberry.field(description="The payment.")
    invoice: strawberry.ID = strawberry.field(
        description="The invoice that it settles, by id or number."
    )
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="How much of it; as much as goes, where left out."
    )


@strawberry.type(description="The payment and the invoice, or why nothing changed.")
class PaymentAllocatePayload:
    """What paymentAllocate did."""

    payment: Payment | None = strawberry.field(description="The payment.", default=None)
    invoice: Invoice | None = strawberry.field(description="The invoice.", default=None)
    user_errors: list[UserError] = user_errors(
        "PaymentAllocate",
        NothingToSettle,
        AboveWhatIsLeft,
        PaymentRefused,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Money that an account has left, for its invoices.")
class CreditApplyInput(IdempotentInput, DryRunInput):
    """An account, and what of its money is for what."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    credit: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Which money; all that is left, the oldest first, where left out.",
    )
    invoices: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET,
        description="At most 100 invoices, by id or number, in this order; those to be paid "
        "first, where left out.",
    )
    currency: str | None = strawberry.field(
        default=strawberry.UNSET, description="Which currency; the account's, where left out."
    )
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="How much; as much as goes, where left out."
    )


@strawberry.type(description="What was used, or why nothing changed.")
class CreditApplyPayload:
    """What creditApply did."""

    applied: Money | None = strawberry.field(description="How much was used.", default=None)
    invoices: list[Invoice] = strawberry.field(
        description="The invoices that it settled, each as it is now.", default_factory=list
    )
    user_errors: list[UserError] = user_errors(
        "CreditApply",
        NothingToSettle,
        AboveWhatIsLeft,
        PaymentRefused,
        UnknownCurrency,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Money that goes back to a customer.")
class RefundRequestInput(IdempotentInput, DryRunInput):
    """A credit and an amount."""

    credit: strawberry.ID = strawberry.field(description="The money that it is taken from.")
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="How much; all that is left, where left out."
    )
    gateway: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Who gives it back. Left out: who received it, where they can; otherwise "
        "`manual`, for what people have transferred.",
    )
    reference: str = strawberry.field(
        default="", description="What the transfer is called, where people made it."
    )


@strawberry.type(description="The refund, or why there is none.")
class RefundRequestPayload:
    """What refundRequest did."""

    refund: Refund | None = strawberry.field(description="The refund.", default=None)
    credit: AccountCredit | None = strawberry.field(
        description="The money that it was taken from, as it is now.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "RefundRequest",
        NothingToSettle,
        AboveWhatIsLeft,
        PaymentRefused,
        GatewayRefused,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )
