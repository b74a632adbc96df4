"""Price plans, in versions, as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue import loading
from api.features.catalogue.enums import (
    OfferState,
    PackageRounding,
    PriceDriver,
    ProductKind,
    RateCounts,
    TaxMode,
)
from api.features.catalogue.types import PriceRow, Product, price_rows
from api.features.tenancy.types import Fact, facts
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from core.catalogue import records
from core.catalogue.schema import CommitmentDefinition, InlineTableDefinition, RateDefinition
from core.tenancy import Capability

PRICE_PLAN_ID: Final = IdKind(prefix="plan", type_name="PricePlan")
PLAN_VERSION_ID: Final = IdKind(prefix="planver", type_name="PricePlanVersion")


@strawberry.type(description="A part of the quantity scale with its own price.")
class Tier:
    """A tier."""

    start: Decimal = strawberry.field(description="Its lower limit.")
    upto: Decimal | None = strawberry.field(description="Its inclusive upper limit.")
    price: Decimal = strawberry.field(description="The price of one unit or batch.")
    fee: Decimal = strawberry.field(description="Owed once when the tier is reached.")


@strawberry.type(description="Selling in batches.")
class Package:
    """A package."""

    size: Decimal = strawberry.field(description="The units in a batch.")
    rounding: PackageRounding = strawberry.field(description="How a started batch counts.")


@strawberry.type(description="How one product is priced in one version of a plan.")
class Rate:
    """A rate."""

    product_code: str = strawberry.field(description="The product's code.")
    frequency: str = strawberry.field(
        description="For billing periods of this length only; empty: for all others."
    )
    model: str = strawberry.field(description="The price model.")
    driver: PriceDriver | None = strawberry.field(description="What the quantity is.")
    base: Decimal | None = strawberry.field(description="The price outside of all tiers.")
    tiers: list[Tier] = strawberry.field(description="The tiers, ascending.")
    package: Package | None = strawberry.field(description="The batches.")
    free_units: Decimal = strawberry.field(description="Units that cost nothing.")
    counts: RateCounts = strawberry.field(description="What of usage is counted.")
    precision: int | None = strawberry.field(
        description="Decimals that the unit price is rounded to; null: it is not rounded."
    )
    per: str = strawberry.field(description="The time that the price stands for.")
    table_code: str | None = strawberry.field(description="The rate table's code.")
    rows: list[PriceRow] = strawberry.field(
        description="The prices of a table that is written into the rate."
    )
    default: Decimal | None = strawberry.field(
        description="Such a table's price for every value without a row."
    )
    options: list[Fact] = strawberry.field(description="Settings of a plugin's price model.")

    @classmethod
    def of(cls, rate: RateDefinition) -> Rate:
        """Show a definition."""
        inline = rate.table if isinstance(rate.table, InlineTableDefinition) else None
        package = rate.package
        return cls(
            product_code=rate.product,
            frequency=rate.frequency,
            model=rate.model,
            driver=None if rate.driver is None else PriceDriver(rate.driver),
            base=rate.base,
            tiers=[
                Tier(start=tier.start, upto=tier.upto, price=tier.price, fee=tier.fee)
                for tier in rate.tiers
            ],
            package=None
            if package is None
            else Package(size=package.size, rounding=PackageRounding(package.rounding)),
            free_units=rate.free_units,
            counts=RateCounts(rate.counts),
            precision=rate.precision,
            per=rate.per,
            table_code=rate.table if isinstance(rate.table, str) else None,
            rows=[] if inline is None else price_rows(inline.rows),
            default=None if inline is None else inline.default,
            options=facts(rate.options),
        )

    @strawberry.field(description="The product.")
    @requires(Capability.CATALOGUE_READ)
    async def product(self, info: Info) -> Product | None:
        """Load the product."""
        loader = info.context.loaders.of(loading.load_products_by_code)
        found = await loader.load(self.product_code)
        return None if found is None else Product.of(found)


@strawberry.type(description="A minimum per period; what is missing is billed.")
class Commitment:
    """A commitment."""

    minimum: Decimal = strawberry.field(description="The minimum, in the plan's currency.")
    per: str = strawberry.field(description="The time that it stands for.")
    product_codes: list[str] = strawberry.field(description="Products that count.")
    kinds: list[ProductKind] = strawberry.field(description="Kinds whose products count.")
    tax_class: str = strawberry.field(description="The class of the line for what is missing.")

    @classmethod
    def of(cls, commitment: CommitmentDefinition) -> Commitment:
        """Show a definition."""
        return cls(
            minimum=commitment.minimum,
            per=commitment.per,
            product_codes=list(commitment.covers.products),
            kinds=[ProductKind(kind) for kind in commitment.covers.kinds],
            tax_class=commitment.tax_class,
        )


@strawberry.type(description="Rates for products, in versions.")
class PricePlan(Node):
    """A price plan."""

    code: str = strawberry.field(description="Your own code, unique among price plans.")
    name: str = strawberry.field(description="The name shown to people.")
    family: str | None = strawberry.field(
        description="Plans between which a subscriber may move."
    )
    level: int | None = strawberry.field(description="Its rank in the family.")
    currency: CurrencyCode = strawberry.field(description="What its amounts are in.")
    tax_mode: TaxMode = strawberry.field(description="Whether its amounts are with tax.")
    state: OfferState = strawberry.field(description="Whether it is still offered.")
    created_at: datetime = strawberry.field(description="When it was created.")
    key: strawberry.Private[UUID]
    base_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.PricePlan) -> PricePlan:
        """Show a record."""
        return cls(
            id=PRICE_PLAN_ID.encode(record.id),
            code=record.code,
            name=record.name,
            family=record.family,
            level=record.level,
            currency=CurrencyCode(record.currency),
            tax_mode=TaxMode(record.tax_mode),
            state=OfferState(record.state),
            created_at=record.created_at,
            key=record.id,
            base_key=record.base_plan_id,
        )

    @strawberry.field(description="The plan that it is conditional over; null: it has none.")
    @requires(Capability.CATALOGUE_READ)
    async def base(self, info: Info) -> PricePlan | None:
        """Load the base plan."""
        if self.base_key is None:
            return None
        found = await info.context.loaders.of(loading.load_price_plans).load(self.base_key)
        return None if found is None else PricePlan.of(found)

    @strawberry.field(
        description="Codes of the org units whose staff may choose it; empty: everyone may."
    )
    @requires(Capability.CATALOGUE_READ)
    async def units(self, info: Info) -> list[str]:
        """Load the units."""
        return await info.context.loaders.of(loading.load_units).load(self.key)

    @strawberry.field(description="Its versions, the first one first.")
    @requires(Capability.CATALOGUE_READ)
    async def versions(self, info: Info) -> list[PricePlanVersion]:
        """Load the versions."""
        found = await info.context.loaders.of(loading.load_versions_of_plans).load(self.key)
        return [PricePlanVersion.of(version) for version in found]


@strawberry.type(description="A version of a price plan; it never changes.")
class PricePlanVersion(Node):
    """A version; products that it lacks may be added."""

    number: int = strawberry.field(description="Its number in the plan.")
    effective_from: datetime = strawberry.field(description="From when it is sold.")
    select_when: str = strawberry.field(
        description="Condition under which it may be chosen; empty: always."
    )
    apply_when: str = strawberry.field(
        description="Condition under which it prices, and not its base; empty: always."
    )
    created_at: datetime = strawberry.field(description="When it was published.")
    key: strawberry.Private[UUID]
    plan_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.PlanVersionHead) -> PricePlanVersion:
        """Show a record."""
        return cls(
            id=PLAN_VERSION_ID.encode(record.id),
            number=record.number,
            effective_from=record.effective_from,
            select_when=record.select_when or "",
            apply_when=record.apply_when or "",
            created_at=record.created_at,
            key=record.id,
            plan_key=record.price_plan_id,
        )

    @strawberry.field(description="The plan.")
    @requires(Capability.CATALOGUE_READ)
    async def price_plan(self, info: Info) -> PricePlan | None:
        """Load the plan."""
        found = await info.context.loaders.of(loading.load_price_plans).load(self.plan_key)
        return None if found is None else PricePlan.of(found)

    @strawberry.field(description="Its rates, by product.")
    @requires(Capability.CATALOGUE_READ)
    async def rates(self, info: Info) -> list[Rate]:
        """Load the rates."""
        found = await info.context.loaders.of(loading.load_plan_prices).load(self.key)
        return [Rate.of(rate) for rate in found.rates]

    @strawberry.field(description="Its minimum per period; null when there is none.")
    @requires(Capability.CATALOGUE_READ)
    async def commitment(self, info: Info) -> Commitment | None:
        """Load the commitment."""
        found = await info.context.loaders.of(loading.load_plan_prices).load(self.key)
        return None if found.commitment is None else Commitment.of(found.commitment)
