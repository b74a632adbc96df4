"""A PostgreSQL of the run's own, set as in production, in a folder that goes with the run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson

from bench.measuring import Meter
from core import migrations
from core.embedded import DatabaseUrls, EmbeddedServices

TEMPLATE = "bench_template"

Owner = asyncpg.Connection


@dataclass(frozen=True, slots=True)
class Place:
    """Where the run measures: its servers, its folder and its meter."""

    services: EmbeddedServices
    folder: Path
    meter: Meter

    def database(self, name: str) -> DatabaseUrls:
        """Make a migrated, empty database."""
        return self.services.create_database(name, template=TEMPLATE)

    def drop(self, name: str) -> None:
        """Drop a database; its space is needed for the next one."""
        self.services.drop_database(name)


@contextmanager
def own_place() -> Iterator[Place]:
    """Start the servers, and remove everything at the end."""
    home = Path(tempfile.mkdtemp(prefix="forfait-bench-"))
    home.chmod(0o711)  # as root, the servers' account must be able to pass
    try:
        with EmbeddedServices(home, durable=True, environment={}) as services:
            migrations.upgrade(services.create_database(TEMPLATE).owner)
            yield Place(services, home, Meter(services.pids()["postgres"]))
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def owner_of(urls: DatabaseUrls, tenant_id: UUID | None = None) -> Owner:
    """Connect as the schema's owner, whom row-level security binds to a tenant as well."""
    connection = await asyncpg.connect(urls.owner, statement_cache_size=0, command_timeout=3600)
    await connection.execute(
        "SET timezone = 'UTC'; SET max_parallel_workers_per_gather = 0; SET jit = off"
    )
    if tenant_id is not None:
        await connection.execute("SELECT set_config('app.tenant', $1, false)", str(tenant_id))
    await connection.set_type_codec(
        "jsonb", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads,
        schema="pg_catalog",
    )  # fmt: skip
    return connection
