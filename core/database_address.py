"""How a connection is made: the address, and the bounds that the server keeps for it."""

from __future__ import annotations

from typing import Any, Final, Literal

import orjson
from sqlalchemy import make_url
from sqlalchemy.engine import URL

Role = Literal["api", "worker"]
"""What kind of process connects; workers run longer statements and plan each anew."""

_WAITS_BEYOND_STATEMENT_SECONDS: Final = 5
STATEMENTS_KEPT: Final = 100
"""Prepared statements of one of the API's connections; asyncpg's own default."""


def driver_url(url: str) -> URL:
    """Return a postgresql:// address as SQLAlchemy's for asyncpg; `sslmode` becomes `ssl`."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    if mode := parsed.query.get("sslmode"):
        parsed = parsed.difference_update_query(("sslmode",)).update_query_dict({"ssl": mode})
    return parsed


def connect_arguments(role: Role, statement_timeout_ms: int | None) -> dict[str, Any]:
    """Return asyncpg's connection arguments, with the session's settings among them."""
    statement_ms = statement_timeout_ms or (60_000 if role == "worker" else 10_000)
    settings = {
        "application_name": f"forfait-{role}",
        "timezone": "UTC",
        "statement_timeout": str(statement_ms),
        "lock_timeout": "3000",
        "idle_in_transaction_session_timeout": "15000" if role == "api" else "60000",
        "synchronous_commit": "on",
    }
    if role == "worker":
        settings["max_parallel_workers_per_gather"] = "0"
        # The plan of a foreign key's check is kept. Made while a table had one page, it would
        # read the whole table for each row when a closing has filled a thousand.
        settings["enable_seqscan"] = "off"
    return {
        "server_settings": settings,
        # Generic plans, taken after five executions, made set-based chunks twice as slow, so
        # workers prepare nothing and each statement is planned with its values. Not by
        # plan_cache_mode: that has each check of a foreign key planned anew as well, which
        # was a third of PostgreSQL's time in a closing.
        "statement_cache_size": 0 if role == "worker" else STATEMENTS_KEPT,
        "timeout": 5,
        # The server's own timeout comes first; this one ends what a dead network holds.
        "command_timeout": statement_ms / 1000 + _WAITS_BEYOND_STATEMENT_SECONDS,
    }


def to_json(value: Any) -> str:
    """Write a value as JSON text for a JSON column."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
