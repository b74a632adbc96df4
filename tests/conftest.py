"""The servers and databases that tests run against: the real ones, made anew for each session.

`database` is a fresh, migrated database for one test; `module_database` is one for a module
whose tests do not disturb each other. Both are clones of one template, so migrations run once.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from core.embedded import DatabaseUrls, EmbeddedServices, ServiceUrls

TEMPLATE = "forfait_template"
_names = (f"test_{number}" for number in itertools.count(1))
_redis_numbers = itertools.cycle(range(1, 64))


@pytest.fixture(scope="session")
def services() -> Iterator[EmbeddedServices]:
    """PostgreSQL and Valkey for this session, in a temporary folder, without fsync."""
    home = Path(tempfile.mkdtemp(prefix="forfait-test-"))
    home.chmod(0o711)  # as root, the servers' account must be able to pass
    with EmbeddedServices(home, durable=False, environment={}) as running:
        yield running
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def service_urls(services: EmbeddedServices) -> ServiceUrls:
    """The addresses of the session's servers; its database is empty."""
    return services.urls


@pytest.fixture(scope="session")
def database_template(services: EmbeddedServices) -> str:
    """The name of a migrated database to clone; nobody may stay connected to it."""
    from core import migrations

    urls = services.create_database(TEMPLATE)
    migrations.upgrade(urls.owner)
    return TEMPLATE


@pytest.fixture
def database(services: EmbeddedServices, database_template: str) -> Iterator[DatabaseUrls]:
    """A migrated database of this test's own: `.app` for the application, `.owner` for DDL."""
    yield from _cloned(services, database_template)


@pytest.fixture(scope="module")
def module_database(
    services: EmbeddedServices, database_template: str
) -> Iterator[DatabaseUrls]:
    """A migrated database shared by the tests of one module."""
    yield from _cloned(services, database_template)


@pytest.fixture
def empty_database(services: EmbeddedServices) -> Iterator[DatabaseUrls]:
    """A database without a schema, for tests of the migrations themselves."""
    name = next(_names)
    yield services.create_database(name)
    services.drop_database(name)


@pytest.fixture
def redis_url(services: EmbeddedServices) -> str:
    """The address of an empty Redis database that no other running test uses."""
    return _empty_redis(services)


@pytest.fixture(scope="module")
def module_redis_url(services: EmbeddedServices) -> str:
    """The address of an empty Redis database for what the tests of a module share."""
    return _empty_redis(services)


def _empty_redis(services: EmbeddedServices) -> str:
    url = f"{services.urls.redis_url.rsplit('/', 1)[0]}/{next(_redis_numbers)}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


def _cloned(services: EmbeddedServices, template: str) -> Iterator[DatabaseUrls]:
    name = next(_names)
    yield services.create_database(name, template=template)
    services.drop_database(name)
