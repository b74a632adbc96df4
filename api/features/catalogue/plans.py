"""Price plans, in versions, as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires, requires_a_key, unless_customer
from api.context import Info
from api.features.catalogue import loading
from api.features.catalogue.enums import (
    OfferState,
    ProductKind,
    TaxMode,
)
from api.features.catalogue.rates import Rate
from api.features.tenancy.types import Fact, facts
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.catalogue import records
from core.catalogue.schema import (
    CommitmentDefinition,
)
from core.tenancy import Capability

PRICE_PLAN_ID: Final = IdKind(prefix="plan", type_name="PricePlan")
PLAN_VERSION_ID: Final = IdKind(prefix="planver", type_name="PricePlanVersion")


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
        return await linked(
            info, loading.load_price_plans, key=self.base_key, show=PricePlan.of
        )

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
    created_at: datetime = strawberry.field(description="When it was published.")
    key: strawberry.Private[UUID]
    plan_key: strawberry.Private[UUID]
    record: strawberry.Private[records.PlanVersionHead]

    @classmethod
    def of(cls, record: records.PlanVersionHead) -> PricePlanVersion:
        """Show a record."""
        return cls(
            id=PLAN_VERSION_ID.encode(record.id),
            number=record.number,
            effective_from=record.effective_from,
            created_at=record.created_at,
            key=record.id,
            plan_key=record.price_plan_id,
            record=record,
        )

    @strawberry.field(
        description="Condition under which it may be chosen; empty: always, and for customers."
    )
    @requires_a_key(customers=True)
    async def select_when(self, info: Info) -> str:
        """Return the condition, which may tell how the seller groups its customers."""
        return unless_customer(info, self.record.select_when or "", "")

    @strawberry.field(
        description="Condition under which it prices, and not its base; empty: always, and for "
        "customers."
    )
    @requires_a_key(customers=True)
    async def apply_when(self, info: Info) -> str:
        """Return the condition."""
        return unless_customer(info, self.record.apply_when or "", "")

    @strawberry.field(
        description="Rule sets that it pins, by channel; elsewhere the event's date decides. "
        "Customers read none."
    )
    @requires_a_key(customers=True)
    async def rule_sets(self, info: Info) -> list[Fact]:
        """Return the rule sets."""
        return unless_customer(info, facts(self.record.rule_sets), [])

    @strawberry.field(description="The plan.")
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def price_plan(self, info: Info) -> PricePlan | None:
        """Load the plan."""
        return await linked(
            info, loading.load_price_plans, key=self.plan_key, show=PricePlan.of
        )

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
