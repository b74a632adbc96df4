"""The whole examination, in an order in which later checks make sense."""

from __future__ import annotations

import asyncpg

from api.doctor.beside import check_pepper, check_plugins, check_redis
from api.doctor.database import check_database
from api.doctor.entrance import check_issuers
from api.doctor.finding import Finding, ok, wrong
from api.doctor.needs import Offered, offered
from api.doctor.work import check_work
from core.config import Settings
from core.embedded import ServiceUrls

CONNECT_SECONDS = 5


async def examine(
    settings: Settings, urls: ServiceUrls, *, is_running: bool = True
) -> list[Finding]:
    """Look at everything; what cannot be looked at is said once.

    Where nothing runs (`is_running` is False), waiting work is no fault.
    """
    found = [*check_plugins(settings), check_pepper(settings)]
    try:
        app = await asyncpg.connect(urls.database_url, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as problem:
        advice = "Start PostgreSQL or mend DATABASE_URL; unset, the embedded one is used."
        told = f"cannot be reached: {type(problem).__name__}: {problem}"
        found.append(wrong("database", told, advice))
    else:
        found += await _database(
            app,
            is_running=is_running,
            is_embedded=settings.database_url is None,
            has=offered(settings),
        )
    return found + await check_redis(urls.redis_url) + await check_issuers(settings)


async def _database(
    app: asyncpg.Connection[asyncpg.Record],
    *,
    is_running: bool,
    is_embedded: bool,
    has: Offered | None,
) -> list[Finding]:
    try:
        found = [ok("database", "answers"), *await check_database(app, is_embedded=is_embedded)]
        if await app.fetchval("SELECT to_regclass('close_chunk') IS NOT NULL"):
            found += await check_work(app, is_running=is_running, has=has)
    except asyncpg.PostgresError as problem:
        return [
            wrong(
                "database",
                f"refuses to be examined: {problem}",
                "Grant the application's role its rights: run `forfait migrate` as the owner.",
            )
        ]
    finally:
        await app.close()
    return found
