"""The whole API with a one-file plugin of a folder, at a time of our choosing."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.bootstrap import Application
from core.config import Settings
from core.embedded import DatabaseUrls
from tests.graphql.features.billing.selling import MovableClock
from tests.graphql.processes import settings_with, started
from tests.plugins import pigeon


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A folder with the plugin `pigeon`."""
    folder = tmp_path_factory.mktemp("plugins")
    shutil.copy(Path(pigeon.__file__), folder / "pigeon.py")
    return settings_with(home=tmp_path_factory.mktemp("home"), plugins_dir=folder)


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, clock: MovableClock, settings: Settings
) -> AsyncIterator[Application]:
    """The process as it serves."""
    async with started(module_database, clock=clock, settings=settings) as opened:
        yield opened
