"""The whole API over an installation that trusts one provider of identities."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from core.bootstrap import Application, bootstrap
from core.config import Settings
from core.embedded import DatabaseUrls, ServiceUrls
from tests.graphql.api_clients import Api
from tests.graphql.matrix.sellers import Worlds, worlds


@pytest.fixture(scope="module")
async def application(module_database: DatabaseUrls) -> AsyncIterator[Application]:
    """The process as it serves."""
    settings = Settings(
        pepper=SecretStr("the pepper of the tests"),
        oidc_issuers=("https://id.example",),
        cost_per_minute=0,
        _env_file=None,
    )
    urls = ServiceUrls(
        database_url=module_database.app,
        owner_database_url=module_database.owner,
        redis_url="",
    )
    async with bootstrap(settings, urls) as started:
        yield started


@pytest.fixture(scope="module")
async def world(api: Api) -> Worlds:
    """Everybody with everything, made once for a module."""
    return await worlds(api)
