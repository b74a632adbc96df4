"""Relay's four arguments, written once: `paged` adds them to a list field.

    @strawberry.field(description="…")
    @requires(Capability.ACCOUNT_READ)
    @paged
    async def accounts(self, info: Info, *, asked: PageArguments) -> Connection[Account]:
        page = asked.in_order(BY_NAME)
        …

A list below a parent names its order where it is made: see `pages_below`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, ParamSpec, TypeVar

import strawberry

from api.graphql.connection import PageRequest, page_request
from api.graphql.keyset import Sort
from api.references import given

P = ParamSpec("P")
T = TypeVar("T")

_ARGUMENTS: Final[Mapping[str, Any]] = {
    "first": Annotated[
        int | None,
        strawberry.argument(description="How many at most, from the start; 1 to 100, or 20."),
    ],
    "after": Annotated[
        str | None, strawberry.argument(description="Begin behind the object of this cursor.")
    ],
    "last": Annotated[
        int | None, strawberry.argument(description="How many at most, from the end; 1 to 100.")
    ],
    "before": Annotated[
        str | None, strawberry.argument(description="End before the object of this cursor.")
    ],
}
_TAKEN_AS: Final = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageArguments:
    """What the caller wrote; None where an argument was left out."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None

    def in_order(self, sort: Sort) -> PageRequest:
        """Check them, and read the cursors as those of this order.

        Raises:
            PageInvalid: `first` and `last` together, or a size outside of 1 to 100.
            CursorInvalid: A cursor that does not fit the order.
        """
        return page_request(
            sort.cursor_keys,
            first=self.first,
            after=self.after,
            last=self.last,
            before=self.before,
        )


def paged(resolver: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Give a list field the four arguments; the resolver takes them as `asked`."""

    @functools.wraps(resolver)
    async def taking_a_page(*args: P.args, **kwargs: P.kwargs) -> T:
        told: dict[str, Any] = {
            name: given(kwargs.pop(name, strawberry.UNSET)) for name in _ARGUMENTS
        }
        kwargs[_TAKEN_AS] = PageArguments(**told)
        return await resolver(*args, **kwargs)

    # Strawberry reads the signature; the docstring and the annotations stay as they are.
    signature = inspect.signature(resolver)
    parameters = list(_spread(signature.parameters.values()))
    shown: Any = taking_a_page
    shown.__signature__ = signature.replace(parameters=parameters)
    return taking_a_page


def _spread(parameters: Iterable[inspect.Parameter]) -> Iterable[inspect.Parameter]:
    for parameter in parameters:
        if parameter.name != _TAKEN_AS:
            yield parameter
            continue
        for name, annotation in _ARGUMENTS.items():
            yield inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=strawberry.UNSET,
                annotation=annotation,
            )
