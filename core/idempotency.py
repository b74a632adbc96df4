"""Run a verb once per idempotency key.

The key's row is written first, so that a twin in flight waits for it; the verb runs in a
savepoint. A business refusal rolls back to the savepoint, is stored as the answer, and the
transaction commits: the same key gets the same refusal again. Any other error rolls
everything back, the key too, and the work may be sent again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, Final, Generic, TypeVar

import asyncpg
import orjson

from core.db import Tx
from core.kernel.errors import ManyProblems, Problem, Refusal

T = TypeVar("T")

MAX_KEY_LENGTH: Final = 200

_TAKE: Final = """
INSERT INTO idempotency_key (tenant_id, key, operation, request_hash, created_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, key) DO NOTHING RETURNING key
"""
_READ: Final = """
SELECT operation, request_hash, response FROM idempotency_key WHERE tenant_id = $1 AND key = $2
"""
_ANSWER: Final = "UPDATE idempotency_key SET response = $3 WHERE tenant_id = $1 AND key = $2"


class IdempotencyKeyReused(Refusal):
    """The key was used before, for something else."""

    code: ClassVar[str] = "IDEMPOTENCY_KEY_REUSED"


class IdempotencyKeyInFlight(Refusal):
    """The same request is being worked on at this moment."""

    code: ClassVar[str] = "IDEMPOTENCY_KEY_IN_FLIGHT"


class BadIdempotencyKey(Refusal):
    """A key is empty or too long."""

    code: ClassVar[str] = "BAD_IDEMPOTENCY_KEY"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a verb gave: a value, or the problems for which it was refused."""

    value: T | None
    problems: tuple[Problem, ...] = ()
    repeated: bool = False
    """True when this is the stored answer of an earlier run."""


async def once(
    tx: Tx,
    *,
    key: str | None,
    operation: str,
    request: Mapping[str, Any],
    verb: Callable[[], Awaitable[T]],
    keep: Callable[[T], Mapping[str, Any]],
    recall: Callable[[Mapping[str, Any]], Awaitable[T]],
    dry_run: bool = False,
) -> Outcome[T]:
    """Run `verb` unless `key` has an answer already; return the answer, never raise a refusal.

    `keep` gives what is stored of a value (its id, say), `recall` turns that into the value
    again. `request` is everything that the client asked, without the key itself. Without a
    key the verb simply runs in a savepoint. `dry_run` rolls back what the verb did and
    stores nothing.

    Refused as `problems`, with nothing done: a key used for another request, or whose first
    run does not end within the lock timeout.
    """
    if dry_run:
        return await _rehearsed(tx, verb)
    if key is None:
        return await _ran(tx, verb)
    try:
        stored = await _taken(tx, key=key, operation=operation, request=request)
    except (IdempotencyKeyReused, IdempotencyKeyInFlight, BadIdempotencyKey) as refusal:
        return Outcome(None, problems_of(refusal))
    if stored is not None:
        return await _recalled(stored, recall)
    outcome = await _ran(tx, verb)
    await tx.execute(_ANSWER, tx.tenant_id, key, orjson.dumps(_stored(outcome, keep)).decode())
    return outcome


def problems_of(refusal: Refusal) -> tuple[Problem, ...]:
    """Return a refusal as problems: one, or the many that it carries."""
    if isinstance(refusal, ManyProblems):
        return refusal.problems
    return (Problem.from_refusal(refusal),)


async def _ran(tx: Tx, verb: Callable[[], Awaitable[T]]) -> Outcome[T]:
    try:
        async with tx.savepoint():
            return Outcome(await verb())
    except Refusal as refusal:
        return Outcome(None, problems_of(refusal))


async def _rehearsed(tx: Tx, verb: Callable[[], Awaitable[T]]) -> Outcome[T]:
    rehearsal = await tx.connection.begin_nested()
    try:
        return await _ran(tx, verb)
    finally:
        await rehearsal.rollback()


async def _taken(
    tx: Tx, *, key: str, operation: str, request: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Write the key's row and return None, or return the answer that it has."""
    if not 1 <= len(key) <= MAX_KEY_LENGTH or "\x00" in key:
        raise BadIdempotencyKey(
            f"an idempotency key has 1 to {MAX_KEY_LENGTH} characters; send a UUID, say",
            path=("idempotencyKey",),
        )
    digest = _request_digest(request)
    try:
        async with tx.savepoint():
            ours = await tx.fetchval(_TAKE, tx.tenant_id, key, operation, digest, tx.now)
    except asyncpg.LockNotAvailableError as busy:
        raise IdempotencyKeyInFlight(
            "the same request is being worked on; ask again in a moment",
            path=("idempotencyKey",),
        ) from busy
    if ours is not None:
        return None
    # A statement of its own: it sees what the twin committed while we waited for it.
    row = await tx.fetchrow(_READ, tx.tenant_id, key)
    assert row is not None
    if (row["operation"], row["request_hash"]) != (operation, digest):
        raise IdempotencyKeyReused(
            "this idempotency key was used for another request; choose a new one",
            path=("idempotencyKey",),
        )
    response: Mapping[str, Any] = row["response"]
    return response


async def _recalled(
    stored: Mapping[str, Any], recall: Callable[[Mapping[str, Any]], Awaitable[T]]
) -> Outcome[T]:
    if "problems" in stored:
        problems = tuple(
            Problem(code=each["code"], message=each["message"], path=tuple(each["path"]))
            for each in stored["problems"]
        )
        return Outcome(None, problems, repeated=True)
    return Outcome(await recall(stored["value"]), repeated=True)


def _stored(outcome: Outcome[T], keep: Callable[[T], Mapping[str, Any]]) -> dict[str, Any]:
    if outcome.problems:
        return {
            "problems": [
                {"code": each.code, "message": each.message, "path": each.path}
                for each in outcome.problems
            ]
        }
    return {"value": keep(outcome.value)}  # type: ignore[arg-type]  # T itself may be None


def _request_digest(request: Mapping[str, Any]) -> bytes:
    """Digest a request: equal whatever the order of its fields.

    Texts are taken as they are; that 1.0 and 1.00 are one is for who makes the request.
    """
    written = orjson.dumps(request, default=str, option=orjson.OPT_SORT_KEYS)
    return sha256(written).digest()
