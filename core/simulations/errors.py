"""Refusals of simulations."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class MonthNotOver(Refusal):
    """The month is not over yet, or is given by another day than its first."""

    code: ClassVar[str] = "MONTH_NOT_OVER"


class TooManyAccounts(Refusal):
    """More accounts were named than one simulation takes; leave them out to take all."""

    code: ClassVar[str] = "TOO_MANY_ACCOUNTS"


class TooManySimulations(Refusal):
    """So many simulations wait already; cancel one, or wait until one is done."""

    code: ClassVar[str] = "TOO_MANY_SIMULATIONS"


class NothingToSimulate(Refusal):
    """No account is chosen, or the catalogue changes nothing."""

    code: ClassVar[str] = "NOTHING_TO_SIMULATE"


class SimulationNotFound(Refusal):
    """There is no such simulation."""

    code: ClassVar[str] = "SIMULATION_NOT_FOUND"


class SimulationFinished(Refusal):
    """The simulation is over; there is nothing to cancel."""

    code: ClassVar[str] = "SIMULATION_FINISHED"


class UsagePricedSingly(Refusal):
    """Usage was priced event by event when it happened; another plan cannot price it now."""

    code: ClassVar[str] = "USAGE_PRICED_SINGLY"


class UsageNotRedated(Refusal):
    """Usage that is no plain sum of its events cannot be divided by another table's dates."""

    code: ClassVar[str] = "USAGE_NOT_REDATED"
