"""What a command stands on: the services running, and a schema that fits this program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from core.config import ConfigurationMissing, Settings, load_settings
from core.embedded import EmbeddedServices, ServicesUnavailable, ServiceUrls

# Imported while the servers start: half of the time that a first start takes.
if TYPE_CHECKING:
    from core.bootstrap import Application

T = TypeVar("T")

_SCHEMA = "core.migrations"
UNUSED_REDIS = "redis://unused"
"""Naming a Redis keeps the embedded one from being started."""


@contextmanager
def installation(
    settings: Settings,
    *,
    with_redis: bool = True,
    durable: bool = True,
    meanwhile: str = "core.bootstrap",
) -> Iterator[EmbeddedServices]:
    """Hold the services up (embedded where no address is set), with the schema at its head.

    `meanwhile` names the module to import while the servers start.

    Raises:
        ServicesUnavailable: a server cannot be started or reached.
        ConfigurationMissing: the schema is behind and the owner's address is not known.
    """
    given = settings.given_addresses()
    if not with_redis:
        given = {"REDIS_URL": UNUSED_REDIS, **given}
    beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="imports")
    imported = [beside.submit(import_module, name) for name in (_SCHEMA, meanwhile)]
    beside.shutdown(wait=False)  # the thread ends when both are imported
    with EmbeddedServices(settings.home, durable=durable, environment=given) as running:
        imported[0].result()
        bring_up_to_date(running.urls)
        imported[1].result()
        yield running


def bring_up_to_date(urls: ServiceUrls) -> None:
    """Migrate the database when it is behind and its owner's address is known.

    Raises:
        ConfigurationMissing: it is behind, and only the application's address is known.
        ServicesUnavailable: it cannot be reached.
    """
    from core import migrations

    try:
        if migrations.current(urls.owner_database_url or urls.database_url) == (
            migrations.heads()
        ):
            return
    except (OSError, TimeoutError, asyncpg.PostgresError) as problem:
        raise ServicesUnavailable(
            f"The database cannot be reached ({problem}). Check DATABASE_URL, or unset it "
            "to use the embedded PostgreSQL; `forfait doctor` says more."
        ) from problem
    if urls.owner_database_url is None:
        raise ConfigurationMissing(
            "The database's schema is not at this program's revision. Run `forfait migrate` "
            "with OWNER_DATABASE_URL set."
        )
    migrations.upgrade(urls.owner_database_url)


@asynccontextmanager
async def opened(settings: Settings, urls: ServiceUrls) -> AsyncIterator[Application]:
    """Put a short-lived process together, without Redis where only a placeholder is known."""
    from core.bootstrap import bootstrap

    without = urls.redis_url == UNUSED_REDIS
    known = ServiceUrls(
        database_url=urls.database_url,
        owner_database_url=urls.owner_database_url,
        redis_url="" if without else urls.redis_url,
    )
    async with bootstrap(settings, known) as application:
        yield application


def in_application(work: Callable[[Application], Awaitable[T]], **given: Any) -> T:
    """Run one command's work on this installation and return its answer.

    `given` are settings that the command was told; they win over the environment.
    """
    settings = load_settings(**given)

    async def run(urls: ServiceUrls) -> T:
        async with opened(settings, urls) as application:
            return await work(application)

    with installation(settings, with_redis=False) as running:
        return asyncio.run(run(running.urls))
