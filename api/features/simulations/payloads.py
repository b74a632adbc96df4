"""Inputs and payloads of the mutations of simulations."""

from __future__ import annotations

from datetime import date

import strawberry

from api.features.catalogue.problems import (
    DETAILS,
    CatalogueInvalid,
    ImmutableField,
    SlotInThePast,
)
from api.features.simulations.types import Simulation
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.simulations.errors import (
    MonthNotOver,
    NothingToSimulate,
    SimulationFinished,
    TooManyAccounts,
    TooManySimulations,
)


@strawberry.input(description="The prices to try: one of these.", one_of=True)
class SimulationAlternative:
    """Exactly one."""

    price_plan: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Another price plan, by id or code: the version in force when the month "
        "begins, or its first one."
    )
    catalogue: strawberry.Maybe[str] = strawberry.field(
        description="A catalogue in YAML, as `catalogueApply` takes it; nothing of it is "
        "stored. Each plan that it changes counts as it would be published."
    )


@strawberry.input(description="What to simulate.")
class SimulationStartInput(IdempotentInput):
    """A month, accounts, and other prices."""

    month: date = strawberry.field(
        description="The first day of a month that is over. A billing period belongs to the "
        "month in which it starts."
    )
    alternative: SimulationAlternative = strawberry.field(description="The prices to try.")
    accounts: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET,
        description="The accounts, by id or ref, 1000 at most; when left out, all that are on "
        "no test clock.",
    )


@strawberry.type(description="The simulation that was started, or why none was.")
class SimulationStartPayload:
    """What simulationStart did."""

    simulation: Simulation | None = strawberry.field(
        description="It runs in the background; follow it by its id.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SimulationStart",
        *NAME_REFUSALS,
        *KEY_REFUSALS,
        MonthNotOver,
        NothingToSimulate,
        TooManyAccounts,
        TooManySimulations,
        CatalogueInvalid,
        ImmutableField,
        SlotInThePast,
        details=DETAILS,
    )


@strawberry.input(description="What to stop.")
class SimulationCancelInput:
    """A simulation."""

    simulation: strawberry.ID = strawberry.field(description="The simulation, by id.")


@strawberry.type(description="The simulation that was stopped, or why it was not.")
class SimulationCancelPayload:
    """What simulationCancel did."""

    simulation: Simulation | None = strawberry.field(
        description="What it has found so far stays.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SimulationCancel", *NAME_REFUSALS, SimulationFinished
    )
