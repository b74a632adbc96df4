"""The lists of invoices: the tenant's, an account's, a subscription's."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, and_, exists, or_
from sqlmodel import col, select

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID, Account
from api.features.invoices.stored import StoredInvoice, invoices
from api.features.invoices.types import Invoice
from api.features.subscriptions.types import SUBSCRIPTION_ID, Subscription
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from api.references import given, key_expression, named_in
from core.accounts.tables import AccountRow
from core.invoices.tables import InvoiceLineRow, InvoiceRow
from core.subscriptions.tables import SubscriptionRow
from core.tenancy import Capability


class InvoiceListing(Listing[StoredInvoice, Invoice]):
    """Invoices with number and settlement."""

    def statement(self, tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
        """Select the tenant's invoices that fulfil the conditions."""
        return invoices(tenant_id, *where)


class SubscriptionInvoiceListing(Listing[StoredInvoice, Invoice]):
    """Invoices beside each subscription that they charge.

    They are found by the account, for which there is an index; an invoice for a whole
    account names its subscriptions in its lines.
    """

    def statement(self, tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
        """Select pairs of the tenant's subscriptions and their invoices."""
        mine = and_(
            col(SubscriptionRow.tenant_id) == col(InvoiceRow.tenant_id),
            col(SubscriptionRow.account_id) == col(InvoiceRow.account_id),
            charges(col(SubscriptionRow.id)),
        )
        return invoices(tenant_id).join(SubscriptionRow, mine).where(*where)


def charges(subscription: Any) -> ColumnElement[bool]:
    """Return the condition that an invoice charges a subscription."""
    line = InvoiceLineRow
    in_a_line = exists().where(
        col(line.tenant_id) == col(InvoiceRow.tenant_id),
        col(line.invoice_id) == col(InvoiceRow.id),
        col(line.subscription_id) == subscription,
    )
    of_all = and_(col(InvoiceRow.subscription_id).is_(None), in_a_line)
    return or_(col(InvoiceRow.subscription_id) == subscription, of_all)


INVOICES: Final = InvoiceListing(table=InvoiceRow, record=StoredInvoice, show=Invoice.of)
_OF_SUBSCRIPTIONS: Final = SubscriptionInvoiceListing(
    table=InvoiceRow, record=StoredInvoice, show=Invoice.of
)


def _by_date(*, descending: bool) -> Sort:
    return Sort(
        f"invoice.issueDate.{'latest' if descending else 'first'}",
        key(col(InvoiceRow.issue_date), date, descending=descending),
        key(col(InvoiceRow.id), UUID, descending=descending),
    )


def _by_total(*, descending: bool) -> Sort:
    # Minor units as a whole number: an index serves no comparison of NUMERIC here.
    return Sort(
        f"invoice.total.{'largest' if descending else 'smallest'}",
        key(col(InvoiceRow.total_minor), int, descending=descending),
        key(col(InvoiceRow.id), UUID, descending=descending),
    )


LATEST: Final = _by_date(descending=True)


@strawberry.enum(description="The order of a list of invoices.")
class InvoiceOrder(Enum):
    """Orders; totals compare as numbers, whatever their currency."""

    LATEST = strawberry.enum_value("latest", description="The last issued first.")
    FIRST = strawberry.enum_value("first", description="In order of issue.")
    LARGEST = strawberry.enum_value("largest", description="The largest total first.")
    SMALLEST = strawberry.enum_value("smallest", description="The smallest total first.")


SORTS: Final = {
    InvoiceOrder.LATEST: LATEST,
    InvoiceOrder.FIRST: _by_date(descending=False),
    InvoiceOrder.LARGEST: _by_total(descending=True),
    InvoiceOrder.SMALLEST: _by_total(descending=False),
}


@strawberry.input(description="Which invoices a list holds; everything given must hold.")
class InvoiceWhere:
    """Filters on invoices."""

    account: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this account, by id or ref."
    )
    subscription: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those that charge this subscription, by id or ref."
    )
    issued_from: strawberry.Maybe[date] = strawberry.field(
        description="Only those issued on this day or later."
    )
    issued_to: strawberry.Maybe[date] = strawberry.field(
        description="Only those issued on this day or earlier."
    )


_NAMED: Final = {"account": (ACCOUNT_ID, AccountRow, col(InvoiceRow.account_id))}


def conditions(where: InvoiceWhere | None, tenant_id: UUID | None) -> list[ColumnElement[bool]]:
    """Return a filter as conditions of SQL; an unknown name leads to no invoice."""
    found: list[ColumnElement[bool]] = []
    wanted = given(where)
    if wanted is None:
        return found
    found += named_in(wanted, _NAMED, tenant_id=tenant_id)
    if wanted.subscription is not None:
        chosen = key_expression(
            SUBSCRIPTION_ID,
            wanted.subscription.value,
            table=SubscriptionRow,
            tenant_id=tenant_id,
            path=("where", "subscription"),
        )
        account_of = select(SubscriptionRow.account_id).where(
            col(SubscriptionRow.tenant_id) == tenant_id, col(SubscriptionRow.id) == chosen
        )
        found.append(col(InvoiceRow.account_id) == account_of.scalar_subquery())
        found.append(charges(chosen))
    if wanted.issued_from is not None:
        found.append(col(InvoiceRow.issue_date) >= wanted.issued_from.value)
    if wanted.issued_to is not None:
        found.append(col(InvoiceRow.issue_date) <= wanted.issued_to.value)
    return found


_of_accounts = pages_below(INVOICES, parent=col(InvoiceRow.account_id), sort=LATEST)
_of_subscriptions = pages_below(_OF_SUBSCRIPTIONS, parent=col(SubscriptionRow.id), sort=LATEST)


@strawberry.type(description="What an account has of invoices.")
class AccountInvoices:
    """Added to `Account`."""

    @strawberry.field(description="Its invoices, the last issued first.")
    @requires(Capability.INVOICE_READ, customers=True)
    @paged
    async def invoices(
        self,
        info: Info,
        root: strawberry.Parent[Account],
        *,
        asked: PageArguments,
    ) -> Connection[Invoice]:
        """Return a page of invoices."""
        return await _of_accounts.page(info, parent=root.key, asked=asked)


@strawberry.type(description="What a subscription has of invoices.")
class SubscriptionInvoices:
    """Added to `Subscription`."""

    @strawberry.field(
        description="The invoices that charge it, the last issued first; among them those "
        "for the whole account."
    )
    @requires(Capability.INVOICE_READ, customers=True)
    @paged
    async def invoices(
        self,
        info: Info,
        root: strawberry.Parent[Subscription],
        *,
        asked: PageArguments,
    ) -> Connection[Invoice]:
        """Return a page of invoices."""
        return await _of_subscriptions.page(info, parent=root.key, asked=asked)
