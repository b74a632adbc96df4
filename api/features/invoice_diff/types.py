"""The difference of two invoices as the schema shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Final

import strawberry

from api.features.invoices.lines import InvoiceLineKind, money
from api.features.invoices.stored import StoredInvoice
from api.features.invoices.types import Invoice, LinesOutOfBounds
from api.graphql.cost import FieldCost
from api.graphql.money import Money
from core.invoices.diff import LineDifference
from core.invoices.diff_causes import Cause
from core.rating.working import plain

MOST_LINES: Final = 500
USUAL_LINES: Final = 50

FirstLines = Annotated[
    int, strawberry.argument(description=f"How many charges at most; 1 to {MOST_LINES}.")
]
SkippedLines = Annotated[
    int, strawberry.argument(description="How many charges to leave out in front of them.")
]


@strawberry.enum(description="Why an amount differs.")
class DifferenceCause(Enum):
    """The causes of a difference."""

    NEW_ITEM = strawberry.enum_value("new_item", description="It was not charged before.")
    USAGE_BEGAN = strawberry.enum_value(
        "usage_began", description="It was held before, and nothing of it was used."
    )
    USAGE_STOPPED = strawberry.enum_value(
        "usage_stopped", description="It is held still, and nothing of it was used."
    )
    ITEM_ENDED = strawberry.enum_value("item_ended", description="It is not charged any more.")
    QUANTITY = strawberry.enum_value("quantity", description="There is more or less of it.")
    PRICE = strawberry.enum_value(
        "price", description="It has another price: another plan, version or rate."
    )
    TIER = strawberry.enum_value(
        "tier", description="Its quantity is priced by other tiers of the same plan."
    )
    PRORATION = strawberry.enum_value(
        "proration", description="Another part of the period is charged."
    )
    DISCOUNT = strawberry.enum_value(
        "discount", description="A discount began, ended, or reduces another amount."
    )
    COMMITMENT = strawberry.enum_value(
        "commitment", description="More or less is missing to the minimum."
    )
    LATE_USAGE = strawberry.enum_value(
        "late_usage", description="Usage of an earlier period came late or was corrected."
    )
    TAX_RATE = strawberry.enum_value(
        "tax_rate",
        description="The tax has another rate; where prices include it, what is left to the "
        "seller moves, and the customer pays the same.",
    )
    TAX_ROUNDING = strawberry.enum_value(
        "tax_rounding", description="The tax is rounded over another invoice."
    )


@strawberry.type(description="One reason for a difference, and what it comes to.")
class DifferencePart:
    """A cause; the parts of a line add up to its difference."""

    cause: DifferenceCause = strawberry.field(description="Why.")
    net: Money = strawberry.field(description="What it comes to, without tax.")
    gross: Money = strawberry.field(description="What it comes to, with tax.")
    explanation: str = strawberry.field(description="Why, in words.")

    @classmethod
    def of(cls, cause: Cause, currency: str) -> DifferencePart:
        """Show a cause."""
        return cls(
            cause=DifferenceCause(cause.kind),
            net=money(cause.net, currency),
            gross=money(cause.gross, currency),
            explanation=cause.words,
        )


@strawberry.type(description="One charge on both invoices: all lines for the same thing.")
class InvoiceLineDifference:
    """A charge; null quantities and amounts: it is on one of the invoices only."""

    kind: InvoiceLineKind = strawberry.field(description="What it charges for.")
    description: str = strawberry.field(description="In words.")
    product_code: str | None = strawberry.field(
        description="The product's code, if it has one."
    )
    unit: str = strawberry.field(description="What is counted.")
    dimension: str = strawberry.field(description="What the rate depends on; often empty.")
    quantity_before: Decimal | None = strawberry.field(
        description="How many on the earlier invoice; several slices count by their share."
    )
    quantity_after: Decimal | None = strawberry.field(
        description="How many on the later one; several slices count by their share."
    )
    before: Money | None = strawberry.field(description="The earlier amount, without tax.")
    after: Money | None = strawberry.field(description="The later amount, without tax.")
    net: Money = strawberry.field(description="The difference, without tax.")
    gross: Money = strawberry.field(description="The difference, with tax.")
    parts: list[DifferencePart] = strawberry.field(
        description="Why; they add up to the difference, to the cent.",
        metadata=FieldCost(flat=4).metadata(),
    )

    @classmethod
    def of(cls, record: LineDifference, currency: str) -> InvoiceLineDifference:
        """Show a difference."""
        was, now = record.before, record.after
        return cls(
            kind=InvoiceLineKind(record.key.kind),
            description=record.title,
            product_code=record.key.product or None,
            unit=record.key.unit,
            dimension=record.key.dimension,
            quantity_before=None if was is None else Decimal(plain(was.quantity)),
            quantity_after=None if now is None else Decimal(plain(now.quantity)),
            before=None if was is None else money(was.net, currency),
            after=None if now is None else money(now.net, currency),
            net=money(record.net, currency),
            gross=money(record.gross, currency),
            parts=[DifferencePart.of(cause, currency) for cause in record.causes],
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """Two invoices and how their lines differ."""

    before: StoredInvoice
    after: StoredInvoice
    lines: Sequence[LineDifference]


@strawberry.type(description="Why an invoice comes to another amount than an earlier one.")
class InvoiceDiff:
    """The lines' differences add up to that of the totals."""

    before: Invoice = strawberry.field(description="The earlier invoice.")
    after: Invoice = strawberry.field(description="The invoice that was asked about.")
    net: Money = strawberry.field(description="How much more it is, without tax.")
    total: Money = strawberry.field(description="How much more is to be paid.")
    changed: int = strawberry.field(description="How many charges differ.")
    unchanged: int = strawberry.field(description="How many charges are the same on both.")
    found: strawberry.Private[Sequence[LineDifference]]

    @strawberry.field(
        description="The charges that differ, the greatest difference first; all of them add "
        "up to the difference of the totals."
    )
    async def lines(
        self, first: FirstLines = USUAL_LINES, skip: SkippedLines = 0
    ) -> list[InvoiceLineDifference]:
        """Return so many charges behind those skipped."""
        if not 1 <= first <= MOST_LINES:
            raise LinesOutOfBounds(f"`first` is 1 to {MOST_LINES}.", path=("first",))
        if skip < 0:
            raise LinesOutOfBounds("`skip` is 0 or more.", path=("skip",))
        currency = str(self.after.currency)
        shown = self.found[skip : skip + first]
        return [InvoiceLineDifference.of(line, currency) for line in shown]

    @classmethod
    def of(cls, found: Compared) -> InvoiceDiff:
        """Show a comparison."""
        currency = found.after.currency
        changed = [line for line in found.lines if line.causes]
        return cls(
            before=Invoice.of(found.before),
            after=Invoice.of(found.after),
            net=money(found.after.net - found.before.net, currency),
            total=money(found.after.total - found.before.total, currency),
            changed=len(changed),
            unchanged=len(found.lines) - len(changed),
            found=changed,
        )
