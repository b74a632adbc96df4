"""The whole API with a plugin of a third party that misbehaves, at a time of our choosing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from core.bootstrap import Application, bootstrap
from core.config import Settings
from core.embedded import DatabaseUrls, ServiceUrls
from core.plugin_host import installed_sources
from tests.graphql.api_clients import Api
from tests.graphql.features.billing.selling import MovableClock
from tests.graphql.refusals.world import NOW, World, two_sellers
from tests.plugins import poison


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    """What time the application takes it to be."""
    return MovableClock()


@pytest.fixture(scope="module")
def settings() -> Settings:
    """A second for a plugin's answer; starting its process is not counted."""
    return Settings(
        pepper=SecretStr("the pepper of the tests"),
        plugin_timeout_seconds=1,
        oidc_issuers=("https://id.example",),
        _env_file=None,
    )


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, clock: MovableClock, settings: Settings
) -> AsyncIterator[Application]:
    """The process as it serves, with a third party's channel and price model."""
    urls = ServiceUrls(
        database_url=module_database.app,
        owner_database_url=module_database.owner,
        redis_url="",
    )
    plugins = [*installed_sources(), poison]
    async with bootstrap(settings, urls, clock=clock, plugins=plugins) as started:
        yield started


@pytest.fixture(scope="module")
async def made(api: Api, clock: MovableClock) -> World:
    """The two sellers, made once for a module."""
    return await two_sellers(api, clock)


@pytest.fixture
def world(made: World) -> World:
    """The two sellers at noon of 10 February."""
    made.selling.clock.at = NOW
    return made
