"""What reads many simulations, and what comes out of them, at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from api.context import ApiContext
from api.pages import records_by_key
from core.db import Tx
from core.simulations import records, statistics
from core.simulations.tables import SimulationRow

OneT = TypeVar("OneT", statistics.Totals, statistics.Bucket)


class Extremes(NamedTuple):
    """The accounts at one end of a simulation, in a currency or in that of most accounts."""

    key: UUID
    most: int
    currency: str | None


async def load_simulations(
    context: ApiContext, keys: list[UUID]
) -> Sequence[records.Simulation | None]:
    """Load simulations by key."""
    return await records_by_key(context, SimulationRow, records.Simulation, keys)


async def load_totals(
    context: ApiContext, keys: list[UUID]
) -> Sequence[Sequence[statistics.Totals]]:
    """Sum the accounts of simulations that the caller sees."""
    async with context.transaction() as tx:
        return _by_simulation(await statistics.totals_of(tx, keys), keys)


async def load_distribution(
    context: ApiContext, keys: list[UUID]
) -> Sequence[Sequence[statistics.Bucket]]:
    """Count the accounts of simulations that the caller sees."""
    async with context.transaction() as tx:
        return _by_simulation(await statistics.distribution_of(tx, keys), keys)


async def load_failed(context: ApiContext, keys: list[UUID]) -> Sequence[statistics.Failed]:
    """Count the subscriptions that were left out."""
    async with context.transaction() as tx:
        found = {one.simulation_id: one for one in await statistics.failed_of(tx, keys)}
    return [found.get(key) or statistics.Failed(key, 0, 0) for key in keys]


async def load_gainers(
    context: ApiContext, asked: list[Extremes]
) -> Sequence[list[records.Result]]:
    """Load the accounts that would pay less."""
    return await _extremes(context, asked, statistics.gainers_of)


async def load_losers(
    context: ApiContext, asked: list[Extremes]
) -> Sequence[list[records.Result]]:
    """Load the accounts that would pay more."""
    return await _extremes(context, asked, statistics.losers_of)


async def _extremes(
    context: ApiContext,
    asked: list[Extremes],
    read: Callable[..., Awaitable[list[records.Result]]],
) -> list[list[records.Result]]:
    found = []
    async with context.transaction() as tx:
        usual = await _usual_currencies(tx, [one.key for one in asked])
        for one in asked:
            currency = one.currency or usual.get(one.key)
            found.append(
                [] if currency is None else await read(tx, one.key, currency, most=one.most)
            )
    return found


async def _usual_currencies(tx: Tx, keys: Sequence[UUID]) -> dict[UUID, str]:
    """Return the currency of most accounts; of several, the first by its code."""
    most: dict[UUID, statistics.Totals] = {}
    for one in await statistics.totals_of(tx, keys):
        known = most.get(one.simulation_id)
        if known is None or one.accounts > known.accounts:
            most[one.simulation_id] = one
    return {key: one.currency for key, one in most.items()}


def _by_simulation(found: Iterable[OneT], keys: Sequence[UUID]) -> list[list[OneT]]:
    by_key: dict[UUID, list[OneT]] = defaultdict(list)
    for one in found:
        by_key[one.simulation_id].append(one)
    return [by_key[key] for key in keys]
