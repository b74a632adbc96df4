"""How objects, lists and what may be missing are completed, made up of what is in them.

A list of objects is taken apart into columns, each column is completed at once, and the
columns are put together to answers: what costs something for each value is then Python's
own loop. Lists within a column are joined for that, and cut to their lengths again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice, repeat
from operator import attrgetter, call
from typing import Any, Final, NamedTuple

from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from api.graphql.executor_leaves import Completion, Unusual, are_of

ANY_OBJECT: Final = "__class__"
"""An attribute that no object lacks."""

FEW: Final = 3
"""So many objects are completed one by one: columns of them would not pay."""

_LISTS: Final = frozenset({list, tuple})


class Entry(NamedTuple):
    """A field of a selection: its name in the answer, and where its value comes from."""

    name: str
    attribute: str
    completion: Completion


def nullable(present: Completion) -> Completion:
    """Let None pass."""

    def complete(value: Any) -> Any:
        return None if value is None else present.one(value)

    def complete_all(values: Sequence[Any]) -> Sequence[Any]:
        there = [value for value in values if value is not None]
        if len(there) == len(values):
            return present.many(values)
        done = iter(present.many(there))
        return [None if value is None else next(done) for value in values]

    return Completion(complete, complete_all)


def constant(value: str) -> Completion:
    """Return what completes any value to the same one: the name of a type."""
    return Completion(lambda _value: value, lambda values: [value] * len(values))


def objects(
    classes: tuple[type, ...], entries: Sequence[Entry], *, may_be_cast: bool
) -> Completion:
    """Return what completes objects of exactly these classes by their attributes.

    The loops over attributes are Python's own: one of ours would take twice the time.
    """
    names = tuple(entry.name for entry in entries)
    single = tuple(entry.completion.one for entry in entries)
    whole = tuple(entry.completion.many for entry in entries)
    known = frozenset(classes)
    # One more that no object lacks, lest a single attribute come without a tuple around it.
    read = attrgetter(*(entry.attribute for entry in entries), ANY_OBJECT, ANY_OBJECT)

    def complete(value: Any) -> dict[str, Any]:
        if type(value) not in known or (may_be_cast and hasattr(value, TYPE_CAST_ATTRIBUTE)):
            raise Unusual
        return dict(zip(names, map(call, single, read(value)), strict=False))

    def complete_all(values: Sequence[Any]) -> list[dict[str, Any]]:
        if len(values) <= FEW:
            return list(map(complete, values))
        if not are_of(values, known):
            raise Unusual
        if may_be_cast and any(map(hasattr, values, repeat(TYPE_CAST_ATTRIBUTE))):
            raise Unusual
        columns = map(call, whole, zip(*map(read, values), strict=False))
        return list(map(dict, map(zip, repeat(names), zip(*columns, strict=True))))

    return Completion(complete, complete_all)


def lists(items: Completion) -> Completion:
    """Return what completes lists and tuples of such items."""

    def complete(value: Any) -> list[Any]:
        if type(value) is not list and type(value) is not tuple:
            raise Unusual
        return list(items.many(value))

    def complete_all(values: Sequence[Any]) -> list[list[Any]]:
        if not are_of(values, _LISTS):
            raise Unusual
        done = iter(items.many(tuple(chain.from_iterable(values))))
        return [list(islice(done, len(value))) for value in values]

    return Completion(complete, complete_all)
