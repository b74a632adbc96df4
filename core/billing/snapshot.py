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
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Literal, NamedTuple
from uuid import UUID

from core.billing.totals import NOTHING_BILLED, Totals
from core.kernel.conditions import Condition
from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.kernel.proration import ProrationPolicy
from core.rating.compile import CompiledPlan
from core.rating.plan import TaxMode

Context = Mapping[str, object]
"""What conditions read of one subscription or job, but for `bill`, which pricing adds."""

NO_CONTEXTS: Final[Mapping[UUID, Context]] = MappingProxyType({})
NO_FREE_TIME: Final[Mapping[UUID, Decimal]] = MappingProxyType({})
NONE_PAID: Final = Decimal(0)
ONE_FREQUENCY: Final = Fraction(1)

DiscountKind = Literal["percent", "money", "free_time"]
DiscountScope = Literal["any", "usage", "other"]

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
    needed only where the rate goes by maturity. `plan` prices it in place of the part's, of
    which it is a variant that asks about the item.

    `over` units of it are paid for that time already: it costs the price of `quantity` less
    the price of those. The slice lies in a `layer` above theirs.
    """

    item_id: UUID
    revision: int
    product_id: UUID
    quantity: Decimal
    slice: Period
    life: tuple[LifeMonth, ...] = ()
    plan: CompiledPlan | None = None
    over: Decimal = NONE_PAID
    layer: int = 1


class GaugeItem(NamedTuple):
    """A product priced by a gauge: the value of the period after the product's policy."""

    product_id: UUID
    quantity: Decimal
    slice: Period


class ConsumptionItem(NamedTuple):
    """What was counted for a period beyond an allowance, at its most: users of a module.

    `module` names what it was counted for, as its line does; one item for each. `facts` tell
    how it was counted, for the working.
    """

    product_id: UUID
    quantity: Decimal
    module: str = ""
    facts: tuple[tuple[str, str], ...] = ()


class UsageTotal(NamedTuple):
    """All usage of one period in one pricing dimension and rate table slot.

    Cumulative: everything stored so far for the period, voids subtracted. `quantity`
    is already aggregated (sum, max, last, average); `events` is the sum of signs.

    `amount` is given for events that were priced one by one: the sum of their amounts,
    which pricing takes as it is. `dimension` then names the rate that priced them
    ("00:01-06:59"), and `unit_price` is theirs where all have the same. `tax` is the tax that
    a third party gave with its amounts; a `slot` below 0 says that one priced them
    (`core.rating.prerated`). `free` says how many events of a windowed channel are free, by
    what for; they are in neither `quantity` nor `events`.
    """

    product_id: UUID
    unit: str
    dimension: str
    slot: int
    quantity: Decimal
    events: int
    amount: Decimal | None = None
    unit_price: Decimal | None = None
    tax: Decimal | None = None
    free: tuple[tuple[str, int], ...] = ()


class ChargedFee(NamedTuple):
    """What a fee slice was charged, in the plan's tax mode; counts for a commitment."""

    product_id: UUID
    slice: Period
    amount: Decimal


