"""Payments below accounts and invoices."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import Account
from api.features.invoices.lines import money
from api.features.invoices.types import Invoice
from api.features.payments import loading
from api.features.payments.collecting import Dunning, PaymentCollection, PaymentMethod
from api.features.payments.enums import InvoicePaymentState
from api.features.payments.types import AccountCredit, Allocation, Payment, Refund
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.graphql.money import Money
from api.linked import linked
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from core.payments import records
from core.payments.tables import AccountCreditRow, PaymentMethodRow, PaymentRow, RefundRow
from core.tenancy import Capability

PAYMENTS: Final = Listing(table=PaymentRow, record=records.Payment, show=Payment.of)
CREDITS: Final = Listing(table=AccountCreditRow, record=records.Credit, show=AccountCredit.of)
METHODS: Final = Listing(table=PaymentMethodRow, record=records.Method, show=PaymentMethod.of)
REFUNDS: Final = Listing(table=RefundRow, record=records.Refund, show=Refund.of)
_LATEST: Final = Sort(
    "payment.latest",
    key(col(PaymentRow.received_at), datetime, descending=True),
    key(col(PaymentRow.id), UUID, descending=True),
)
_CREDITS: Final = Sort("accountCredit.id", key(col(AccountCreditRow.id), UUID))
_METHODS: Final = Sort("paymentMethod.id", key(col(PaymentMethodRow.id), UUID))
_REFUNDS: Final = Sort("refund.latest", key(col(RefundRow.id), UUID, descending=True))
_payments = pages_below(PAYMENTS, parent=col(PaymentRow.account_id), sort=_LATEST)
_credits = pages_below(CREDITS, parent=col(AccountCreditRow.account_id), sort=_CREDITS)
_methods = pages_below(METHODS, parent=col(PaymentMethodRow.account_id), sort=_METHODS)
_refunds = pages_below(REFUNDS, parent=col(RefundRow.account_id), sort=_REFUNDS)


@strawberry.type(description="What an account owes, and what it has left.")
class AccountBalance:
    """Both in the account's currency; money is not used for invoices by showing it."""

    owed: Money = strawberry.field(description="What is open of its invoices.")
    credit: Money = strawberry.field(description="What is left of its payments and credits.")


@strawberry.type(description="The money of an account.")
class AccountPayments:
    """Fields of `Account`."""

    @strawberry.field(description="What it owes, and what it has left, in its currency.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def balance(self, info: Info, root: strawberry.Parent[Account]) -> AccountBalance:
        """Add up."""
        found = await info.context.loaders.of(loading.load_balances).load(root.key)
        assert found is not None  # the account has just been shown
        return AccountBalance(
            owed=money(found.owed, found.currency), credit=money(found.credit, found.currency)
        )

    @strawberry.field(description="What it has paid, the last received first.")
    @requires(Capability.INVOICE_READ)
    @paged
    async def payments(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[Payment]:
        """Return a page of payments."""
        return await _payments.page(info, parent=root.key, asked=asked)

    @strawberry.field(description="Money that it has or had to use up, the oldest first.")
    @requires(Capability.INVOICE_READ)
    @paged
    async def credits(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[AccountCredit]:
        """Return a page of credits."""
        return await _credits.page(info, parent=root.key, asked=asked)

    @strawberry.field(description="Its means of payment, removed ones too, the oldest first.")
    @requires(Capability.INVOICE_READ)
    @paged
    async def payment_methods(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[PaymentMethod]:
        """Return a page of methods."""
        return await _methods.page(info, parent=root.key, asked=asked)

    @strawberry.field(description="What it got back, the last asked for first.")
    @requires(Capability.INVOICE_READ)
    @paged
    async def refunds(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[Refund]:
        """Return a page of refunds."""
        return await _refunds.page(info, parent=root.key, asked=asked)


@strawberry.type(description="How an invoice is paid.")
class InvoicePayments:
    """Fields of `Invoice`."""

    @strawberry.field(
        description="Until when it is to be paid; null where its terms do not say."
    )
    @requires(Capability.INVOICE_READ, customers=True)
    async def pay_by(self, info: Info, root: strawberry.Parent[Invoice]) -> datetime | None:
        """Load the date."""
        found = await info.context.loaders.of(loading.load_standings).load(root.key)
        return None if found is None else found.pay_by

    @strawberry.field(description="Whether it is paid, in its account's time.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def payment_state(
        self, info: Info, root: strawberry.Parent[Invoice]
    ) -> InvoicePaymentState:
        """Decide by what is open of it."""
        found = await info.context.loaders.of(loading.load_standings).load(root.key)
        if found is None or found.kind != "invoice" or found.total <= 0:
            return InvoicePaymentState("nothing_due")
        if found.open <= 0:
            return InvoicePaymentState("settled")
        is_late = found.pay_by is not None and found.pay_by < found.now
        return InvoicePaymentState("overdue" if is_late else "open")

    @strawberry.field(description="What settled it, in order.")
    @requires(Capability.INVOICE_READ)
    async def allocations(
        self, info: Info, root: strawberry.Parent[Invoice]
    ) -> list[Allocation]:
        """Load what settled it."""
        found = await info.context.loaders.of(loading.load_uses_for_invoices).load(root.key)
        return [Allocation.of(each, root.currency) for each in found]

    @strawberry.field(description="What is or was collected for it, in order.")
    @requires(Capability.INVOICE_READ)
    async def collections(
        self, info: Info, root: strawberry.Parent[Invoice]
    ) -> list[PaymentCollection]:
        """Load its collections."""
        found = await info.context.loaders.of(loading.load_collections_of).load(root.key)
        return [PaymentCollection.of(each) for each in found]

    @strawberry.field(
        description="How far reminding of it has come; null where its terms name nothing."
    )
    @requires(Capability.INVOICE_READ)
    async def dunning(self, info: Info, root: strawberry.Parent[Invoice]) -> Dunning | None:
        """Load its dunning."""
        return await linked(info, loading.load_dunning, key=root.key, show=Dunning.of)
