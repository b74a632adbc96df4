"""Bringing the services up, attaching to those of another process, and keeping them up.

The process that starts the servers takes them along when it ends, however it ends. Another
process on the same home attaches; should it lose them, `ensure` starts them again from there,
on the same ports and with the same passwords.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from core.embedded.account import account_to_drop_to
from core.embedded.database import Cluster, DatabaseUrls
from core.embedded.errors import ServicesUnavailable
from core.embedded.place import Place, find_place
from core.embedded.postgres import PostgresServer
from core.embedded.valkey import ValkeyServer

DATABASE = "forfait"
WATCH_SECONDS = 2


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    """Where the services are.

    The owner's address is None when only the application's was given: a server process of a
    production set-up has no business with it.
    """

    database_url: str = field(repr=False)
    owner_database_url: str | None = field(repr=False)
    redis_url: str = field(repr=False)


class EmbeddedServices:
    """PostgreSQL and Valkey below one home; use it as a context, or call `start` and `stop`.

    Start it from the main thread. Addresses given in the environment replace the server that
    they name: nothing is started for it.
    """

    def __init__(
        self,
        home: Path,
        *,
        durable: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._home = home
        self._durable = durable
        self._environment = os.environ if environment is None else environment
        self._place: Place | None = None
        self._postgres: PostgresServer | None = None
        self._valkey: ValkeyServer | None = None
        self._cluster: Cluster | None = None
        self._urls: ServiceUrls | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def urls(self) -> ServiceUrls:
        """The addresses. Raises ServicesUnavailable before `start`."""
        if self._urls is None:
            raise ServicesUnavailable("The services are not started.")
        return self._urls

    @property
    def owns_servers(self) -> bool:
        """Whether this process started a server that runs now."""
        return any(
            server is not None and server.is_ours for server in (self._postgres, self._valkey)
        )

    def pids(self) -> dict[str, int]:
        """Return the process ids of the embedded servers that run, by name."""
        servers = {"postgres": self._postgres, "valkey": self._valkey}
        return {name: server.pid for name, server in servers.items() if server and server.pid}

    def start(self) -> ServiceUrls:
        """Start what does not run yet, attach to what does, and return the addresses.

        Raises:
            ServicesUnavailable: a server cannot be started; the message says why.
        """
        given = self._environment
        database_url, redis_url = given.get("DATABASE_URL"), given.get("REDIS_URL")
        owner_url = given.get("OWNER_DATABASE_URL")
        if not (database_url and redis_url):
            self._place = self._place or find_place(self._home, account=account_to_drop_to())
            try:
                with self._place.locked():
                    if not database_url:
                        ours = self._ensure_postgres(self._place)
                        database_url, owner_url = ours.app, ours.owner
                    redis_url = redis_url or self._ensure_valkey(self._place)
            except BaseException:
                self.stop()
                raise
        self._urls = ServiceUrls(
            database_url=database_url, owner_database_url=owner_url or None, redis_url=redis_url
        )
        return self._urls

    def ensure(self) -> ServiceUrls:
        """Start again what was lost; cheap when nothing was. From the main thread."""
        servers = [server for server in (self._postgres, self._valkey) if server is not None]
        if self._urls is not None and all(server.is_ready() for server in servers):
            return self._urls
        return self.start()

    async def keep_alive(self, *, every_seconds: float = WATCH_SECONDS) -> None:
        """Call `ensure` again and again, until cancelled; in the main thread's event loop.

        Restarting blocks the loop for a fraction of a second, when nothing else could be done.
        """
        while True:
            await asyncio.sleep(every_seconds)
            self.ensure()

    def stop(self) -> None:
        """Stop the servers that this process started; those of another go on."""
        for server in (self._valkey, self._postgres):
            if server is not None:
                server.stop()
        self._urls = None

    def create_database(self, name: str, *, template: str | None = None) -> DatabaseUrls:
        """Create a database in the embedded cluster; `template` is cloned file by file."""
        return self._own_cluster().create_database(name, template=template)

    def drop_database(self, name: str) -> None:
        """Drop a database of the embedded cluster, ending its connections."""
        self._own_cluster().drop_database(name)

    def _own_cluster(self) -> Cluster:
        if self._cluster is None:
            raise ServicesUnavailable(
                "Databases can be created only in the embedded PostgreSQL: unset DATABASE_URL."
            )
        return self._cluster

    def _ensure_postgres(self, place: Place) -> DatabaseUrls:
        self._postgres = self._postgres or PostgresServer(place, durable=self._durable)
        self._cluster = self._postgres.ensure(DATABASE)
        return self._cluster.urls(DATABASE)

    def _ensure_valkey(self, place: Place) -> str:
        self._valkey = self._valkey or ValkeyServer(place, durable=self._durable)
        return self._valkey.ensure()


def start(
    home: Path, *, durable: bool = True, environment: Mapping[str, str] | None = None
) -> EmbeddedServices:
    """Start the services below `home` and return them; `.urls` has the addresses."""
    services = EmbeddedServices(home, durable=durable, environment=environment)
    services.start()
    return services
