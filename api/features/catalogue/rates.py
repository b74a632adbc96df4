"""Rates of price plans and their variants, as the schema shows them."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue import loading
from api.features.catalogue.enums import PackageRounding, PriceDriver, RateCounts
from api.features.catalogue.types import PriceRow, Product, price_rows
from api.features.tenancy.types import Fact, facts
from api.linked import linked
from core.catalogue.normal import rate_of_variant
from core.catalogue.schema import (
    InlineTableDefinition,
    RateDefinition,
    RateVariantDefinition,
    SurchargeDefinition,
)
from core.tenancy import Capability


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


@strawberry.type(description="A percentage on top of each unit price.")
class RateSurcharge:
    """A surcharge."""

    percent: Decimal = strawberry.field(description="What is added, in percent.")
    precision: int = strawberry.field(
        description="Decimals that the unit price and what is added are rounded to, each."
    )

    @classmethod
    def of(cls, surcharge: SurchargeDefinition | None) -> RateSurcharge | None:
        """Show a definition, if there is one."""
        if surcharge is None:
            return None
        return cls(percent=surcharge.percent, precision=surcharge.precision)


@strawberry.type(description="A price in place of a rate's own while a condition holds.")
class RateVariant:
    """A variant."""

    when: str = strawberry.field(description="The condition; the first that holds counts.")
    name: str = strawberry.field(description="What the working calls it; empty: its condition.")
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
    surcharge: RateSurcharge | None = strawberry.field(
        description="The percentage on top of each unit price; null: none."
    )
    per: str = strawberry.field(description="The time that the price stands for.")
    rows: list[PriceRow] = strawberry.field(description="Its prices by dimension.")
    default: Decimal | None = strawberry.field(
        description="The price for every dimension without a row."
    )
    options: list[Fact] = strawberry.field(description="Settings of a plugin's price model.")

    @classmethod
    def of(cls, rate: RateDefinition, variant: RateVariantDefinition) -> RateVariant:
        """Show a definition, with what it leaves to its rate."""
        full = rate_of_variant(rate, variant)
        inline = variant.table
        return cls(
            when=variant.when,
            name=variant.name,
            model=full.model,
            driver=_driver(full),
            base=full.base,
            tiers=_tiers(full),
            package=_package(full),
            free_units=full.free_units,
            counts=RateCounts(full.counts),
            precision=full.precision,
            surcharge=RateSurcharge.of(full.surcharge),
            per=full.per,
            rows=[] if inline is None else price_rows(inline.rows),
            default=None if inline is None else inline.default,
            options=facts(full.options),
        )


def _driver(rate: RateDefinition) -> PriceDriver | None:
    return None if rate.driver is None else PriceDriver(rate.driver)


def _tiers(rate: RateDefinition) -> list[Tier]:
    return [
        Tier(start=tier.start, upto=tier.upto, price=tier.price, fee=tier.fee)
        for tier in rate.tiers
    ]


def _package(rate: RateDefinition) -> Package | None:
    package = rate.package
    if package is None:
        return None
    return Package(size=package.size, rounding=PackageRounding(package.rounding))


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
    surcharge: RateSurcharge | None = strawberry.field(
        description="The percentage on top of each unit price; null: none."
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
    variants: list[RateVariant] = strawberry.field(
        description="Other prices under a condition each, in the order in which they are asked."
    )

    @classmethod
    def of(cls, rate: RateDefinition) -> Rate:
        """Show a definition."""
        inline = rate.table if isinstance(rate.table, InlineTableDefinition) else None
        return cls(
            product_code=rate.product,
            frequency=rate.frequency,
            model=rate.model,
            driver=_driver(rate),
            base=rate.base,
            tiers=_tiers(rate),
            package=_package(rate),
            free_units=rate.free_units,
            counts=RateCounts(rate.counts),
            precision=rate.precision,
            surcharge=RateSurcharge.of(rate.surcharge),
            per=rate.per,
            table_code=rate.table if isinstance(rate.table, str) else None,
            rows=[] if inline is None else price_rows(inline.rows),
            default=None if inline is None else inline.default,
            options=facts(rate.options),
            variants=[RateVariant.of(rate, variant) for variant in rate.variants],
        )

    @strawberry.field(description="The product.")
    @requires(Capability.CATALOGUE_READ)
    async def product(self, info: Info) -> Product | None:
        """Load the product."""
        return await linked(
            info, loading.load_products_by_code, key=self.product_code, show=Product.of
        )
