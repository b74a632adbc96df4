"""Inputs and payloads of the mutations of means of payment and of collecting by them."""

from __future__ import annotations

from datetime import date

import strawberry

from api.features.payments.collecting import PaymentCollection, PaymentMethod
from api.features.payments.enums import PaymentMethodKind
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.contact_details import InvalidText
from core.payments.refusals import AlreadyCollecting, GatewayRefused, NothingToSettle


@strawberry.input(description="A means of payment to be.")
class PaymentMethodAddInput(IdempotentInput, DryRunInput):
    """A payment method."""

    account: strawberry.ID = strawberry.field(description="Whose, by id or ref.")
    gateway: str = strawberry.field(
        description="The gateway: `manual`, `test`, or one of a plugin."
    )
    kind: PaymentMethodKind = strawberry.field(
        description="What it is: a card or a direct debit where the gateway collects."
    )
    token: str = strawberry.field(
        description="The provider's name for it, never a number. Of `test`: `ok`, `declined`, "
        "`declined:2` (then it succeeds), `pending:3`."
    )
    label: str = strawberry.field(description="What people call it, such as Visa 4242.")
    expires_on: date | None = strawberry.field(
        default=strawberry.UNSET, description="Its last day, where it has one."
    )
    is_default: bool = strawberry.field(
        default=False,
        description="Whether invoices are collected by it from now on; an account's first one "
        "always is.",
    )


@strawberry.type(description="The new method, or why there is none.")
class PaymentMethodAddPayload:
    """What paymentMethodAdd did."""

    payment_method: PaymentMethod | None = strawberry.field(
        description="The method.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "PaymentMethodAdd", GatewayRefused, InvalidText, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="The method that new invoices are collected by.")
class PaymentMethodSetDefaultInput(IdempotentInput, DryRunInput):
    """A payment method."""

    payment_method: strawberry.ID = strawberry.field(description="Which.")


@strawberry.type(description="The method, or why nothing changed.")
class PaymentMethodSetDefaultPayload:
    """What paymentMethodSetDefault did."""

    payment_method: PaymentMethod | None = strawberry.field(
        description="The method.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "PaymentMethodSetDefault", *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="A method that is not to be used any more.")
class PaymentMethodRemoveInput(IdempotentInput, DryRunInput):
    """A payment method."""

    payment_method: strawberry.ID = strawberry.field(description="Which.")


@strawberry.type(description="The removed method, or why nothing changed.")
class PaymentMethodRemovePayload:
    """What paymentMethodRemove did."""

    payment_method: PaymentMethod | None = strawberry.field(
        description="The method.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "PaymentMethodRemove", *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="An invoice to be collected now.")
class InvoiceCollectInput(IdempotentInput, DryRunInput):
    """An invoice."""

    invoice: strawberry.ID = strawberry.field(description="Which, by id or number.")
    payment_method: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By what; the account's default, where left out."
    )


@strawberry.type(description="The collection, or why there is none.")
class InvoiceCollectPayload:
    """What invoiceCollect did."""

    collection: PaymentCollection | None = strawberry.field(
        description="The collection; its gateway is asked right afterwards.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "InvoiceCollect",
        NothingToSettle,
        GatewayRefused,
        AlreadyCollecting,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )
