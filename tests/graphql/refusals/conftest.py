"""The whole API with a plugin of a third party that misbehaves, at a time of our choosing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.bootstrap import Application
from core.config import Settings
from core.embedded import DatabaseUrls
from core.plugin_host import installed_sources
from tests.graphql.api_clients import Api
from tests.graphql.features.billing.selling import MovableClock
from tests.graphql.processes import settings_with, started
from tests.graphql.refusals.world import NOW, World, two_sellers
from tests.plugins import poison


@pytest.fixture(scope="module")
def settings() -> Settings:
    """A second for a plugin's answer; starting its process is not counted."""
    return settings_with(plugin_timeout_seconds=1, oidc_issuers=("https://id.example",))


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, clock: MovableClock, settings: Settings
) -> AsyncIterator[Application]:
    """The process as it serves, with a third party's channel and price model."""
    plugins = [*installed_sources(), poison]
    async with started(
        module_database, clock=clock, settings=settings, plugins=plugins
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
async def made(api: Api, clock: MovableClock) -> World:
    """The two sellers, made once for a module."""
    return await two_sellers(api, clock)


@pytest.fixture
def world(made: World) -> World:
    """The two sellers at noon of 10 February."""
    made.selling.clock.at = NOW
    return made
