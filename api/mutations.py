"""How a mutation runs: one transaction, once per key, committed before the answer leaves.

    account = await run(
        info,
        operation="accountCreate",
        given=input,
        verb=lambda tx: create_account(tx, command),
        answer=by_id(repository.account),
    )

A refusal of the verb becomes the payload's `userErrors` through `answers_refusals`, with
the codes and paths of `api.refusals`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

import strawberry

from api.context import ApiContext, Info
from api.graphql.inputs import IdempotentInput, idempotency_key_of
from api.refusals import NotFound, public_problems
from core.database_errors import retrying
from core.db import Tx
from core.idempotency import Outcome, once
from core.kernel.digests import canonical_text
from core.kernel.errors import ManyProblems, Problem, Refusal
from core.tenancy import Forbidden

T = TypeVar("T")

_NOT_ASKED: Final = frozenset({"idempotency_key", "dry_run"})

Verb = Callable[[Tx], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class StoredAnswer(Generic[T]):
    """What is kept under an idempotency key of a verb's answer, and how it is read again."""

    keep: Callable[[T], Mapping[str, Any]]
    recall: Callable[[Tx, Mapping[str, Any]], Awaitable[T]]


class _HasId(Protocol):
    @property
    def id(self) -> UUID: ...


RecordT = TypeVar("RecordT", bound=_HasId)


def by_id(read: Callable[[Tx, UUID], Awaitable[RecordT | None]]) -> StoredAnswer[RecordT]:
    """Keep the id of the changed object, and read it again as it is by then."""

    async def recall(tx: Tx, kept: Mapping[str, Any]) -> RecordT:
        found = await read(tx, UUID(kept["id"]))
        if found is None:
            raise NotFound("it was there, and is no more", path=("idempotencyKey",))
        return found

    return StoredAnswer(keep=lambda record: {"id": str(record.id)}, recall=recall)


async def run(
    info: Info,
    *,
    operation: str,
    given: object,
    verb: Verb[T],
    answer: StoredAnswer[T],
    after: Callable[[Tx, T], Awaitable[None]] | None = None,
) -> T:
    """Run a verb in a transaction of the caller's tenant and return its committed answer.

    `given` is the mutation's input: its `idempotency_key` and `dry_run` hold where it has
    them. `after` sees the answer inside the transaction, also of a dry run, which leaves
    nothing behind for later reads. What collides with others (a deadlock) is repeated.

    Raises:
        ManyProblems: the verb was refused; codes and paths are the clients'.
    """
    outcome = await _attempted(
        info.context,
        operation=operation,
        given=given,
        verb=_followed(verb, after),
        answer=answer,
    )
    if outcome.problems:
        raise _presented(outcome.problems)
    value: T = outcome.value  # type: ignore[assignment] # T itself may be None
    return value


class RunVerb(Protocol[T]):
    """Runs a verb of a feature as `run` does, and returns what it answers."""

    async def __call__(self, info: Info, *, operation: str, given: object, verb: Verb[T]) -> T:
        """Run the verb of the mutation that is called `operation`."""


def runner(
    answer: StoredAnswer[T],
    *,
    prime: Callable[[ApiContext], Callable[[Tx, T], Awaitable[None]]] | None = None,
) -> RunVerb[T]:
    """Return what runs the verbs of a feature, all of which answer alike.

    `prime` returns, for a request, what lets nested fields show what the verb left.
    """

    async def run_verb(info: Info, *, operation: str, given: object, verb: Verb[T]) -> T:
        return await run(
            info,
            operation=operation,
            given=given,
            verb=verb,
            answer=answer,
            after=None if prime is None else prime(info.context),
        )

    return run_verb


@retrying
async def _attempted(
    context: ApiContext,
    *,
    operation: str,
    given: object,
    verb: Verb[T],
    answer: StoredAnswer[T],
) -> Outcome[T]:
    async with context.transaction() as tx:
        return await once(
            tx,
            key=_key(tx, given),
            operation=operation,
            request=_request(tx, given),
            verb=lambda: verb(tx),
            keep=answer.keep,
            recall=lambda kept: answer.recall(tx, kept),
            dry_run=bool(getattr(given, "dry_run", False)),
        )


def _key(tx: Tx, given: object) -> str | None:
    """Return the key that an answer is kept under; customers have keys of their own.

    Else one could take a key that the seller, or another customer, is going to use.
    """
    key = idempotency_key_of(given) if isinstance(given, IdempotentInput) else None
    account_id = None if tx.viewing is None else tx.viewing.account_id
    if key is None or account_id is None:
        return key
    return f"customer:{account_id}:{sha256(key.encode()).hexdigest()}"


def _request(tx: Tx, given: object) -> dict[str, Any]:
    """What was asked, and for whose view: another unit's answer is not this one's."""
    if tx.viewing is None:
        return asked(given)
    return asked(given) | {"@view": str(tx.viewing.unit_id)}  # no field is called so


def refused(refusal: Refusal) -> Refusal:
    """Return a refusal with the codes and paths that clients know, to be raised."""
    return _presented([Problem.from_refusal(refusal)])


def asked(given: object) -> dict[str, Any]:
    """Return everything that an input asks for as plain values, without its key.

    What was left out is left out: a default that changes later is another request. One
    value is one text, however it was spelled: a client that writes 1.50 for 1.5 the second
    time, or an instant in another offset, asks for the same.
    """
    return {
        field.name: _plain(getattr(given, field.name))
        for field in dataclasses.fields(given)  # type: ignore[arg-type] # inputs are dataclasses
        if field.name not in _NOT_ASKED and getattr(given, field.name) is not strawberry.UNSET
    }


def _presented(problems: Sequence[Problem]) -> Refusal:
    """Return the problems as one refusal; what the caller may not do is no user error."""
    public = public_problems(problems)
    for problem in public:
        if problem.code == Forbidden.code:
            return Forbidden(problem.message, path=problem.path)
    return ManyProblems(public)


def _plain(value: Any) -> Any:
    if isinstance(value, strawberry.Some):
        return [_plain(value.value)]  # a null that was given differs from nothing given
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return asked(value)
    if isinstance(value, Decimal | datetime):
        return canonical_text(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _followed(verb: Verb[T], after: Callable[[Tx, T], Awaitable[None]] | None) -> Verb[T]:
    if after is None:
        return verb

    async def both(tx: Tx) -> T:
        value = await verb(tx)
        await after(tx, value)
        return value

    return both
