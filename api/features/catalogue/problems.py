"""A catalogue's problems as user errors: one each, with its line and its path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar

from api.graphql.errors import ErrorDetail
from core.catalogue.errors import (
    BAD_CODE,
    IMMUTABLE,
    SLOT_IN_THE_PAST,
    CatalogueRefused,
    LocatedProblem,
)
from core.kernel.errors import ManyProblems, Problem, Refusal

T = TypeVar("T")


class CatalogueInvalid(Refusal):
    """The definitions have a problem; nothing of them was stored."""

    code: ClassVar[str] = "CATALOGUE_INVALID"


class ImmutableField(Refusal):
    """What would change is for good."""

    code: ClassVar[str] = "IMMUTABLE_FIELD"


class SlotInThePast(Refusal):
    """A new slot of a rate table would begin before now."""

    code: ClassVar[str] = "SLOT_IN_THE_PAST"


@dataclass(frozen=True, slots=True)
class CatalogueProblem(LocatedProblem):
    """A problem under the code that clients handle; `problem` is the catalogue's own."""

    problem: str = ""


_PUBLIC: Final = {IMMUTABLE: ImmutableField.code, SLOT_IN_THE_PAST: SlotInThePast.code}

DETAILS: Final = (
    ErrorDetail(
        name="problem",
        type=str | None,
        description="What is wrong, as one of the codes of the catalogue's reference.",
        value_of=lambda problem: getattr(problem, "problem", None) or None,
    ),
    ErrorDetail(
        name="line",
        type=int | None,
        description="The line of the YAML text; null where there is none.",
        value_of=lambda problem: getattr(problem, "line", None),
    ),
)
"""What the user errors of the catalogue's mutations tell besides code, message and path."""

PathOf = Callable[[tuple[str, ...]], tuple[str, ...]]


async def translated(work: Awaitable[T], *, path_of: PathOf) -> T:
    """Await work on the catalogue; its problems rise under public codes and input paths."""
    try:
        return await work
    except CatalogueRefused as refused:
        raise ManyProblems(_public(each, path_of) for each in refused.problems) from None


def in_yaml(path: tuple[str, ...]) -> tuple[str, ...]:
    """Lead to a place in the YAML text."""
    return ("input", "yaml", *path)


def in_input(path: tuple[str, ...]) -> tuple[str, ...]:
    """Lead to a field of an input: section and code go, names become the schema's."""
    return ("input", *(_camel(name) for name in path[2:]))


def _public(problem: Problem, path_of: PathOf) -> CatalogueProblem:
    located: dict[str, Any] = (
        {"file": problem.file, "line": problem.line}
        if isinstance(problem, LocatedProblem)
        else {}
    )
    return CatalogueProblem(
        code=_PUBLIC.get(problem.code, CatalogueInvalid.code),
        message=problem.message,
        path=path_of((*problem.path, *_of_a_code(problem, path_of))),
        problem=problem.code,
        **located,
    )


def _of_a_code(problem: Problem, path_of: PathOf) -> tuple[str, ...]:
    """Lead on to the code, which is a key in a file but a field of an input."""
    return ("code",) if problem.code == BAD_CODE and path_of is in_input else ()


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