class FeesPart(NamedTuple):
    """Fixed charges to bill for one period, in advance or in arrears.

    `whole` is the period before it was cut: what proration divides by. The caller
    leaves out slices that are billed already. `spans` is how many frequencies of the terms
    the whole period lasts: 12 where a year was bought in advance on monthly terms.
    `billed` is the time for which the subscription paid fees on invoices before this one.
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
    spans: Fraction = ONE_FREQUENCY
    billed: tuple[Period, ...] = ()


class JobLine(NamedTuple):
    """Hours of work, goods or an expense of a job; charged once, unprorated.

    `plan` is as an item's.
    """

    id: UUID
    product_id: UUID
    quantity: Decimal
    plan: CompiledPlan | None = None


class JobPart(NamedTuple):
    """A completed job to bill, whole."""

    job_id: UUID
    completed_at: datetime
    zone: str
    plan: CompiledPlan
    products: Mapping[UUID, Product]
    tax_rates: TaxRates
    lines: tuple[JobLine, ...]


class Discount(NamedTuple):
    """A discount that may reduce this bill; whether it does is decided by pricing.

    A grant, or an automatic definition that has no grant on this target yet (`grant_id` is
    `None`). `value` is a percentage, the money for one `per` (for the whole job where
    `per` is `None`), or months of free time. It bites on lines of `products` (all where
    `None`) whose time overlaps `[from_at, until_at)`, while `criteria` hold. `free_time`
    is what is left in months by item where some was spent. `uses_left` is how many bills
    it may still reduce; `None` is any number. `usage` is what its criteria read under that
    name, where they count usage in windows.
    """

    grant_id: UUID | None
    definition_id: UUID
    version_id: UUID
    code: str
    name: str
    subscription_id: UUID | None
    job_id: UUID | None
    kind: DiscountKind
    value: Decimal
    from_at: datetime
    until_at: datetime | None = None
    level: int = 1
    per: Frequency | None = None
    scope: DiscountScope = "any"
    products: frozenset[UUID] | None = None
    criteria: Condition | None = None
    free_time: Mapping[UUID, Decimal] = NO_FREE_TIME
    uses_left: int | None = None
    usage: Context | None = None


class Reduction(NamedTuple):
    """A percentage or money as it bites on lines; kept with a settled period.

    `key` is the text of the grant's id, or the definition's where there was no grant.
    `value` of money is all that may be taken off. Without `from_at` it is decided already
    that it bites.
    """

    key: str
    code: str
    name: str
    kind: DiscountKind
    value: Decimal
    level: int = 1
    scope: DiscountScope = "any"
    products: frozenset[UUID] | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


class UsagePart(NamedTuple):
    """Usage, gauges and the commitment of one period, as one link of its chain.

    The part's lines are what everything costs that is known of the period, less
    `billed`, the totals of the link before. `seq` is this link's number, from 1.
    `is_late`: the period was settled before, so its lines are differences, taxed together
    with the invoice that first billed it (their own tax group) and not with the invoice
    that carries it; any other is taxed with its own invoice. `settles` is false for an
    interim invoice: gauges and the commitment wait for the period's end. `offered` are the
    usage products of the subscription, for fees owed without any use. `fees` are slices
    already charged for this period; those charged by the same snapshot are added.
    `discounts` are those of a late part, as they were when the period was settled. `rests`
    is the time in it for which neither gauges nor the commitment are owed. `consumption` is
    what was counted beyond allowances, for the end too.
    `carries`: what events cost and is not billed yet waits for a later invoice.
    `is_carried`: the period was settled so, and is priced with the inputs of that time, as a
    late one is; its lines belong to this invoice all the same, with its tax and discounts.
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
    discounts: tuple[Reduction, ...] = ()
    rests: tuple[Period, ...] = ()
    consumption: tuple[ConsumptionItem, ...] = ()
    carries: bool = False
    is_carried: bool = False


Part = FeesPart | UsagePart | JobPart


class Snapshot(NamedTuple):
    """One invoice: its parties, its currency, and the periods that it bills.

    `tax_mode` is how the invoice is presented; each part computes in its plan's own. `at`
    is when it fell due, for criteria.
    `contexts` are by subscription or job, for the criteria of its discounts.
    `subscription_id` is `None` where an account takes one invoice for all. Every plan
    must be in `currency`.
    """

    account_id: UUID
    subscription_id: UUID | None
    currency: str
    tax_mode: TaxMode
    fees: tuple[FeesPart, ...] = ()
    usage: tuple[UsagePart, ...] = ()
    jobs: tuple[JobPart, ...] = ()
    discounts: tuple[Discount, ...] = ()
    contexts: Mapping[UUID, Context] = NO_CONTEXTS
    at: datetime | None = None
