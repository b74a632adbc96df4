"""The lists of simulations, and of their accounts."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.simulations.accounts import SimulationFailure, SimulationResult
from api.features.simulations.types import Simulation
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from core.simulations import records
from core.simulations.tables import (
    SimulationFailureRow,
    SimulationResultRow,
    SimulationRow,
)
from core.tenancy import Capability

SIMULATIONS: Final = Listing(table=SimulationRow, record=records.Simulation, show=Simulation.of)
LATEST: Final = Sort("simulation.latest", key(col(SimulationRow.id), UUID, descending=True))
RESULTS: Final = Listing(
    table=SimulationResultRow, record=records.Result, show=SimulationResult.of
)
FAILURES: Final = Listing(
    table=SimulationFailureRow, record=records.Failure, show=SimulationFailure.of
)
# By currency first: amounts of different currencies have no order.
BY_DIFFERENCE: Final = Sort(
    "simulationResult.difference",
    key(col(SimulationResultRow.currency), str),
    key(col(SimulationResultRow.difference_minor), int),
    key(col(SimulationResultRow.account_id), UUID),
)
BY_SUBSCRIPTION: Final = Sort(
    "simulationFailure.subscription", key(col(SimulationFailureRow.subscription_id), UUID)
)
_results = pages_below(
    RESULTS, parent=col(SimulationResultRow.simulation_id), sort=BY_DIFFERENCE
)
_failures = pages_below(
    FAILURES, parent=col(SimulationFailureRow.simulation_id), sort=BY_SUBSCRIPTION
)


@strawberry.type(description="The accounts of a simulation.")
class SimulationLists:
    """Fields of `Simulation`."""

    @strawberry.field(
        description="Every account by currency, from those that would pay less to those that "
        "would pay more."
    )
    @requires(Capability.SIMULATION_RUN)
    @paged
    async def results(
        self, info: Info, root: strawberry.Parent[Simulation], *, asked: PageArguments
    ) -> Connection[SimulationResult] | None:
        """Return a page of accounts."""
        return await _results.page(info, parent=root.key, asked=asked)

    @strawberry.field(description="The subscriptions that could not be priced, and why.")
    @requires(Capability.SIMULATION_RUN)
    @paged
    async def failures(
        self, info: Info, root: strawberry.Parent[Simulation], *, asked: PageArguments
    ) -> Connection[SimulationFailure] | None:
        """Return a page of what was left out."""
        return await _failures.page(info, parent=root.key, asked=asked)
