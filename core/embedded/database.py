"""Databases and roles inside the embedded cluster.

Three roles: the superuser is the supervisor's alone; the owner has the schema and runs the
migrations; the application owns nothing, so that row-level security and revoked privileges
bind it. A superuser, an owner or BYPASSRLS would switch them off without a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from core.embedded.errors import ServicesUnavailable
from core.embedded.process import LOOPBACK
from core.own_loop import in_own_loop

SUPERUSER = "forfait_supervisor"
OWNER_ROLE = "forfait_owner"
APP_ROLE = "forfait_app"
PLAIN_ROLE = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"
EXTENSIONS = ("btree_gist",)
CONNECT_SECONDS = 10
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """The two addresses of one database; both begin with postgresql://."""

    app: str = field(repr=False)
    owner: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL that is ours: where it listens, and its roles' passwords."""

    port: int
    superuser_password: str = field(repr=False)
    owner_password: str = field(repr=False)
    app_password: str = field(repr=False)

    def urls(self, database: str) -> DatabaseUrls:
        """Return the addresses of `database` for the application and for its owner."""
        at = f"{LOOPBACK}:{self.port}/{database}"
        return DatabaseUrls(
            app=f"postgresql://{APP_ROLE}:{self.app_password}@{at}",
            owner=f"postgresql://{OWNER_ROLE}:{self.owner_password}@{at}",
        )

    def prepare(self, database: str) -> None:
        """Make the roles and `database` where they are missing; what exists is left alone."""
        _check_names(database)
        in_own_loop(self._prepare(database))

    def create_database(self, name: str, *, template: str | None = None) -> DatabaseUrls:
        """Create a database, or clone `template` (which nobody may be connected to).

        A clone is a copy of files: cheap, and it has the template's privileges and extensions.
        """
        _check_names(name, template or "template1")
        in_own_loop(self._create(name, template))
        return self.urls(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending its connections; an absent one is no error."""
        _check_names(name)
        in_own_loop(self._drop(name))

    def serves(self, folder: Path) -> bool:
        """Say whether the server on our port takes our password and serves `folder`."""
        try:
            return Path(in_own_loop(self._data_folder())) == folder
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False

    async def _connect(self, database: str = "postgres") -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(
            user=SUPERUSER,
            password=self.superuser_password,
            host=LOOPBACK,
            port=self.port,
            database=database,
            timeout=CONNECT_SECONDS,
            ssl=False,
        )

    async def _prepare(self, database: str) -> None:
        connection = await self._connect()
        try:
            for role, password in (
                (OWNER_ROLE, self.owner_password),
                (APP_ROLE, self.app_password),
            ):
                known = await connection.fetchval(
                    "SELECT 1 FROM pg_roles WHERE rolname = $1", role
                )
                verb = "ALTER" if known else "CREATE"
                await connection.execute(
                    f"{verb} ROLE {role} {PLAIN_ROLE} PASSWORD '{password}'"
                )
            exists = await connection.fetchval(
                "SELECT 1 FROM pg_database WHERE datname = $1", database
            )
            if not exists:
                await connection.execute(f'CREATE DATABASE "{database}" OWNER {OWNER_ROLE}')
        finally:
            await connection.close()
        await self._open_to_the_roles(database)

    async def _create(self, name: str, template: str | None) -> None:
        connection = await self._connect()
        try:
            source = f'TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
            await connection.execute(f'CREATE DATABASE "{name}" OWNER {OWNER_ROLE} {source}')
            if template:  # a clone has its source's objects, but not its database privileges
                await _grant_database(connection, name)
        finally:
            await connection.close()
        if not template:
            await self._open_to_the_roles(name)

    async def _open_to_the_roles(self, database: str) -> None:
        connection = await self._connect(database)
        try:
            await _grant_database(connection, database)
            await connection.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
            for extension in EXTENSIONS:
                await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        finally:
            await connection.close()

    async def _drop(self, name: str) -> None:
        connection = await self._connect()
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    async def _data_folder(self) -> str:
        connection = await self._connect()
        try:
            return str(await connection.fetchval("SHOW data_directory"))
        finally:
            await connection.close()


def _check_names(*names: str) -> None:
    """Refuse names that would not survive inside a statement; they cannot be parameters."""
    for name in names:
        if not NAME.fullmatch(name):
            raise ServicesUnavailable(
                f"{name!r} is no database name: a-z, 0-9 and _, 63 at most."
            )


async def _grant_database(
    connection: asyncpg.Connection[asyncpg.Record], database: str
) -> None:
    """Let in only our two roles; TEMPORARY because COPY goes through temporary tables."""
    await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO {APP_ROLE}')
