"""What a database error means for the caller: repeat, come back later, or a bug.

Two families arrive: asyncpg's own errors (from statements on the driver's connection) and
SQLAlchemy's wrappers. Both are read by SQLSTATE here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import asyncpg
import stamina
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

REPEATABLE: Final = frozenset({"40001", "40P01"})
"""Serialisation failure, deadlock: the same work, begun again, may well succeed."""

LOCK_NOT_AVAILABLE: Final = "55P03"

# Connection lost, resources exhausted (a full disk is 53100), shutting down or starting,
# a lock or a statement that took too long, an idle transaction that was ended.
_LATER_CLASSES: Final = ("08", "53", "57P")
_LATER: Final = frozenset({LOCK_NOT_AVAILABLE, "57014", "25P03", "25P04"})

_LOST_CONNECTION: Final = (ConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_CAUSES_LOOKED_AT: Final = 8


class Unavailable(Exception):
    """The database cannot do this now; nothing was stored. Try again later."""

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


def sqlstate_of(error: BaseException) -> str | None:
    """Return the five characters PostgreSQL gave, or None when the error is not its."""
    for cause in _causes(error):
        state = getattr(cause, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def constraint_of(error: BaseException) -> str | None:
    """Return the name of the constraint that refused a row, if one did."""
    for cause in _causes(error):
        name = getattr(cause, "constraint_name", None)
        if isinstance(name, str):
            return name
    return None


def violates(error: BaseException, constraint: str) -> bool:
    """Say whether this very constraint (or unique index) refused the row."""
    return constraint_of(error) == constraint


def is_repeatable(error: Exception) -> bool:
    """Say whether the whole unit of work may be begun again at once."""
    return sqlstate_of(error) in REPEATABLE


def is_unavailable(error: BaseException) -> bool:
    """Say whether the database, and not the request, is the reason."""
    state = sqlstate_of(error)
    if state is not None:
        return state in _LATER or state.startswith(_LATER_CLASSES)
    return any(_lost(cause) for cause in _causes(error))


retrying = stamina.retry(
    on=is_repeatable, attempts=5, timeout=10, wait_initial=0.01, wait_max=0.2, wait_jitter=0.05
)
"""Repeat a whole unit of work, its transaction included, after 40001 or 40P01.

At most five times within ten seconds. It goes round the function that opens the
transaction: inside one, the failed transaction would only fail again.
"""


def _lost(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (PoolTimeout, TimeoutError, *_LOST_CONNECTION))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from an error to what raised it; SQLAlchemy keeps the driver's own below it."""
    current: BaseException | None = error
    for _ in range(_CAUSES_LOOKED_AT):
        if current is None:
            return
        yield current
        original = getattr(current, "orig", None)
        current = original if isinstance(original, BaseException) else current.__cause__
