"""Starting and stopping simulations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.problems import translated
from api.features.simulations.payloads import (
    SimulationCancelInput,
    SimulationCancelPayload,
    SimulationStartInput,
    SimulationStartPayload,
)
from api.features.simulations.types import SIMULATION_ID, Simulation
from api.graphql.errors import answers_refusals
from api.mutations import by_id, runner
from api.references import given, key_of, reference
from api.refusals import NotFound
from core.db import Tx
from core.simulations import records, repository
from core.simulations.cancel import cancel_simulation
from core.simulations.start import StartSimulation, check_how_many, start_simulation
from core.tenancy import Capability

_ALTERNATIVE: Final = ("input", "alternative")

_BY_REF: Final = "SELECT ref, id FROM account WHERE tenant_id = $1 AND ref = ANY ($2::text[])"

_run = runner(by_id(repository.simulation))


@strawberry.type(description="Changes of simulations.")
class SimulationsMutation:
    """Changes of simulations."""

    @strawberry.mutation(
        description="Computes in the background what accounts would have paid in a past month "
        "under another price plan, or under an edited catalogue. Nothing else changes."
    )
    @requires(Capability.SIMULATION_RUN)
    @answers_refusals(SimulationStartPayload)
    async def simulation_start(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SimulationStartInput, strawberry.argument(description="What to simulate.")
        ],
    ) -> SimulationStartPayload:
        """Queue a simulation."""
        installed = info.context.application.installed

        async def verb(tx: Tx) -> records.Simulation:
            asked = await _asked(tx, input)
            work = start_simulation(tx, asked, installed=installed)
            return await translated(work, path_of=_in_catalogue)

        made = await _run(info, operation="simulationStart", given=input, verb=verb)
        return SimulationStartPayload(simulation=Simulation.of(made))

    @strawberry.mutation(description="Stops a simulation; what it has found so far stays.")
    @requires(Capability.SIMULATION_RUN)
    @answers_refusals(SimulationCancelPayload)
    async def simulation_cancel(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SimulationCancelInput, strawberry.argument(description="What to stop.")
        ],
    ) -> SimulationCancelPayload:
        """Stop a simulation."""

        async def verb(tx: Tx) -> records.Simulation:
            key = SIMULATION_ID.parse(input.simulation, path=("input", "simulation"))
            return await cancel_simulation(tx, key)

        stopped = await _run(info, operation="simulationCancel", given=input, verb=verb)
        return SimulationCancelPayload(simulation=Simulation.of(stopped))


async def _asked(tx: Tx, asked: SimulationStartInput) -> StartSimulation:
    named = given(asked.accounts)
    accounts = None if named is None else await _accounts(tx, named)
    plan, catalogue = asked.alternative.price_plan, asked.alternative.catalogue
    if catalogue is not None:
        return StartSimulation(asked.month, accounts, catalogue=catalogue.value)
    assert plan is not None  # @oneOf: the schema sees to it
    path = (*_ALTERNATIVE, "pricePlan")
    key = await key_of(tx, PRICE_PLAN_ID, plan.value, table="price_plan", path=path)
    if key is None:
        raise NotFound("there is no such price plan; check its id or code", path=path)
    return StartSimulation(asked.month, accounts, price_plan_id=key)


async def _accounts(tx: Tx, named: Sequence[str]) -> list[UUID]:
    """Return the keys of accounts by id or ref, with one statement for all refs."""
    check_how_many(named)
    found = [
        reference(ACCOUNT_ID, text, path=("input", "accounts", str(place)))
        for place, text in enumerate(named)
    ]
    refs = [one for one in found if isinstance(one, str)]
    keys = {row["ref"]: row["id"] for row in await tx.fetch(_BY_REF, tx.tenant_id, refs)}
    for place, one in enumerate(found):
        if isinstance(one, str) and one not in keys:
            raise NotFound(
                "there is no such account; check its id or ref",
                path=("input", "accounts", str(place)),
            )
    return [one if isinstance(one, UUID) else keys[one] for one in found]


def _in_catalogue(path: tuple[str, ...]) -> tuple[str, ...]:
    return (*_ALTERNATIVE, "catalogue", *path)
