"""Keeps documents that cost too much, or are not valid, from being executed.

In this order: characters and tokens, a cached parse, one linear walk, cached standard
validation. The walk comes before validation, whose own rules are quadratic.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    ValuesOfCorrectTypeRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from api.graphql.connection import MAX_PAGE_SIZE
from api.graphql.context import Context
from api.graphql.cost import Excess, Limits, excesses
from api.graphql.input_paths import ValuesInPlaceRule
from api.graphql.policy import MAX_ERRORS, GraphQLCode, coded_error, unknown_operation
from api.graphql.spending import Balance
from api.graphql.weighing import Weighing

# One tuple for the life of the process: graphql-core remembers what it found out about
# a rule by its class, and rules made for each request would never be found again.
RULES: Final[tuple[type[ASTValidationRule], ...]] = (
    *(
        ValuesInPlaceRule if rule is ValuesOfCorrectTypeRule else rule
        for rule in specified_rules
    ),
    MaybeNullValidationRule,
)

CACHED_DOCUMENTS: Final = 512
CACHED_CHARACTERS: Final = 8000


@dataclass(slots=True)
class CheckedDocument:
    """A parsed document that has passed, or is about to be, validated."""

    document: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    weighing: Weighing = field(init=False)
    is_valid: bool = False

    def __post_init__(self) -> None:
        self.weighing = Weighing(self.document, self.operations)


class DocumentCache:
    """Remembers the documents used last, by their text."""

    def __init__(self, *, capacity: int = CACHED_DOCUMENTS) -> None:
        self._capacity = capacity
        self._documents: OrderedDict[str, CheckedDocument] = OrderedDict()
        self.hits = 0

    def __len__(self) -> int:
        return len(self._documents)

    def find(self, text: str) -> CheckedDocument | None:
        """Return a document that has been found valid before."""
        found = self._documents.get(text)
        if found is not None:
            self._documents.move_to_end(text)
            self.hits += 1
        return found

    def keep(self, text: str, document: CheckedDocument) -> None:
        """Remember a valid document, forgetting the one unused for longest."""
        if len(text) > CACHED_CHARACTERS:
            return
        self._documents[text] = document
        if len(self._documents) > self._capacity:
            self._documents.popitem(last=False)


class Guard(SchemaExtension):
    """Parses, weighs and validates in place of the schema; one for each operation."""

    def __init__(self, *, limits: Limits, cache: DocumentCache) -> None:
        self._limits = limits
        self._cache = cache
        self._checked: CheckedDocument | None = None

    def on_parse(self) -> Iterator[None]:
        """Take the document from the cache, or parse it within its bounds."""
        execution = self.execution_context
        text = execution.query
        if text:
            self._checked = self._cache.find(text) or _parsed(text, self._limits)
            execution.graphql_document = self._checked.document
        yield

    def on_validate(self) -> Iterator[None]:
        """Weigh the document, then validate it unless that was done before."""
        execution = self.execution_context
        if self._checked is not None:
            execution.pre_execution_errors = self._errors(self._checked)
        yield

    def _errors(self, checked: CheckedDocument) -> list[GraphQLError]:
        """Return why the document is refused; an empty list says that it is not."""
        execution = self.execution_context
        schema = execution.schema._schema  # noqa: SLF001 - Strawberry has no public name
        limits = self._limits
        if len(checked.operations) > limits.operations:
            asked = len(checked.operations)
            return [too_complex(Excess("operations", limits.operations, asked))]
        # Strawberry would run the first operation where GraphQL asks for a name.
        if len(checked.operations) > 1 and execution._provided_operation_name is None:  # noqa: SLF001
            return [unknown_operation()]
        weights = checked.weighing.weights(
            schema, variables=execution.variables or {}, limits=limits
        )
        beyond = [
            excess
            for operation, weight in zip(checked.operations, weights, strict=True)
            for excess in excesses(weight, operation=operation.operation, limits=limits)
        ]
        if beyond:
            return [too_complex(excess) for excess in beyond[:MAX_ERRORS]]
        if any(weight.introspections for weight in weights) and not self._is_known_viewer():
            return [_introspection_refused()]
        cost = max((weight.cost for weight in weights), default=0)
        return self._validated(checked, schema) or self._paid(cost)

    def _validated(self, checked: CheckedDocument, schema: GraphQLSchema) -> list[GraphQLError]:
        if checked.is_valid:
            return []
        errors = validate(schema, checked.document, RULES, max_errors=MAX_ERRORS)
        if not errors and self.execution_context.query:
            checked.is_valid = True
            self._cache.keep(self.execution_context.query, checked)
        return errors

    def _paid(self, cost: int) -> list[GraphQLError]:
        """Take the cost from the tenant's minute, and tell the caller of both."""
        told: dict[str, Any] = {"requested": cost, "limit": self._limits.cost}
        self.execution_context.extensions_results["cost"] = told
        context = self.execution_context.context
        if not isinstance(context, Context) or context.spending is None:
            return []
        balance = context.spending.spend(str(context.tenant_id), cost)
        told["bucket"] = {
            "capacity": balance.capacity,
            "remaining": balance.remaining,
            "restoresPerSecond": balance.restores_per_second,
        }
        return [] if balance.is_admitted else [_spent_too_much(balance, cost)]

    def _is_known_viewer(self) -> bool:
        context = self.execution_context.context
        return isinstance(context, Context) and context.viewer is not None


def guard_factory(limits: Limits | None = None) -> Callable[[], Guard]:
    """Return what a schema takes as an extension: it makes a guard for each operation.

    The cache belongs to the factory, and so to one schema.
    """
    cache = DocumentCache()
    bounds = limits or Limits()
    return lambda: Guard(limits=bounds, cache=cache)


def too_complex(excess: Excess) -> GraphQLError:
    """Say which limit a document goes beyond, and by how much."""
    pages = f" `first` and `last` are at most {MAX_PAGE_SIZE}." if excess.has_long_page else ""
    return coded_error(
        GraphQLCode.QUERY_TOO_COMPLEX,
        f"The document exceeds the limit of {excess.allowed} for "
        f"{excess.limit.replace('_', ' ')}. Ask for less, or split it.{pages}",
        limit=excess.limit,
        max=excess.allowed,
        actual=excess.asked,
    )


def _parsed(text: str, limits: Limits) -> CheckedDocument:
    if len(text) > limits.characters:
        raise too_complex(Excess("characters", limits.characters, len(text)))
    try:
        document = parse(text, max_tokens=limits.tokens)
    except RecursionError:
        # Within the token limit nesting can still be deeper than the parser's stack.
        raise too_complex(Excess("depth", limits.depth, limits.tokens)) from None
    operations = tuple(
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    )
    return CheckedDocument(document=document, operations=operations)


def _spent_too_much(balance: Balance, cost: int) -> GraphQLError:
    seconds = balance.seconds_until(cost)
    return coded_error(
        GraphQLCode.RATE_LIMITED,
        f"This costs {cost}, and {balance.remaining} are left of the {balance.capacity} that "
        f"your keys may spend together in a minute. Try again in {seconds} s.",
        retryAfterSeconds=seconds,
    )


def _introspection_refused() -> GraphQLError:
    return coded_error(
        GraphQLCode.UNAUTHENTICATED,
        "Introspection is for authenticated callers. Send an API key.",
    )
