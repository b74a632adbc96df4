"""One process and its schema, for all scenarios of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.graphql.plugin_schema import PluginSchema
from api.schema import make_schema
from core.bootstrap import Application, bootstrap
from core.config import load_settings
from core.embedded import DatabaseUrls, ServiceUrls


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Application]:
    """A process without Redis on this module's database."""
    urls = ServiceUrls(module_database.app, module_database.owner, "")
    settings = load_settings(home=tmp_path_factory.mktemp("home"), database_url=None)
    async with bootstrap(settings, urls) as application:
        yield application


@pytest.fixture(scope="module")
def schema(application: Application) -> PluginSchema:
    """The public schema with the installed plugins."""
    return make_schema(application.host)
