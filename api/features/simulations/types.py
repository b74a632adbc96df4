"""Simulations as the schema shows them."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.loading import load_price_plans
from api.features.catalogue.plans import PricePlan
from api.features.simulations import loading
from api.features.simulations.accounts import SimulationResult
from api.features.simulations.sums import (
    SimulationBucket,
    SimulationFailures,
    SimulationTotals,
)
from api.graphql.connection import PageInvalid
from api.graphql.cost import FieldCost
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from api.references import given
from core.simulations import records
from core.tenancy import Capability

SIMULATION_ID: Final = IdKind(prefix="sim", type_name="Simulation")
MOST_EXTREMES: Final = 100

FirstAccounts = Annotated[
    int, strawberry.argument(description=f"How many at most; 1 to {MOST_EXTREMES}.")
]
InCurrency = Annotated[
    str | None,
    strawberry.argument(description="In which currency; that of most accounts, when left out."),
]


@strawberry.enum(description="Where a simulation is.")
class SimulationState(Enum):
    """The states of a simulation."""

    QUEUED = strawberry.enum_value("queued", description="It waits for a worker.")
    RUNNING = strawberry.enum_value("running", description="Some accounts are done.")
    DONE = strawberry.enum_value("done", description="All accounts are done.")
    FAILED = strawberry.enum_value("failed", description="It could not go on; see why.")
    CANCELLED = strawberry.enum_value("cancelled", description="Somebody stopped it.")


@strawberry.type(
    description="What accounts would have paid in a past month under other prices."
)
class Simulation(Node):
    """What was asked, how far it is, and what comes out."""

    month: date = strawberry.field(description="The first day of the month.")
    state: SimulationState = strawberry.field(description="Where it is.")
    accounts_total: int = strawberry.field(description="Accounts to look at.")
    accounts_done: int = strawberry.field(description="Accounts looked at so far.")
    catalogue: str | None = strawberry.field(
        description="The catalogue that is tried, in YAML; null where it is a price plan."
    )
    failure_code: str | None = strawberry.field(
        description="Why it could not go on, for programs."
    )
    failure_reason: str | None = strawberry.field(
        description="Why it could not go on, for people."
    )
    requested_by: str = strawberry.field(description="Who asked.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When its first part was done.")
    finished_at: datetime | None = strawberry.field(description="When it was over.")
    export_path: str = strawberry.field(
        description="Where its results are as CSV, on this server, under the same key."
    )
    key: strawberry.Private[UUID]
    plan_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.Simulation) -> Simulation:
        """Show a record."""
        public = SIMULATION_ID.encode(record.id)
        return cls(
            id=public,
            month=record.month,
            state=SimulationState(record.state),
            accounts_total=record.accounts_total,
            accounts_done=record.accounts_done,
            catalogue=record.catalogue,
            failure_code=record.failure_code,
            failure_reason=record.failure_reason,
            requested_by=record.requested_by,
            created_at=record.created_at,
            started_at=record.started_at,
            finished_at=record.finished_at,
            export_path=f"/simulations/{public}.csv",
            key=record.id,
            plan_key=record.price_plan_id,
        )

    @strawberry.field(description="The price plan that is tried, or null.")
    @requires(Capability.CATALOGUE_READ)
    async def price_plan(self, info: Info) -> PricePlan | None:
        """Load the plan."""
        return await linked(info, load_price_plans, key=self.plan_key, show=PricePlan.of)

    @strawberry.field(description="The sums so far, by currency.")
    @requires(Capability.SIMULATION_RUN)
    async def totals(self, info: Info) -> list[SimulationTotals]:
        """Sum the accounts that the caller sees."""
        found = await info.context.loaders.of(loading.load_totals).load(self.key)
        return [SimulationTotals.of(one) for one in found]

    @strawberry.field(description="How many could not be priced so far.")
    @requires(Capability.SIMULATION_RUN)
    async def failed(self, info: Info) -> SimulationFailures:
        """Count what was left out."""
        found = await info.context.loaders.of(loading.load_failed).load(self.key)
        return SimulationFailures(subscriptions=found.subscriptions, accounts=found.accounts)

    @strawberry.field(
        description="How accounts are spread over changes in percent, from those that would "
        "pay least to those that would pay most.",
        metadata=FieldCost(flat=20).metadata(),
    )
    @requires(Capability.SIMULATION_RUN)
    async def distribution(self, info: Info) -> list[SimulationBucket]:
        """Count the accounts that the caller sees."""
        found = await info.context.loaders.of(loading.load_distribution).load(self.key)
        return [SimulationBucket.of(one) for one in found]

    @strawberry.field(
        description="The accounts that gain most: they would pay less.",
    )
    @requires(Capability.SIMULATION_RUN)
    async def gainers(
        self, info: Info, first: FirstAccounts = 10, currency: InCurrency = strawberry.UNSET
    ) -> list[SimulationResult]:
        """Return the greatest gains first."""
        asked = _extremes(self.key, first, given(currency))
        found = await info.context.loaders.of(loading.load_gainers).load(asked)
        return [SimulationResult.of(one) for one in found]

    @strawberry.field(
        description="The accounts that lose most: they would pay more.",
    )
    @requires(Capability.SIMULATION_RUN)
    async def losers(
        self, info: Info, first: FirstAccounts = 10, currency: InCurrency = strawberry.UNSET
    ) -> list[SimulationResult]:
        """Return the greatest losses first."""
        asked = _extremes(self.key, first, given(currency))
        found = await info.context.loaders.of(loading.load_losers).load(asked)
        return [SimulationResult.of(one) for one in found]


def _extremes(key: UUID, first: int, currency: str | None) -> loading.Extremes:
    if not 1 <= first <= MOST_EXTREMES:
        raise PageInvalid(
            f"`first` must be from 1 to {MOST_EXTREMES}, not {first}.", path=("first",)
        )
    return loading.Extremes(key, first, currency)
