"""The whole API at a time of the test's choosing, with a seller that has a catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from core.bootstrap import Application, bootstrap
from core.config import Settings
from core.embedded import DatabaseUrls, ServiceUrls
from tests.graphql.api_clients import Api
from tests.graphql.features.billing.selling import NOON, MovableClock, Selling


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    """What time the application takes it to be."""
    return MovableClock()


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, clock: MovableClock
) -> AsyncIterator[Application]:
    """The process as it serves, but for the time."""
    settings = Settings(pepper=SecretStr("the pepper of the tests"), _env_file=None)
    urls = ServiceUrls(
        database_url=module_database.app,
        owner_database_url=module_database.owner,
        redis_url="",
    )
    async with bootstrap(settings, urls, clock=clock) as started:
        yield started


@pytest.fixture(scope="module")
async def catalogue(api: Api, clock: MovableClock) -> Selling:
    """The seller with its catalogue, applied once for a module."""
    selling = Selling(api, clock)
    await selling.apply()
    return selling


@pytest.fixture
def selling(catalogue: Selling) -> Selling:
    """The seller at noon of 10 January 2026."""
    catalogue.clock.at = NOON
    return catalogue
