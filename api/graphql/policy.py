"""What a client is told of an error.

Every error carries `extensions.code`. A refusal keeps its own code and message; the
messages of everything unforeseen stay here, and a reference leads from the answer to
the log. At most five errors are sent.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, Final
from uuid import uuid4

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from api.graphql.input_paths import INPUT_PATH, path_of_variable
from core.database_errors import Unavailable
from core.kernel.errors import ManyProblems, Refusal

MAX_ERRORS: Final = 5
UNAVAILABLE_MESSAGE: Final = (
    "This cannot be done at the moment. Try again, with the same idempotency key."
)
TIMED_OUT_MESSAGE: Final = (
    "The operation took too long and was stopped. Ask for less, or try again with the same "
    "idempotency key."
)

_NULL_GIVEN: Final = re.compile(r"(?:Argument|Field) '(\w+)' of type")

_log = structlog.get_logger("api.graphql")


class GraphQLCode(Enum):
    """The codes that are not a refusal's own; the names are Apollo's where it has one."""

    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    DOCUMENT_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    FORBIDDEN = "FORBIDDEN"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    OPERATION_TIMED_OUT = "OPERATION_TIMED_OUT"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    RATE_LIMITED = "RATE_LIMITED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    UNAVAILABLE = "UNAVAILABLE"


def coded_error(code: GraphQLCode, message: str, **extensions: object) -> GraphQLError:
    """Make an error whose message is meant for the caller."""
    return GraphQLError(message, extensions={"code": code.value, **extensions})


def unknown_operation() -> GraphQLError:
    """Say that the request does not tell which operation to run."""
    return coded_error(
        GraphQLCode.OPERATION_RESOLUTION_FAILURE,
        "`operationName` must name one of the document's operations; it may be left out "
        "when there is exactly one.",
    )


def apply_policy(
    errors: list[GraphQLError], *, was_executed: bool, viewer_is_known: bool
) -> None:
    """Replace the errors of one result, in place, by what the client may know.

    Args:
        errors: Changed in place, since the result holds this very list.
        was_executed: Whether a resolver may have run; decides the code of errors that
            carry none.
        viewer_is_known: Strangers are not told the names that they nearly guessed.
    """
    dropped = len(errors) - MAX_ERRORS
    if dropped > 0:
        _log.warning("graphql.errors_dropped", dropped=dropped)
    shown = [_presented(error, was_executed=was_executed) for error in errors[:MAX_ERRORS]]
    if not viewer_is_known:
        for error in shown:
            error.message = error.message.split(" Did you mean", maxsplit=1)[0]
    errors[:] = shown


def refusal_extensions(refusal: Refusal) -> dict[str, Any]:
    """Return the `extensions` of a refusal: its code, its family and where it points."""
    extensions: dict[str, Any] = {"code": refusal.code}
    if refusal.code not in _CODES:
        family = (
            GraphQLCode.BAD_USER_INPUT
            if refusal.is_callers_fault
            else GraphQLCode.INTERNAL_SERVER_ERROR
        )
        extensions["family"] = family.value
    if refusal.path:
        extensions[INPUT_PATH] = list(refusal.path)
    if isinstance(refusal, ManyProblems):
        extensions["problems"] = [
            {"code": problem.code, "message": problem.message, "path": list(problem.path)}
            for problem in refusal.problems
        ]
    return extensions


def unavailable_extensions(unavailable: Unavailable) -> dict[str, Any]:
    """Return the `extensions` of an error that passes by itself: when to come again."""
    return {
        "code": GraphQLCode.UNAVAILABLE.value,
        "retryAfterSeconds": unavailable.retry_after_seconds,
    }


_CODES: Final = frozenset(code.value for code in GraphQLCode)


def _presented(error: GraphQLError, *, was_executed: bool) -> GraphQLError:
    cause = _cause(error)
    if isinstance(cause, Refusal):
        return _reworded(error, cause.message, refusal_extensions(cause))
    if isinstance(cause, Unavailable):
        _log.warning("graphql.unavailable", path=error.path, error=str(cause))
        return _reworded(error, UNAVAILABLE_MESSAGE, unavailable_extensions(cause))
    if cause is not None and not _is_coercion(error, was_executed=was_executed):
        return _masked(error, cause)
    extensions = {**_inherited_extensions(error)}
    if "code" not in extensions:
        if was_executed and error.path is not None and " cannot represent " in error.message:
            return _masked(error, error)  # a value of ours that its type refuses
        extensions["code"] = _default_code(error, was_executed=was_executed).value
        path = path_of_variable(error.message)
        if path:
            extensions[INPUT_PATH] = path
    return _reworded(error, _without_python(error.message), extensions)


def _without_python(message: str) -> str:
    """Say of a null that is not taken what to do; Strawberry names our annotations."""
    if "cannot be explicitly set to null" not in message:
        return message
    named = _NULL_GIVEN.search(message)
    where = f"`{named[1]}`" if named else "A field that takes no null was given one: it"
    return f"{where} must be left out or have a value; null is neither."


def _cause(error: GraphQLError) -> BaseException | None:
    """Return the exception that is no GraphQL error at the bottom, if there is one."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _inherited_extensions(error: GraphQLError) -> dict[str, Any]:
    found: dict[str, Any] = dict(error.extensions or {})
    inner = error.original_error
    while isinstance(inner, GraphQLError):
        found = {**(inner.extensions or {}), **found}
        inner = inner.original_error
    return found


def _is_coercion(error: GraphQLError, *, was_executed: bool) -> bool:
    """Say whether a scalar refused a value: validation and variables have no path.

    Only ValueErrors count, whose text is written for the caller.
    """
    in_input = error.path is None and (not was_executed or bool(error.nodes))
    return in_input and isinstance(_cause(error), ValueError)


def _default_code(error: GraphQLError, *, was_executed: bool) -> GraphQLCode:
    if isinstance(error, GraphQLSyntaxError):
        return GraphQLCode.GRAPHQL_PARSE_FAILED
    if was_executed:
        return GraphQLCode.BAD_USER_INPUT
    return GraphQLCode.GRAPHQL_VALIDATION_FAILED


def _masked(error: GraphQLError, cause: BaseException) -> GraphQLError:
    reference = uuid4().hex[:12]
    _log.error("graphql.internal_error", reference=reference, path=error.path, exc_info=cause)
    return _reworded(
        error,
        f"Something went wrong on our side. Quote reference {reference} to support.",
        {"code": GraphQLCode.INTERNAL_SERVER_ERROR.value, "reference": reference},
    )


def _reworded(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
