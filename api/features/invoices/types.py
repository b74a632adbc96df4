"""Invoices, previews and their parts as the schema shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import ApiContext, Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.catalogue.enums import TaxMode
from api.features.invoices.lines import InvoiceLine, money, stored_line
from api.features.invoices.parties import InvoiceParty, party
from api.features.invoices.stored import LinesAsked, StoredInvoice, lines_of
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from api.graphql.ids import IdKind
from api.graphql.money import Money
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.billing.draft import TaxTotal
from core.invoices.numbering import number_text
from core.kernel.errors import Refusal
from core.rating.working import plain
from core.tenancy import Capability

INVOICE_ID: Final = IdKind(prefix="inv", type_name="Invoice")
MOST_LINES: Final = 500
USUAL_LINES: Final = 100


class LinesOutOfBounds(Refusal):
    """More lines were asked for than one answer holds, or lines before the first."""

    code: ClassVar[str] = "LINES_OUT_OF_BOUNDS"


FirstLines = Annotated[
    int, strawberry.argument(description=f"How many lines at most; 1 to {MOST_LINES}.")
]
AfterLine = Annotated[
    int, strawberry.argument(description="The number of the line behind which to begin.")
]


@strawberry.type(description="The tax at one rate.")
class InvoiceTax:
    """One row of the tax summary."""

    rate: Decimal = strawberry.field(description="In percent.")
    net: Money = strawberry.field(description="What is taxed at this rate.")
    tax: Money = strawberry.field(description="The tax.")
    gross: Money = strawberry.field(description="Both.")
    label: str | None = strawberry.field(
        description="How the seller's tax engine names the tax; null where none decided it.",
        default=None,
    )
    note: str | None = strawberry.field(
        description="The legal note that goes on the invoice, such as why nothing is charged; "
        "null where there is none.",
        default=None,
    )


@strawberry.type(description="What of an invoice is settled.")
class InvoiceSettlement:
    """paid + credited + outstanding = total; what is corrected is part of neither."""

    paid: Money = strawberry.field(description="What was paid.")
    credited: Money = strawberry.field(description="What credit notes settled of it.")
    outstanding: Money = strawberry.field(description="What is still owed.")
    corrected: Money = strawberry.field(
        description="What credit notes gave back of it, also where it had been paid; never "
        "more than its total."
    )


@strawberry.interface(description="An invoice, or one that would be made.")
class InvoiceDocument:
    """What an invoice and its preview have in common."""

    currency: CurrencyCode = strawberry.field(description="The currency of every amount.")
    tax_mode: TaxMode = strawberry.field(description="What the lines' `amount` is.")
    due_at: datetime = strawberry.field(
        description="The billing date that it is made for; usage after it is on a later one."
    )
    net: Money = strawberry.field(description="The total without tax.")
    tax: Money = strawberry.field(description="The tax.")
    total: Money = strawberry.field(description="What is to be paid: net and tax.")
    taxes: list[InvoiceTax] = strawberry.field(description="The tax by rate.")
    line_count: int = strawberry.field(description="How many lines there are.")


@strawberry.type(
    description="A final invoice; it never changes, and is corrected by credit notes alone."
)
class Invoice(Node, InvoiceDocument):
    """A stored document; its lines are loaded."""

    number: str = strawberry.field(description="Its number, such as INV-000042; gapless.")
    issue_date: date = strawberry.field(description="The date that it bears.")
    seller: InvoiceParty = strawberry.field(description="Who charges.")
    buyer: InvoiceParty = strawberry.field(description="Who pays.")
    settlement: InvoiceSettlement = strawberry.field(description="What of it is settled.")
    key: strawberry.Private[UUID]
    account_key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: StoredInvoice) -> Invoice:
        """Show a record."""
        currency = record.currency
        return cls(
            id=INVOICE_ID.encode(record.id),
            number=number_text(record.series, record.n),
            issue_date=record.issue_date,
            currency=CurrencyCode(currency),
            tax_mode=TaxMode(record.tax_mode),
            due_at=record.due_at,
            net=money(record.net, currency),
            tax=money(record.tax, currency),
            total=money(record.total, currency),
            taxes=stored_taxes(record.taxes, currency),
            line_count=record.line_count,
            seller=party(record.parties["seller"]),
            buyer=party(record.parties["buyer"]),
            settlement=_settlement(record),
            key=record.id,
            account_key=record.account_id,
            subscription_key=record.subscription_id,
        )

    @strawberry.field(description="Its lines, in order.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def lines(
        self, info: Info, first: FirstLines = USUAL_LINES, after: AfterLine = 0
    ) -> list[InvoiceLine]:
        """Load lines; those of many invoices at once."""
        check_lines(first, after)
        asked = LinesAsked(self.key, after, first)
        rows = await info.context.loaders.of(load_lines).load(asked)
        return [stored_line(row, self.currency) for row in rows]

    @strawberry.field(description="The customer.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)

    @strawberry.field(
        description="The subscription; null where the account has one invoice for all."
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.subscription_key, show=Subscription.of
        )


@strawberry.type(description="An invoice as the next closing would make it; it has no number.")
class InvoicePreview(InvoiceDocument):
    """A computed document, which nothing keeps."""

    drafted: strawberry.Private[Sequence[InvoiceLine]]

    @strawberry.field(description="Its lines, in order.")
    def lines(self, first: FirstLines = USUAL_LINES, after: AfterLine = 0) -> list[InvoiceLine]:
        """Return lines."""
        check_lines(first, after)
        return list(self.drafted[after : after + first])


def drafted_tax(total: TaxTotal, currency: str) -> InvoiceTax:
    """Show the tax of a draft at one rate."""
    return _tax(total, currency)


async def load_lines(
    context: ApiContext, asked: list[LinesAsked]
) -> Sequence[Sequence[Mapping[str, Any]]]:
    """Load lines of many documents."""
    async with context.transaction() as tx:
        return await lines_of(tx, asked)


def check_lines(first: int, after: int) -> None:
    """Refuse a page of lines that no answer holds."""
    if not 1 <= first <= MOST_LINES:
        raise LinesOutOfBounds(f"`first` must be from 1 to {MOST_LINES}.", path=("first",))
    if after < 0:
        raise LinesOutOfBounds("`after` must be 0 or the number of a line.", path=("after",))


def stored_taxes(taxes: Sequence[Mapping[str, str]], currency: str) -> list[InvoiceTax]:
    """Show the stored tax summary of a document."""
    return [_stored_tax(tax, currency) for tax in taxes]


def _stored_tax(tax: Mapping[str, str], currency: str) -> InvoiceTax:
    rate, net, amount, gross = (Decimal(tax[name]) for name in ("rate", "net", "tax", "gross"))
    words = tax.get("label", ""), tax.get("note", "")
    return _tax(TaxTotal(rate, net, amount, gross, *words), currency)


def _tax(total: TaxTotal, currency: str) -> InvoiceTax:
    return InvoiceTax(
        rate=Decimal(plain(total.rate)),
        net=money(total.net, currency),
        tax=money(total.tax, currency),
        gross=money(total.gross, currency),
        label=total.label or None,
        note=total.note or None,
    )


def _settlement(record: StoredInvoice) -> InvoiceSettlement:
    currency = record.currency
    return InvoiceSettlement(
        paid=money(record.paid, currency),
        credited=money(record.credited, currency),
        outstanding=money(record.total - record.paid - record.credited, currency),
        corrected=money(record.corrected, currency),
    )
