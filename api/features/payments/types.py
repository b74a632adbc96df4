"""Payments, the money that is left of them, and refunds, as the schema shows them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.invoices.lines import money
from api.features.invoices.loading import load_invoices
from api.features.invoices.types import Invoice
from api.features.payments import loading
from api.features.payments.collecting import PaymentMethod
from api.features.payments.enums import (
    AccountCreditKind,
    RefundState,
)
from api.features.payments.ids import (
    CREDIT_ID,
    PAYMENT_ID,
    REFUND_ID,
)
from api.features.tenancy.actors import Actor
from api.graphql.money import Money
from api.graphql.nodes import Node
from api.linked import linked
from core.payments import records
from core.tenancy import Capability


@strawberry.type(description="So much of some money settled an invoice; it never changes.")
class Allocation:
    """A use of money."""

    amount: Money = strawberry.field(description="How much.")
    actor: Actor = strawberry.field(description="Who used it.")
    at: datetime = strawberry.field(description="When, in the account's time.")
    record: strawberry.Private[records.Allocation]

    @classmethod
    def of(cls, record: records.Allocation, currency: str) -> Allocation:
        """Show a record."""
        return cls(
            amount=money(record.amount, currency),
            actor=Actor.of(record.actor),
            at=record.at,
            record=record,
        )

    @strawberry.field(description="The invoice that it settled.")
    @requires(Capability.INVOICE_READ)
    async def invoice(self, info: Info) -> Invoice | None:
        """Load the invoice."""
        return await linked(info, load_invoices, key=self.record.invoice_id, show=Invoice.of)

    @strawberry.field(description="The money that was used.")
    @requires(Capability.INVOICE_READ)
    async def credit(self, info: Info) -> AccountCredit | None:
        """Load the credit."""
        return await linked(
            info, loading.load_credits, key=self.record.credit_id, show=AccountCredit.of
        )


@strawberry.type(
    description="Money that an account may use up: paid, or credited. It never covers more "
    "than it is."
)
class AccountCredit(Node):
    """A credit: amount = used + refunded + left."""

    kind: AccountCreditKind = strawberry.field(description="Where it came from.")
    amount: Money = strawberry.field(description="How much it was.")
    used: Money = strawberry.field(description="What of it settled invoices.")
    refunded: Money = strawberry.field(description="What of it went back, or is on its way.")
    left: Money = strawberry.field(description="What may still be used.")
    at: datetime = strawberry.field(description="When it came, in the account's time.")
    record: strawberry.Private[records.Credit]

    @classmethod
    def of(cls, record: records.Credit) -> AccountCredit:
        """Show a record."""
        currency = record.currency
        return cls(
            id=CREDIT_ID.encode(record.id),
            kind=AccountCreditKind(record.kind),
            amount=money(record.amount, currency),
            used=money(record.used, currency),
            refunded=money(record.refunded, currency),
            left=money(record.left, currency),
            at=record.at,
            record=record,
        )

    @strawberry.field(description="Whose it is.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.record.account_id, show=Account.of)

    @strawberry.field(description="The payment that it is; null for other kinds.")
    @requires(Capability.INVOICE_READ)
    async def payment(self, info: Info) -> Payment | None:
        """Load the payment."""
        if self.record.kind != "payment":
            return None
        return await linked(info, loading.load_payments, key=self.record.id, show=Payment.of)

    @strawberry.field(description="What it was used for, in order.")
    @requires(Capability.INVOICE_READ)
    async def allocations(self, info: Info) -> list[Allocation]:
        """Load its uses."""
        loader = info.context.loaders.of(loading.load_uses_of_credits)
        found = await loader.load(self.record.id)
        return [Allocation.of(each, self.record.currency) for each in found]


@strawberry.type(description="Money that was received; it never changes.")
class Payment(Node):
    """A payment."""

    amount: Money = strawberry.field(description="How much.")
    gateway: str = strawberry.field(description="Who received it; `manual`: people.")
    reference: str = strawberry.field(description="What it is called there; unique by gateway.")
    received_at: datetime = strawberry.field(description="When it was received.")
    note: str = strawberry.field(description="A word of whoever recorded it.")
    actor: Actor = strawberry.field(description="Who recorded it.")
    created_at: datetime = strawberry.field(description="When it was recorded.")
    record: strawberry.Private[records.Payment]

    @classmethod
    def of(cls, record: records.Payment) -> Payment:
        """Show a record."""
        return cls(
            id=PAYMENT_ID.encode(record.id),
            amount=money(record.amount, record.currency),
            gateway=record.gateway,
            reference=record.reference,
            received_at=record.received_at,
            note=record.note,
            actor=Actor.of(record.actor),
            created_at=record.created_at,
            record=record,
        )

    @strawberry.field(description="Who paid.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.record.account_id, show=Account.of)

    @strawberry.field(description="How it was paid, where that is known.")
    @requires(Capability.INVOICE_READ)
    async def method(self, info: Info) -> PaymentMethod | None:
        """Load the method."""
        return await linked(
            info, loading.load_methods, key=self.record.method_id, show=PaymentMethod.of
        )

    @strawberry.field(description="The money that it is: what is used of it, and what is left.")
    @requires(Capability.INVOICE_READ)
    async def credit(self, info: Info) -> AccountCredit | None:
        """Load the credit."""
        return await linked(
            info, loading.load_credits, key=self.record.id, show=AccountCredit.of
        )


@strawberry.type(description="Money on its way back to a customer.")
class Refund(Node):
    """A refund."""

    amount: Money = strawberry.field(description="How much.")
    gateway: str = strawberry.field(description="Who gives it back; `manual`: people.")
    state: RefundState = strawberry.field(description="How far it has come.")
    reference: str = strawberry.field(description="What it is called there.")
    reason: str = strawberry.field(description="What the gateway last said.")
    actor: Actor = strawberry.field(description="Who asked for it.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    record: strawberry.Private[records.Refund]

    @classmethod
    def of(cls, record: records.Refund) -> Refund:
        """Show a record."""
        return cls(
            id=REFUND_ID.encode(record.id),
            amount=money(record.amount, record.currency),
            gateway=record.gateway,
            state=RefundState(record.state),
            reference=record.reference,
            reason=record.reason,
            actor=Actor.of(record.actor),
            created_at=record.created_at,
            record=record,
        )

    @strawberry.field(description="The money that it is taken from.")
    @requires(Capability.INVOICE_READ)
    async def credit(self, info: Info) -> AccountCredit | None:
        """Load the credit."""
        return await linked(
            info, loading.load_credits, key=self.record.credit_id, show=AccountCredit.of
        )
