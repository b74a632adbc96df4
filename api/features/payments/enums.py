"""The words of payments."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="What kind of means of payment it is.")
class PaymentMethodKind(Enum):
    """Kinds of methods; the first two are collected from."""

    CARD = strawberry.enum_value("card", description="A card, which its gateway charges.")
    DIRECT_DEBIT = strawberry.enum_value(
        "direct_debit", description="An account that its gateway debits."
    )
    TRANSFER = strawberry.enum_value(
        "transfer", description="The customer transfers; payments are recorded or reported."
    )
    OTHER = strawberry.enum_value("other", description="Cash, cheques and the like.")


@strawberry.enum(description="Whether a payment method may still be used.")
class PaymentMethodState(Enum):
    """States of methods."""

    ACTIVE = strawberry.enum_value("active", description="It may.")
    REMOVED = strawberry.enum_value(
        "removed", description="It may not; what refers to it stays."
    )


@strawberry.enum(description="Where the money of a credit came from.")
class AccountCreditKind(Enum):
    """Kinds of credits."""

    PAYMENT = strawberry.enum_value("payment", description="It was paid.")
    CREDIT_NOTE = strawberry.enum_value(
        "credit_note", description="A credit note gave it back."
    )
    NEGATIVE_INVOICE = strawberry.enum_value(
        "negative_invoice", description="An invoice was below zero."
    )


@strawberry.enum(description="How far collecting has come.")
class PaymentCollectionState(Enum):
    """States of collections."""

    WAITING = strawberry.enum_value("waiting", description="It is attempted at `nextAt`.")
    PENDING = strawberry.enum_value(
        "pending", description="The gateway was asked, and has not decided."
    )
    SUCCEEDED = strawberry.enum_value("succeeded", description="The money was received.")
    FAILED = strawberry.enum_value("failed", description="The last attempt failed.")
    CANCELLED = strawberry.enum_value(
        "cancelled", description="It was not needed any more, or its method was removed."
    )


@strawberry.enum(description="How far giving money back has come.")
class RefundState(Enum):
    """States of refunds."""

    WAITING = strawberry.enum_value("waiting", description="The gateway is asked soon.")
    PENDING = strawberry.enum_value(
        "pending", description="The gateway was asked, and has not decided."
    )
    DONE = strawberry.enum_value("done", description="The customer has it.")
    FAILED = strawberry.enum_value(
        "failed", description="The gateway refused; the money is left as before."
    )


@strawberry.enum(description="How far reminding of an invoice has come.")
class DunningState(Enum):
    """States of dunning."""

    OPEN = strawberry.enum_value("open", description="More follows at `nextAt`.")
    SETTLED = strawberry.enum_value("settled", description="The invoice is settled.")
    EXHAUSTED = strawberry.enum_value(
        "exhausted", description="All that the terms name is done, and it is not settled."
    )


@strawberry.enum(description="What was done about an unpaid invoice.")
class DunningActionKind(Enum):
    """Kinds of actions."""

    RETRY = strawberry.enum_value("retry", description="It was collected again.")
    REMINDER = strawberry.enum_value("reminder", description="The customer was reminded.")
    SUSPEND = strawberry.enum_value("suspend", description="Its subscriptions were suspended.")
    END = strawberry.enum_value("end", description="Its subscriptions were ended.")
    LIFT = strawberry.enum_value("lift", description="It was paid, and suspension was lifted.")


@strawberry.enum(description="Whether an invoice is paid.")
class InvoicePaymentState(Enum):
    """States of an invoice's payment."""

    NOTHING_DUE = strawberry.enum_value(
        "nothing_due", description="It is for nothing, or below zero, or a credit note."
    )
    SETTLED = strawberry.enum_value("settled", description="It is paid or credited in full.")
    OPEN = strawberry.enum_value("open", description="Something is open of it.")
    OVERDUE = strawberry.enum_value(
        "overdue", description="Something is open of it beyond its `payBy`."
    )
