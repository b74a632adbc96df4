"""The whole API with a one-file plugin of a folder, at a time of our choosing."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.bootstrap import Application, bootstrap
from core.config import Settings
from core.embedded import DatabaseUrls, ServiceUrls
from tests.graphql.features.billing.selling import MovableClock
from tests.plugins import pigeon


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    """What time the application takes it to be."""
    return MovableClock()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A folder with the plugin `pigeon`."""
    folder = tmp_path_factory.mktemp("plugins")
    shutil.copy(Path(pigeon.__file__), folder / "pigeon.py")
    return Settings(
        pepper=SecretStr("the pepper of the tests"),
        home=tmp_path_factory.mktemp("home"),
        plugins_dir=folder,
        _env_file=None,
    )


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, clock: MovableClock, settings: Settings
) -> AsyncIterator[Application]:
    """The process as it serves."""
    urls = ServiceUrls(
        database_url=module_database.app,
        owner_database_url=module_database.owner,
        redis_url="",
    )
    async with bootstrap(settings, urls, clock=clock) as started:
        yield started
