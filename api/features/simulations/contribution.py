"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.simulations.lists import SimulationLists
from api.features.simulations.loading import load_simulations
from api.features.simulations.mutations import SimulationsMutation
from api.features.simulations.queries import SimulationsQuery
from api.features.simulations.types import SIMULATION_ID, Simulation
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring simulations and what comes out of them."""
    return Feature(
        contribution=Contribution(
            name="simulations",
            query=SimulationsQuery,
            mutation=SimulationsMutation,
            extends={Simulation: SimulationLists},
        ),
        nodes=(guarded_source(SIMULATION_ID, Capability.SIMULATION_RUN, _simulations),),
    )


async def _simulations(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_simulations(context, list(keys))
    return {each.id: Simulation.of(each) for each in found if each is not None}
