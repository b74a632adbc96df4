"""How invoices are collected as the schema shows it: means of payment, tries, reminders."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.invoices.lines import money
from api.features.invoices.loading import load_invoices
from api.features.invoices.types import Invoice
from api.features.payments import loading
from api.features.payments.enums import (
    DunningActionKind,
    DunningState,
    PaymentCollectionState,
    PaymentMethodKind,
    PaymentMethodState,
)
from api.features.payments.ids import (
    COLLECTION_ID,
    PAYMENT_METHOD_ID,
)
from api.graphql.money import Money
from api.graphql.nodes import Node
from api.linked import linked
from core.payments import records
from core.tenancy import Capability


@strawberry.type(
    description="A means of payment of an account. Its provider's name for it (the token) is "
    "kept and never shown; numbers of cards are not taken."
)
class PaymentMethod(Node):
    """A payment method."""

    gateway: str = strawberry.field(description="The gateway that it belongs to.")
    kind: PaymentMethodKind = strawberry.field(description="What it is.")
    label: str = strawberry.field(description="What people call it, such as Visa 4242.")
    expires_on: date | None = strawberry.field(description="Its last day, where it has one.")
    is_default: bool = strawberry.field(description="Whether new invoices are collected by it.")
    state: PaymentMethodState = strawberry.field(description="Whether it may be used.")
    created_at: datetime = strawberry.field(description="When it was added.")
    account_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Method) -> PaymentMethod:
        """Show a record."""
        return cls(
            id=PAYMENT_METHOD_ID.encode(record.id),
            gateway=record.gateway,
            kind=PaymentMethodKind(record.kind),
            label=record.label,
            expires_on=record.expires_on,
            is_default=record.is_default,
            state=PaymentMethodState(record.state),
            created_at=record.created_at,
            account_key=record.account_id,
        )

    @strawberry.field(description="Whose it is.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)


@strawberry.type(description="An amount to be collected for an invoice.")
class PaymentCollection(Node):
    """A collection."""

    amount: Money = strawberry.field(
        description="How much; what is open, when it is attempted."
    )
    gateway: str = strawberry.field(description="Who collects.")
    state: PaymentCollectionState = strawberry.field(description="How far it has come.")
    attempts: int = strawberry.field(description="How often the gateway was asked for it anew.")
    next_at: datetime | None = strawberry.field(
        description="When it is attempted, or asked for, again; null when it is over."
    )
    reference: str = strawberry.field(description="What the gateway last called it.")
    reason: str = strawberry.field(description="What the gateway last said.")
    created_at: datetime = strawberry.field(description="When it was made.")
    record: strawberry.Private[records.Collection]

    @classmethod
    def of(cls, record: records.Collection) -> PaymentCollection:
        """Show a record."""
        return cls(
            id=COLLECTION_ID.encode(record.id),
            amount=money(record.amount, record.currency),
            gateway=record.gateway,
            state=PaymentCollectionState(record.state),
            attempts=record.attempts,
            next_at=None if record.settled_at is not None else record.next_at,
            reference=record.reference,
            reason=record.reason,
            created_at=record.created_at,
            record=record,
        )

    @strawberry.field(description="The invoice that it is for.")
    @requires(Capability.INVOICE_READ)
    async def invoice(self, info: Info) -> Invoice | None:
        """Load the invoice."""
        return await linked(info, load_invoices, key=self.record.invoice_id, show=Invoice.of)

    @strawberry.field(description="The method that it is collected by.")
    @requires(Capability.INVOICE_READ)
    async def method(self, info: Info) -> PaymentMethod | None:
        """Load the method."""
        return await linked(
            info, loading.load_methods, key=self.record.method_id, show=PaymentMethod.of
        )


@strawberry.type(description="Something that was done about an unpaid invoice.")
class DunningAction:
    """An action."""

    kind: DunningActionKind = strawberry.field(description="What.")
    at: datetime = strawberry.field(description="When, in the account's time.")


@strawberry.type(description="How far reminding of an unpaid invoice has come.")
class Dunning:
    """The dunning of an invoice."""

    state: DunningState = strawberry.field(description="Where it stands.")
    next_at: datetime | None = strawberry.field(description="When more follows.")
    has_suspended: bool = strawberry.field(
        description="Whether its subscriptions were suspended for it."
    )
    invoice_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Dunning) -> Dunning:
        """Show a record."""
        return cls(
            state=DunningState(record.state),
            next_at=record.next_at,
            has_suspended=record.has_suspended,
            invoice_key=record.invoice_id,
        )

    @strawberry.field(description="What was done, in order.")
    @requires(Capability.INVOICE_READ)
    async def actions(self, info: Info) -> list[DunningAction]:
        """Load the actions."""
        found = await info.context.loaders.of(loading.load_actions).load(self.invoice_key)
        return [DunningAction(kind=DunningActionKind(one.kind), at=one.at) for one in found]
