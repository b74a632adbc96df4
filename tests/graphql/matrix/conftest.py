"""The whole API over an installation that trusts one provider of identities."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.bootstrap import Application
from core.embedded import DatabaseUrls
from tests.graphql.api_clients import Api
from tests.graphql.matrix.sellers import Worlds, worlds
from tests.graphql.processes import settings_with, started


@pytest.fixture(scope="module")
async def application(module_database: DatabaseUrls) -> AsyncIterator[Application]:
    """The process as it serves, to who asks as much as they like."""
    settings = settings_with(oidc_issuers=("https://id.example",), cost_per_minute=0)
    async with started(module_database, settings=settings) as opened:
        yield opened


@pytest.fixture(scope="module")
async def world(api: Api) -> Worlds:
    """Everybody with everything, made once for a module."""
    return await worlds(api)
