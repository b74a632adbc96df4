"""Transactions: the only place that opens one, and the only place that commits.

One request or job is one transaction of one tenant. `Database.transaction` sets
`app.tenant` for it, so that row-level security shows that tenant's rows and no others, and
commits when the block ends; any exception rolls everything back.

Hot paths use asyncpg through `Tx.fetch`, `Tx.execute` and `Tx.copy_into`; what is written
with SQLAlchemy runs on `Tx.connection`. Both are one connection, in one transaction. There is
no session: no row here is an object with a life of its own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.database_address import Role, connect_arguments, driver_url, to_json
from core.database_errors import Unavailable, is_repeatable, is_unavailable
from core.kernel.clock import Clock, in_utc
from core.viewing import Viewing, limit_to_account, limit_viewing

# A text: asyncpg's classes take parameters in its stubs only.
Driver: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CLOSING_SECONDS: Final = 5

_BEGIN: Final = "SELECT now(), set_config('app.tenant', $1, true)"
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")


class Tx:
    """One open transaction: who acts, for which tenant, and when.

    `now` is one instant for everything written in it: the database's, read at the start,
    unless the transaction was opened with a clock.
    """

    __slots__ = ("_copied", "_driver", "_tenant_id", "actor", "connection", "now", "viewing")

    def __init__(
        self, connection: AsyncConnection, *, tenant_id: UUID | None, actor: str, now: datetime
    ) -> None:
        self.connection = connection
        self.actor = actor
        self.now = now
        self._tenant_id = tenant_id
        self._driver: Driver | None = None
        self._copied: set[str] = set()
        self.viewing: Viewing | None = None
        """Whose accounts it sees; None: everybody's."""

    @property
    def tenant_id(self) -> UUID:
        """The tenant whose rows this transaction sees."""
        if self._tenant_id is None:
            raise RuntimeError("a platform transaction has no tenant; give it a tenant_id")
        return self._tenant_id

    @property
    def is_platform(self) -> bool:
        """True while no tenant is set: row-level security then shows no tenant's rows."""
        return self._tenant_id is None

    async def enter_tenant(self, tenant_id: UUID) -> None:
        """Go on as this tenant; only a platform transaction may, and only once."""
        if self._tenant_id is not None:
            raise RuntimeError("this transaction has a tenant already")
        await self.execute("SELECT set_config('app.tenant', $1, true)", str(tenant_id))
        self._tenant_id = tenant_id

    async def driver(self) -> Driver:
        """Return asyncpg's connection, inside this very transaction.

        JSON columns come back decoded and are written as JSON text.
        """
        if self._driver is None:
            raw = await self.connection.get_raw_connection()
            self._driver = raw.driver_connection
        assert self._driver is not None
        # SQLAlchemy opens the transaction at its first statement, which `transaction` sent.
        assert self._driver.is_in_transaction(), "no transaction is open"
        return self._driver

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Run one statement with `$1…` parameters and return its rows."""
        return await (await self.driver()).fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """Run one statement and return its first row, or None."""
        return await (await self.driver()).fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """Run one statement and return the first column of its first row, or None."""
        return await (await self.driver()).fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """Run one statement and return its command tag; count by RETURNING, not by the tag."""
        return await (await self.driver()).execute(sql, *args)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo what the block did, and nothing before it, when it raises."""
        async with self.connection.begin_nested():
            yield

    async def copy_into(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        on_conflict: str | None = None,
        returning: tuple[str, ...] = (),
        order_by: tuple[str, ...] = (),
    ) -> list[asyncpg.Record]:
        """Write many rows: COPY to a temporary table, then INSERT … SELECT from it.

        PostgreSQL refuses COPY into a table under row-level security. `on_conflict` is what
        follows ON CONFLICT ("(tenant_id, id) DO NOTHING"); `order_by` sorts the insert, so
        that two writers take their keys in one order. Returns the rows of `returning`, which
        is also the only true count of what was inserted.
        """
        driver = await self.driver()
        staging = await self._staging(driver, table, columns)
        await driver.copy_records_to_table(staging, records=rows, columns=list(columns))
        return await driver.fetch(
            _insert_from(
                staging,
                table,
                columns,
                on_conflict=on_conflict,
                returning=returning,
                order_by=order_by,
            )
        )

    async def _staging(self, driver: Driver, table: str, columns: Sequence[str]) -> str:
        """Return an empty temporary table of these columns.

        It is kept by the connection and emptied at each commit: making one each time would
        cost catalogue rows.
        """
        names = _names(columns)
        digest = blake2b(f"{table}({names})".encode(), digest_size=8).hexdigest()
        staging = f"copy_{digest}"
        # Made again even when this transaction has used it: a savepoint may have undone that.
        await driver.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging} ON COMMIT DELETE ROWS "  # noqa: S608
            f"AS SELECT {names} FROM {_names((table,))} WITH NO DATA"
        )
        if staging in self._copied:
            await driver.execute(f"TRUNCATE pg_temp.{staging}")
        self._copied.add(staging)
        return staging


