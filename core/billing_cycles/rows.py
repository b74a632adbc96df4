"""What is read for a closing, as plain values by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from core.billing.snapshot import ConsumptionItem, JobLine, Product, UsageTotal
from core.billing_cycles.counting import Counted
from core.billing_cycles.variants import ItemVariants
from core.catalogue.compile import TermsVersion
from core.discounts.billing import BillDiscounts
from core.kernel.errors import Refusal
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod
from core.rating.compile import CompiledPlan


class SubscriptionFacts(NamedTuple):
    """What a closing needs of a subscription and of its account."""

    id: UUID
    account_id: UUID
    currency: str
    timezone: str
    anchor: date
    starts_at: datetime
    ends_at: datetime | None
    state: str
    invoice_per: str
    test_clock: datetime | None


class PhaseFacts(NamedTuple):
    """Which plan version and terms version hold from an instant on.

    A conditional plan has its base plan's version beside it; `anchor` is the phase's own.
    """

    subscription_id: UUID
    plan_version_id: UUID
    terms_version_id: UUID
    from_at: datetime
    until_at: datetime | None
    base_version_id: UUID | None = None
    anchor: date | None = None


class ItemFacts(NamedTuple):
    """A revision of an item."""

    item_id: UUID
    revision: int
    subscription_id: UUID
    product_id: UUID
    quantity: Decimal
    from_at: datetime
    until_at: datetime | None
    is_trial: bool = False
    committed: Decimal | None = None

    @property
    def charged_quantity(self) -> Decimal:
        """The units that are charged: at least those that the term commits to."""
        return self.quantity if self.committed is None else max(self.quantity, self.committed)


class ChargedSlice(NamedTuple):
    """A slice of an item that is charged already, or units of one that were given back.

    `quantity` is the units of its layer, or those given back; `amount` what was charged for
    them before discounts.
    """

    item_id: UUID
    kind: str
    product_id: UUID
    slice: Period
    amount: Decimal
    quantity: Decimal
    layer: int = 1
    is_credit: bool = False


class ProductFacts(NamedTuple):
    """A product for pricing, and how its quantity comes about."""

    product: Product
    meters_channel: str | None
    meters_unit: str | None
    gauge_id: UUID | None
    gauge_policy: str | None
    billed_in: str | None
    type: str | None = None


class JobFacts(NamedTuple):
    """A job that is to be billed, and what its account says of it."""

    id: UUID
    account_id: UUID
    currency: str
    plan_version_id: UUID
    base_version_id: UUID | None
    terms_version_id: UUID
    completed_at: datetime
    due_at: datetime
    timezone: str
    invoice_per: str


class TenantFacts(NamedTuple):
    """The seller and the accounts of a closing as rows with names, and what it has at all."""

    seller: Mapping[str, Any]
    accounts: Mapping[UUID, Mapping[str, Any]]
    has_features: bool
    has_discounts: bool


class LateLink(NamedTuple):
    """A period that was settled before, and usage of it that a period at hand bills.

    It came late, or was carried on.
    """

    billing_period_id: UUID
    usage_period_id: UUID
    subscription_id: UUID


class Marks(NamedTuple):
    """Periods that carry usage on, and those whose usage was taken along."""

    carries: Sequence[UUID] = ()
    taken: Sequence[UUID] = ()


class LastStep(NamedTuple):
    """The end of a usage period's chain, with the latest inputs that it keeps.

    Those of its settling link, once there is one; of an interim link before.
    """

    seq: int
    totals: str
    inputs: str


GaugeKey = tuple[UUID, UUID]
"""A usage period and a product that takes its quantity from a gauge."""


@dataclass(slots=True)
class ClosingRows:
    """Everything that was read for a set of periods, ready to become snapshots.

    `carried` are settled periods that carry usage, to be billed along with those at hand;
    `carrying` the subscriptions that carry theirs on, by what their thresholds are asked with.
    """

    periods: list[StoredPeriod]
    subscriptions: Mapping[UUID, SubscriptionFacts]
    phases: Mapping[UUID, list[PhaseFacts]]
    items: Mapping[UUID, list[ItemFacts]]
    fees_periods: Mapping[UUID, list[StoredPeriod]]
    charged: Mapping[UUID, list[ChargedSlice]]
    late: list[LateLink]
    steps: Mapping[UUID, LastStep]
    plans: Mapping[UUID, CompiledPlan]
    terms: Mapping[UUID, TermsVersion]
    products: Mapping[UUID, ProductFacts]
    engine_products: Mapping[UUID, Product]
    usage: Mapping[UUID, tuple[UsageTotal, ...]] = field(default_factory=dict)
    gauges: dict[GaugeKey, Decimal] = field(default_factory=dict)
    item_starts: Mapping[UUID, datetime] = field(default_factory=dict)
    conditional: dict[tuple[UUID, UUID, UUID | None], CompiledPlan | Refusal] = field(
        default_factory=dict
    )
    tax_rates: Mapping[UUID, Mapping[str, Decimal]] = field(default_factory=dict)
    accounts: Mapping[UUID, Any] = field(default_factory=dict)
    rests: Mapping[UUID, list[Period]] = field(default_factory=dict)
    jobs: Mapping[UUID, JobFacts] = field(default_factory=dict)
    job_lines: Mapping[UUID, list[JobLine]] = field(default_factory=dict)
    job_plans: dict[UUID, CompiledPlan | Refusal] = field(default_factory=dict)
    item_variants: dict[tuple[UUID, UUID, UUID | None], ItemVariants] = field(
        default_factory=dict
    )
    job_variants: dict[UUID, ItemVariants] = field(default_factory=dict)
    discounts: BillDiscounts = field(default_factory=BillDiscounts)
    window_faults: dict[UUID, Exception] = field(default_factory=dict)
    consumption: dict[UUID, tuple[ConsumptionItem, ...]] = field(default_factory=dict)
    carried: frozenset[UUID] = frozenset()
    carrying: Mapping[UUID, Counted] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    tenant: TenantFacts | None = None
