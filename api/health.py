"""Whether the process lives, and whether it can serve.

`/live` asks nothing of others: a database that is down is no reason to restart us.
`/ready` needs the database and a schema that is not behind this program. Redis is
reported apart: without it nothing is lost, only later.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core import migrations
from core.bootstrap import Application
from core.database_errors import Unavailable

CHECK_SECONDS: Final = 2
_log = structlog.get_logger("api.health")


def health_routes(application: Application) -> list[Route]:
    """Return the routes `/live` and `/ready`."""
    expected = frozenset(migrations.heads())

    async def live(_request: Request) -> JSONResponse:
        return JSONResponse({"live": True})

    async def ready(_request: Request) -> JSONResponse:
        database, redis = await asyncio.gather(
            _database(application, expected), _redis(application)
        )
        is_ready = database == "ok"
        return JSONResponse(
            {"ready": is_ready, "database": database, "redis": redis},
            status_code=200 if is_ready else 503,
            headers={"cache-control": "no-store"} | ({} if is_ready else {"retry-after": "2"}),
        )

    return [Route("/live", live), Route("/ready", ready)]


async def _database(application: Application, expected: frozenset[str]) -> str:
    try:
        async with (
            asyncio.timeout(CHECK_SECONDS),
            application.transaction(None, actor="health") as tx,
        ):
            rows = await tx.fetch("SELECT version_num FROM alembic_version")
    except (Unavailable, TimeoutError) as error:
        _log.warning("health.database_unavailable", error=str(error))
        return "unavailable"
    found = frozenset(row["version_num"] for row in rows)
    return "ok" if found == expected else "schema is not at head: run `forfait migrate`"


async def _redis(application: Application) -> str:
    if application.redis is None:
        return "not configured"
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await application.redis.ping()
    except (RedisError, OSError, TimeoutError):
        return "unavailable"
    return "ok"
