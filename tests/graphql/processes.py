"""A process as it serves, on a database of the tests and without Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

from pydantic import SecretStr

from core.bootstrap import Application, bootstrap
from core.config import Settings
from core.embedded import DatabaseUrls, ServiceUrls
from core.kernel.clock import Clock

PEPPER: Final = "the pepper of the tests"


def settings_with(**chosen: Any) -> Settings:
    """Settings of this program alone, whatever the machine's environment says."""
    return Settings(pepper=SecretStr(PEPPER), _env_file=None, **chosen)


@asynccontextmanager
async def started(
    database: DatabaseUrls,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    plugins: Iterable[object] | None = None,
) -> AsyncIterator[Application]:
    """Start one; without `plugins` it has the installed ones, without `clock` real time."""
    urls = ServiceUrls(
        database_url=database.app, owner_database_url=database.owner, redis_url=""
    )
    chosen = settings or settings_with()
    async with bootstrap(chosen, urls, clock=clock, plugins=plugins) as application:
        yield application
