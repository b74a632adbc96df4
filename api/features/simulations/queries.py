"""Reading simulations."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.simulations.lists import LATEST, SIMULATIONS
from api.features.simulations.loading import load_simulations
from api.features.simulations.types import SIMULATION_ID, Simulation
from api.graphql.connection import Connection
from api.linked import linked
from api.page_arguments import PageArguments, paged
from api.pages import page_of
from core.tenancy import Capability


@strawberry.type(description="Reads of simulations.")
class SimulationsQuery:
    """Reads of simulations."""

    @strawberry.field(description="A simulation by its id, or null.")
    @requires(Capability.SIMULATION_RUN)
    async def simulation(
        self,
        info: Info,
        *,
        id: Annotated[  # noqa: A002 - Relay's name
            strawberry.ID, strawberry.argument(description="Its id.")
        ],
    ) -> Simulation | None:
        """Return a simulation."""
        key = SIMULATION_ID.parse(id, path=("id",))
        return await linked(info, load_simulations, key=key, show=Simulation.of)

    @strawberry.field(description="The seller's simulations, the last one first.")
    @requires(Capability.SIMULATION_RUN)
    @paged
    async def simulations(
        self, info: Info, *, asked: PageArguments
    ) -> Connection[Simulation] | None:
        """Return a page of simulations."""
        page = asked.in_order(LATEST)
        return await page_of(info, SIMULATIONS, sort=LATEST, page=page)
