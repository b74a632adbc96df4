"""Runs one operation for a transport that can send more than one result.

Queries and mutations give one result under the same limits as over HTTP; subscriptions
give one for each event, until the client or the server ends them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import lru_cache
from typing import Any, Final

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from strawberry import Schema
from strawberry.schema.exceptions import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType as Kind

from api.graphql.context import Context
from api.graphql.cost import Limits
from api.graphql.policy import (
    TIMED_OUT_MESSAGE,
    GraphQLCode,
    coded_error,
    unknown_operation,
)
from api.graphql.request import GraphQLRequest

EXECUTION_SECONDS: Final = 10

_ONE_RESULT: Final = frozenset({Kind.QUERY, Kind.MUTATION})
_LIMITS: Final = Limits()
_WORD: Final = "subscription"


def kind_of(asked: GraphQLRequest) -> OperationType | None:
    """Return what kind of operation is to be run; None where running it says what is wrong.

    Only the parser knows: fields are called `subscription` too.
    """
    if len(asked.query) > _LIMITS.characters:
        return None
    kinds = _kinds(asked.query)
    if asked.operation_name is not None:
        return kinds.get(asked.operation_name)
    return next(iter(kinds.values())) if len(kinds) == 1 else None


def is_subscription(asked: GraphQLRequest) -> bool:
    """Say whether the operation that is to be run is a subscription."""
    return _WORD in asked.query and kind_of(asked) is OperationType.SUBSCRIPTION


async def results(
    schema: Schema,
    asked: GraphQLRequest,
    context: Context,
    *,
    seconds: float = EXECUTION_SECONDS,
) -> AsyncGenerator[ExecutionResult, None]:
    """Run an operation and go through its results."""
    if not is_subscription(asked):
        yield await _one_result(schema, asked, context, seconds=seconds)
        return
    stream: Any = await schema.stream(
        asked.query,
        variable_values=asked.variables,
        context_value=context,
        operation_name=asked.operation_name,
        operation_extensions=asked.extensions,
        allowed_operation_types=(Kind.SUBSCRIPTION,),
    )
    async with aclosing(stream):
        async for result in stream:
            yield result


async def run_within(
    seconds: float,
    schema: Schema,
    asked: GraphQLRequest,
    *,
    context: Context,
    allowed: frozenset[Kind],
) -> ExecutionResult:
    """Run an operation of an allowed kind, and stop it when its time is over.

    Raises:
        TimeoutError: it was stopped.
        CannotGetOperationTypeError, InvalidOperationTypeError: it names no operation of the
            document, or one of another kind.
    """
    async with asyncio.timeout(seconds):
        return await schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            allowed_operation_types=allowed,
            operation_extensions=asked.extensions,
        )


def never_began(result: ExecutionResult) -> bool:
    """Say whether a result tells why nothing was executed."""
    if isinstance(result, PreExecutionError):
        return True
    # Variables that do not fit: an error of no field, and nothing was executed.
    errors = result.errors or []
    return result.data is None and bool(errors) and all(e.path is None for e in errors)


def shown(result: ExecutionResult) -> dict[str, Any]:
    """Return a result as every transport sends it."""
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    if not never_began(result):
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def has_code(result: ExecutionResult, code: GraphQLCode) -> bool:
    """Say whether one of a result's errors carries a code."""
    return any(
        (error.extensions or {}).get("code") == code.value for error in result.errors or ()
    )


async def _one_result(
    schema: Schema, asked: GraphQLRequest, context: Context, *, seconds: float
) -> ExecutionResult:
    try:
        return await run_within(seconds, schema, asked, context=context, allowed=_ONE_RESULT)
    except TimeoutError:
        told = coded_error(GraphQLCode.OPERATION_TIMED_OUT, TIMED_OUT_MESSAGE)
    except (CannotGetOperationTypeError, InvalidOperationTypeError):
        told = unknown_operation()
    return PreExecutionError(data=None, errors=[told])


@lru_cache(maxsize=256)
def _kinds(text: str) -> dict[str | None, OperationType]:
    """Return the kinds of a document's operations by their names."""
    try:
        document = parse(text, max_tokens=_LIMITS.tokens, no_location=True)
    except (GraphQLError, RecursionError):
        return {}
    return {
        None if each.name is None else each.name.value: each.operation
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    }
