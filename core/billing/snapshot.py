"""Everything that decides one invoice, as plain frozen values.

The close, the preview and late re-rating fill these from set-based queries; `bill`
reads nothing else. Rows may come in any order. Rates arrive compiled, once per plan
version (`core.rating.compile`); products and tax rates are mappings that a chunk
shares, so that a row carries ids and numbers only.

Everything is a named tuple: cheap to make 600,000 times, and a row of a query becomes
one by `UsageTotal._make(row)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core.billing.totals import NOTHING_BILLED, Totals
from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.kernel.proration import ProrationPolicy
from core.rating.compile import CompiledPlan
from core.rating.plan import TaxMode

TaxRates = Mapping[str, Decimal]
"""Percent by tax class: `{"standard": Decimal(20)}`. A class that is missing parks."""


class Product(NamedTuple):
    """What a line must know of a product. These facts may change between invoices."""

    id: UUID
    code: str
    name: str
    kind: str
    tax_class: str = "standard"
    unit_label: str = ""


class Terms(NamedTuple):
    """What pricing needs of a billing terms version.

    `usage_frequency` is `None` where usage is invoiced with the fees.
    """

    id: UUID
    frequency: Frequency
    usage_frequency: Frequency | None = None
    proration: ProrationPolicy = "day"


class LifeMonth(NamedTuple):
    """A month of an item's life that a slice covers, counted from 1.

    The slice owes `numerator / denominator` of that month's price. Suspended months
    have no number and are not listed (`core.billing.life.life_months`).
    """

    number: int
    numerator: int = 1
    denominator: int = 1


class FeeItem(NamedTuple):
    """A slice of one item revision that is to be charged now.

    One-time services, expenses and goods are charged once, unprorated, whatever their
    slice; everything else for the days of `slice` in the part's whole period. `life` is
    needed only where the rate goes by maturity.
    """

    item_id: UUID
    revision: int
    product_id: UUID
    quantity: Decimal
    slice: Period
    life: tuple[LifeMonth, ...] = ()


class GaugeItem(NamedTuple):
    """A product priced by a gauge: the value of the period after the product's policy."""

    product_id: UUID
    quantity: Decimal
    slice: Period


class UsageTotal(NamedTuple):
    """All usage of one period in one pricing dimension and rate table slot.

    Cumulative: everything stored so far for the period, voids subtracted. `quantity`
    is already aggregated (sum, max, last, average); `events` is the sum of signs.
    """

    product_id: UUID
    unit: str
    dimension: str
    slot: int
    quantity: Decimal
    events: int


class ChargedFee(NamedTuple):
    """What a fee slice was charged, in the plan's tax mode; counts for a commitment."""

    product_id: UUID
    slice: Period
    amount: Decimal


class FeesPart(NamedTuple):
    """Fixed charges to bill for one period, in advance or in arrears.

    `whole` is the period before it was cut: what proration divides by. The caller
    leaves out slices that are billed already.
    """

    period_id: UUID
    subscription_id: UUID
    period: Period
    whole: Period
    zone: str
    terms: Terms
    plan: CompiledPlan
    products: Mapping[UUID, Product]
    tax_rates: TaxRates
    items: tuple[FeeItem, ...]


class UsagePart(NamedTuple):
    """Usage, gauges and the commitment of one period, as one link of its chain.

    The part's lines are what everything costs that is known of the period, less
    `billed`, the totals of the link before. `seq` is this link's number, from 1; from 2
    on its lines are differences. `is_late`: the period was settled before, so its
    difference is taxed together with the invoice that first billed it (its own tax
    group) and not with the invoice that carries it. `settles` is false for an interim
    invoice: gauges and the commitment wait for the period's end. `offered` are the
    usage products of the subscription, for fees owed without any use. `fees` are slices
    already charged for this period; those charged by the same snapshot are added.
    """

    period_id: UUID
    subscription_id: UUID
    period: Period
    whole: Period
    zone: str
    terms: Terms
    plan: CompiledPlan
    products: Mapping[UUID, Product]
    tax_rates: TaxRates
    usage: tuple[UsageTotal, ...] = ()
    gauges: tuple[GaugeItem, ...] = ()
    offered: tuple[UUID, ...] = ()
    fees: tuple[ChargedFee, ...] = ()
    billed: Totals = NOTHING_BILLED
    seq: int = 1
    is_late: bool = False
    settles: bool = True


class Snapshot(NamedTuple):
    """One invoice: its parties, its currency, and the periods that it bills.

    `tax_mode` is how the invoice is presented; each part computes in its plan's own.
    `subscription_id` is `None` where an account takes one invoice for all. Every plan
    must be in `currency`.
    """

    account_id: UUID
    subscription_id: UUID | None
    currency: str
    tax_mode: TaxMode
    fees: tuple[FeesPart, ...] = ()
    usage: tuple[UsagePart, ...] = ()
