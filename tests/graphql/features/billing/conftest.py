"""The whole API at a time of the test's choosing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.bootstrap import Application
from core.embedded import DatabaseUrls
from tests.graphql.features.billing.selling import MovableClock
from tests.graphql.processes import started


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, clock: MovableClock
) -> AsyncIterator[Application]:
    """The process as it serves, but for the time."""
    async with started(module_database, clock=clock) as opened:
        yield opened
