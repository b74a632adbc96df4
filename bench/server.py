"""A web server process: the product, or the plain endpoints that it is measured beside.

Run as `python -m bench.server product|plain|memory|page URL HOME`; it prints its port, and
ends when its input does. All run uvicorn with the same settings; `memory` and `page` are
those of `bench.graphql_apps`.

The plain endpoints: Starlette reads the JSON with orjson, takes whose event it is from a
dictionary, stores all by one COPY into a bare table (a single event by one INSERT), commits,
and answers a verdict for each. They authenticate nobody, check no value, know no periods,
no duplicates and no types.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import uvloop
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from api.serving.web import listening_socket, web_server
from bench.events import SOURCE, Customer
from bench.graphql_apps import in_memory, page_floor
from bench.seller import PEPPER
from core.bootstrap import bootstrap, settle_collector
from core.config import Settings, load_settings
from core.embedded import ServiceUrls
from core.logging import configure_logging
from core.usage.records import EventRow

COLUMNS = EventRow._fields
_TYPES = (
    "uuid", "uuid", "int4", "int2", "uuid", "uuid", "uuid", "uuid", "uuid", "timestamptz",
    "timestamptz", "numeric", "int4", "text", "text", "text", "text", "text", "bytea", "jsonb",
    "numeric", "jsonb", "numeric", "text",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO bench.bare ({', '.join(COLUMNS)}) VALUES "
    f"({', '.join(f'${n}::{kind}' for n, kind in enumerate(_TYPES, 1))})"
)


class PlainEndpoints:
    """The floor's application."""

    def __init__(self, pool: asyncpg.Pool, customers: dict[str, Customer], tenant: Any) -> None:
        self._pool = pool
        self._customers = customers
        self._tenant = tenant

    def app(self) -> ASGIApp:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/batch", self.batch, methods=["POST"]),
                Route("/event", self.event, methods=["POST"]),
            ]
        )

    async def batch(self, request: Request) -> Response:
        """Store a batch."""
        rows = [self._row(event) for event in orjson.loads(await request.body())["events"]]
        async with self._pool.acquire() as connection:
            await connection.copy_records_to_table(
                "bare", schema_name="bench", columns=COLUMNS, records=rows
            )
        verdicts = [{"index": index, "verdict": "ACCEPTED"} for index in range(len(rows))]
        return _json({"verdicts": verdicts})

    async def event(self, request: Request) -> Response:
        """Store one event."""
        row = self._row(orjson.loads(await request.body()))
        async with self._pool.acquire() as connection:
            await connection.execute(_INSERT, *row)
        return _json({"verdict": "ACCEPTED"})

    def _row(self, event: dict[str, Any]) -> tuple[Any, ...]:
        whose = self._customers[event["account"]]
        at = datetime.fromisoformat(event["occurredAt"])
        fields = event["event"]["email"]
        return (
            self._tenant, uuid4(), 0, 1, whose.account_id, whose.subscription_id,
            whose.product_id, whose.period_id, whose.period_id, at, at,
            Decimal(fields["recipients"]), 0, "email", "email", "", SOURCE, event["id"],
            bytes(16), orjson.dumps(fields).decode(), None, None,
            None, None,
        )  # fmt: skip


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


@asynccontextmanager
async def plain(url: str) -> AsyncIterator[ASGIApp]:
    """Open the floor's application on the owner's address."""
    async with asyncpg.create_pool(url, min_size=2, max_size=4) as pool:
        settle_collector()  # the same for both
        rows = await pool.fetch("SELECT * FROM bench.customer")
        known = {row["ref"]: Customer(*tuple(row)[2:]) for row in rows}
        yield PlainEndpoints(pool, known, rows[0]["tenant_id"]).app()


@asynccontextmanager
async def product(url: str, settings: Settings) -> AsyncIterator[ASGIApp]:
    """Open the product's application."""
    from api.app import create_app

    urls = ServiceUrls(database_url=url, owner_database_url=None, redis_url="")
    async with bootstrap(settings, urls) as application:
        yield create_app(application)


def _application(
    kind: str, url: str, settings: Settings
) -> AbstractAsyncContextManager[ASGIApp]:
    if kind == "product":
        return product(url, settings)
    if kind == "memory":
        return in_memory()
    return page_floor(url) if kind == "page" else plain(url)


async def serve(kind: str, url: str, home: str) -> None:
    """Serve until the input ends."""
    configure_logging(level="WARNING", log_format="json")
    settings = load_settings(home=Path(home), pepper=SecretStr(PEPPER.decode()))
    async with _application(kind, url, settings) as app:
        listening = listening_socket("127.0.0.1", 0)
        server = web_server(app, settings)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        await server.answers.wait()
        print(listening.getsockname()[1], flush=True)
        loop = asyncio.get_running_loop()
        threading.Thread(target=_stop_with_input, args=(loop, server), daemon=True).start()
        await running


def _stop_with_input(loop: asyncio.AbstractEventLoop, server: Any) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(setattr, server, "should_exit", True)  # noqa: FBT003


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(*sys.argv[1:4]))