class Database:
    """The application's connections to PostgreSQL, with the bounds of its kind of process."""

    def __init__(
        self,
        url: str,
        *,
        role: Role,
        pool_size: int = 10,
        pool_overflow: int = 5,
        statement_timeout_ms: int | None = None,
    ) -> None:
        self.role: Final = role
        self._readings = 0
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self.engine: Final[AsyncEngine] = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=pool_overflow,
            pool_timeout=5,
            pool_recycle=1800,
            pool_use_lifo=True,  # the one used last has its statements prepared and planned
            json_serializer=to_json,
            json_deserializer=orjson.loads,
            connect_args=connect_arguments(role, statement_timeout_ms),
        )

    @asynccontextmanager
    async def transaction(
        self,
        tenant_id: UUID | None,
        *,
        actor: str,
        clock: Clock | None = None,
        unit_id: UUID | None = None,
        account_id: UUID | None = None,
    ) -> AsyncIterator[Tx]:
        """Open a transaction of one tenant; commit at the end, roll back on any exception.

        Without a clock, `now` is the database's. `None` as tenant is the platform's: it sees
        no tenant's rows. `unit_id` is that of the staff member who asks: it sees what that
        unit may see. `account_id` is that of the customer who asks, and comes first: it sees
        that account and what hangs on it.

        Raises:
            Unavailable: the database could not take or finish it; nothing is known to be
                stored, and the work may be sent again under its idempotency key.
        """
        opening = self.reading(
            tenant_id, actor=actor, clock=clock, unit_id=unit_id, account_id=account_id
        )
        async with opening as tx:
            yield tx
            # Raises when a statement failed and its error was swallowed: PostgreSQL would
            # answer COMMIT with a rollback, and no error.
            await tx.execute("SELECT")

    @asynccontextmanager
    async def reading(
        self,
        tenant_id: UUID | None,
        *,
        actor: str,
        clock: Clock | None = None,
        unit_id: UUID | None = None,
        account_id: UUID | None = None,
    ) -> AsyncIterator[Tx]:
        """Open a transaction as `transaction`, for readers: its end makes sure of nothing.

        That spares the round trip which asks, before the commit, whether anything failed.

        Raises:
            Unavailable: the database could not take it.
        """
        self._readings += 1
        self._at_rest.clear()
        try:
            async with AsyncExitStack() as leaving:
                with _telling_unreachable():
                    connection = await leaving.enter_async_context(self.engine.connect())
                    stored_now = await _entered(connection, tenant_id)
                now = in_utc(clock.now() if clock is not None else stored_now)
                tx = Tx(connection, tenant_id=tenant_id, actor=actor, now=now)
                if account_id is not None:
                    tx.viewing = await limit_to_account(tx, account_id)
                elif unit_id is not None:
                    tx.viewing = await limit_viewing(tx, unit_id)
                yield tx
                await connection.commit()
        except Exception as error:
            if is_unavailable(error) and not is_repeatable(error):
                raise Unavailable(f"the database cannot take this now: {error}") from error
            raise
        finally:
            self._readings -= 1
            if not self._readings:
                self._at_rest.set()

    async def close(self) -> None:
        """Close every connection that is not in use.

        Readings may end after their answer has left: a process that stops waits for them.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                await self._at_rest.wait()
        await self.engine.dispose()


@contextmanager
def _telling_unreachable() -> Iterator[None]:
    """Tell when nobody listens there, or the name is unknown."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the database cannot be reached: {error}") from error


async def _entered(connection: AsyncConnection, tenant_id: UUID | None) -> datetime:
    """Enter a tenant, and return the database's time.

    A connection that died in the pool is noticed here, where nothing is lost yet: all that
    are as old go with it, and a new one is taken. Asking each whether it lives, before it is
    used, would be three more messages to the database in every transaction.
    """
    tenant = (str(tenant_id or ""),)
    try:
        now: datetime = (await connection.exec_driver_sql(_BEGIN, tenant)).scalar_one()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        await connection.rollback()
        now = (await connection.exec_driver_sql(_BEGIN, tenant)).scalar_one()
    return now


def _insert_from(
    staging: str,
    table: str,
    columns: Sequence[str],
    *,
    on_conflict: str | None,
    returning: tuple[str, ...],
    order_by: tuple[str, ...],
) -> str:
    names = _names(columns)
    into = _names((table,))
    sql = f"INSERT INTO {into} ({names}) SELECT {names} FROM pg_temp.{staging}"  # noqa: S608
    if order_by:
        sql += f" ORDER BY {_names(order_by)}"
    if on_conflict:
        sql += f" ON CONFLICT {on_conflict}"
    if returning:
        sql += f" RETURNING {_names(returning)}"
    return sql


def _names(names: Sequence[str]) -> str:
    """Quote identifiers; they come from our code, and anything else is a bug."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no identifier")
    return ", ".join(f'"{name}"' for name in names)
