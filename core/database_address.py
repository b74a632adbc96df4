"""How a connection is made: the address, and the bounds that the server keeps for it."""

from __future__ import annotations

from typing import Any, Final, Literal

import orjson
from sqlalchemy import make_url
from sqlalchemy.engine import URL

Role = Literal["api", "worker"]
"""What kind of process connects; workers run longer statements and plan each anew."""

_WAITS_BEYOND_STATEMENT_SECONDS: Final = 5


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
        # Generic plans, taken after five executions, made set-based chunks twice as slow.
        settings["plan_cache_mode"] = "force_custom_plan"
        settings["max_parallel_workers_per_gather"] = "0"
    return {
        "server_settings": settings,
        "timeout": 5,
        # The server's own timeout comes first; this one ends what a dead network holds.
        "command_timeout": statement_ms / 1000 + _WAITS_BEYOND_STATEMENT_SECONDS,
    }


def to_json(value: Any) -> str:
    """Write a value as JSON text for a JSON column."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
