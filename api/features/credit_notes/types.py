"""Credit notes and their lines as the schema shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.catalogue.enums import TaxMode
from api.features.credit_notes.stored import StoredCreditNote, load_corrected_numbers
from api.features.invoices.lines import InvoiceLine, money, stored_line
from api.features.invoices.loading import load_invoices
from api.features.invoices.parties import InvoiceParty, party
from api.features.invoices.stored import LinesAsked
from api.features.invoices.types import (
    USUAL_LINES,
    AfterLine,
    FirstLines,
    Invoice,
    InvoiceTax,
    check_lines,
    load_lines,
    stored_taxes,
)
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from api.graphql.ids import IdKind
from api.graphql.money import Money
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.invoices.numbering import number_text
from core.tenancy import Capability

CREDIT_NOTE_ID: Final = IdKind(prefix="cn", type_name="CreditNote")


@strawberry.enum(description="What a credit note gives back.")
class CreditNoteScope(Enum):
    """Scopes; the last is of changes, not of `creditNoteCreate`."""

    WHOLE = strawberry.enum_value("whole", description="All that was left of the invoice.")
    LINES = strawberry.enum_value("lines", description="Lines, or parts of them.")
    AMOUNT = strawberry.enum_value(
        "amount", description="An amount with its tax, spread over what the lines have left."
    )
    UNUSED = strawberry.enum_value(
        "unused", description="Units or days that a change left unused."
    )


@strawberry.enum(description="What a credit note can be asked to give back.")
class CreditNoteCreateScope(Enum):
    """Scopes of `creditNoteCreate`; what changes leave unused they give back themselves."""

    WHOLE = strawberry.enum_value("whole", description="All that is left of the invoice.")
    LINES = strawberry.enum_value("lines", description="Lines, or parts of them.")
    AMOUNT = strawberry.enum_value(
        "amount", description="An amount with its tax, spread over what the lines have left."
    )


@strawberry.type(description="What is given back of one line of an invoice.")
class CreditNoteLine:
    """A line, in amounts that are given back."""

    corrects_line: int = strawberry.field(
        description="The number of the line of the invoice that it corrects."
    )
    line: InvoiceLine = strawberry.field(
        description="What is given back; of a line that took off, such as a discount, it is "
        "negative."
    )


@strawberry.type(
    description="A numbered document that gives back; its amounts are what is given back. It "
    "corrects one invoice, and never more than that has."
)
class CreditNote(Node):
    """A stored credit note; its lines are loaded."""

    number: str = strawberry.field(description="Its number, such as CN-000042; gapless.")
    scope: CreditNoteScope = strawberry.field(description="What it gives back.")
    reason: str = strawberry.field(description="Why.")
    issue_date: date = strawberry.field(description="The date that it bears.")
    made_at: datetime = strawberry.field(description="When, in its account's time.")
    currency: CurrencyCode = strawberry.field(description="The currency of every amount.")
    tax_mode: TaxMode = strawberry.field(description="What the lines' `amount` is.")
    net: Money = strawberry.field(description="What is given back without tax.")
    tax: Money = strawberry.field(description="The tax.")
    total: Money = strawberry.field(description="What is given back: net and tax.")
    taxes: list[InvoiceTax] = strawberry.field(description="The tax by rate.")
    line_count: int = strawberry.field(description="How many lines there are.")
    seller: InvoiceParty = strawberry.field(description="Who gives back.")
    buyer: InvoiceParty = strawberry.field(description="Who gets it.")
    key: strawberry.Private[UUID]
    account_key: strawberry.Private[UUID]
    corrects_key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID | None]
    shown: strawberry.Private[Sequence[CreditNoteLine] | None] = None

    @classmethod
    def of(
        cls, record: StoredCreditNote, *, lines: Sequence[CreditNoteLine] | None = None
    ) -> CreditNote:
        """Show a record, with lines that were read with it."""
        currency = record.currency
        return cls(
            id=CREDIT_NOTE_ID.encode(record.id),
            number=number_text(record.series, record.n),
            scope=CreditNoteScope(record.scope),
            reason=record.reason,
            issue_date=record.issue_date,
            made_at=record.due_at,
            currency=CurrencyCode(currency),
            tax_mode=TaxMode(record.tax_mode),
            net=money(record.net, currency),
            tax=money(record.tax, currency),
            total=money(record.total, currency),
            taxes=stored_taxes(record.taxes, currency),
            line_count=record.line_count,
            seller=party(record.parties["seller"]),
            buyer=party(record.parties["buyer"]),
            key=record.id,
            account_key=record.account_id,
            corrects_key=record.corrects_id,
            subscription_key=record.subscription_id,
            shown=lines,
        )

    @strawberry.field(description="Its lines, in order.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def lines(
        self, info: Info, first: FirstLines = USUAL_LINES, after: AfterLine = 0
    ) -> list[CreditNoteLine]:
        """Load lines; those of many notes at once."""
        check_lines(first, after)
        if self.shown is not None:
            return list(self.shown[after : after + first])
        loaders = info.context.loaders
        rows = await loaders.of(load_lines).load(LinesAsked(self.key, after, first))
        corrects = await loaders.of(load_corrected_numbers).load(self.key)
        return shown_lines(rows, corrects, self.currency)

    @strawberry.field(description="The invoice that it corrects.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def corrects(self, info: Info) -> Invoice | None:
        """Load the invoice."""
        return await linked(info, load_invoices, key=self.corrects_key, show=Invoice.of)

    @strawberry.field(description="The customer.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)

    @strawberry.field(
        description="The subscription; null where the invoice is of the whole account."
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.subscription_key, show=Subscription.of
        )


def shown_lines(
    rows: Iterable[Mapping[str, Any]], corrects: Mapping[int, int], currency: str
) -> list[CreditNoteLine]:
    """Show stored lines with the numbers of those that they correct."""
    return [
        CreditNoteLine(corrects_line=corrects[row["number"]], line=stored_line(row, currency))
        for row in rows
    ]
