"""An invoice as computed: lines, taxes, totals, and what must be recorded with it.

Amounts are decimals in the currency's minor unit. A negative line is a credit, a discount
or a difference; a negative total comes only from credits and differences.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

from core.billing.snapshot import Discount, UsagePart
from core.billing.totals import LineKind, Totals
from core.kernel.periods import Period
from core.rating.plan import TaxMode

__all__ = [
    "AppliedDiscount",
    "DraftLine",
    "DraftSlice",
    "DraftStep",
    "InvoiceDraft",
    "LineKind",
    "TaxTotal",
]

NOT_REDUCED: Final = Decimal(0)


class DraftLine(NamedTuple):
    """One line of the invoice.

    It is of a subscription's period or, without one, of a job. `amount` is net under an
    exclusive plan and gross under an inclusive one. On a difference, `quantity` is the
    difference of quantities too. `tax_rate` is in percent.
    `working` is a JSON array of steps, `[{"kind", "label", "quantity", "unitPrice",
    "amount", "facts"}]` (`core.rating.working`).
    """

    kind: LineKind
    subscription_id: UUID | None
    job_id: UUID | None
    product_id: UUID | None
    plan_version_id: UUID
    period_id: UUID | None
    is_difference: bool
    description: str
    quantity: Decimal
    unit: str
    dimension: str
    from_at: datetime
    until_at: datetime
    working: str
    tax_class: str
    tax_rate: Decimal
    amount: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal


class TaxTotal(NamedTuple):
    """The tax of an invoice at one rate, in percent; gross = net + tax.

    `label` and `note` are the words of the tax engine that decided it, if one did.
    """

    rate: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    label: str = ""
    note: str = ""


class DraftSlice(NamedTuple):
    """A fee slice to record, so that it is never billed again (`fee_slice`).

    `quantity` is the units of its layer. `line_number` is its line on the invoice,
    `reduced` what discounts took off it, on the lines of `reduced_by`.
    """

    item_id: UUID
    revision: int
    kind: Literal["fee", "one_off"]
    slice: Period
    subscription_id: UUID
    period_id: UUID
    plan_version_id: UUID
    product_id: UUID
    quantity: Decimal
    amount: Decimal
    layer: int = 1
    line_number: int = 0
    reduced: Decimal = NOT_REDUCED
    reduced_by: tuple[int, ...] = ()


class DraftStep(NamedTuple):
    """A link of a usage period's chain to record (`billing_step`).

    `totals` become its `totals` (`totals_to_json`); `part` its `inputs` whenever the
    part is not late (`inputs_to_json`). The part's `fees` include what this very
    invoice charged for the period.
    """

    period_id: UUID
    seq: int
    part: UsagePart
    totals: Totals


class AppliedDiscount(NamedTuple):
    """What a discount took off this invoice: one use of it.

    `free_time` is the months spent by item, where it gives free time. `amount` is above 0,
    but for free months that cost nothing: they are spent, and reduced no bill.
    """

    discount: Discount
    amount: Decimal
    free_time: tuple[tuple[UUID, Decimal], ...] = ()


class InvoiceDraft(NamedTuple):
    """One invoice, complete but for its number, date and parties.

    `total` is gross: net + tax. A draft without lines needs no invoice, but its steps
    are still to be recorded.
    """

    currency: str
    tax_mode: TaxMode
    lines: tuple[DraftLine, ...]
    taxes: tuple[TaxTotal, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    slices: tuple[DraftSlice, ...]
    steps: tuple[DraftStep, ...]
    discounts: tuple[AppliedDiscount, ...] = ()
