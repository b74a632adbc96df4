"""Values for the fields of any type: mostly those that belong there, and some that do not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any, Final

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_leaf_type,
)

_NAIVE: Final = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class Text(str):
    """A text that is not exactly a `str`."""

    __slots__ = ()


class Later:
    """Something to be awaited that no list of coroutines knows."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class Equal:
    """Equal to everything."""

    def __eq__(self, _other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "equal"


_STRANGE: Final[tuple[Callable[[], Any], ...]] = (
    lambda: None, lambda: Undefined, lambda: ValueError("stored as a value"), object, Equal,
    lambda: Later("x"), lambda: Later(None), lambda: Later(KeyError("later")), lambda: "x",
    lambda: Text("y"), lambda: 3.5, lambda: float("nan"), lambda: True, lambda: 10**40,
    lambda: -(2**31) - 1, lambda: b"z", lambda: Decimal("NaN"), lambda: Decimal("1E+3"),
    lambda: _NAIVE, lambda: date(2026, 1, 1), dict, list, lambda: [None],
    lambda: iter(["a"]), lambda: {"amount": 1}, lambda: range(2), lambda: str, lambda: "",
)  # fmt: skip

_USUAL: Final[dict[str, tuple[Any, ...]]] = {
    "String": ("", "a", "é✓", "x" * 300),
    "ID": ("acc_1", "1"),
    "Int": (0, 1, -5, 2**31 - 1, True),
    "Float": (0.5, 1, -3.25),
    "Boolean": (True, False),
    "Decimal": (Decimal(0), Decimal("12.50"), Decimal("-0.001"), Decimal("1E+3"), 7),
    "EventDecimal": (Decimal(1), Decimal("NaN")),
    "DateTime": (
        datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))),
    ),
    "EventDateTime": (datetime(1970, 1, 1, tzinfo=UTC),),
    "Date": (date(2026, 2, 28), date(1, 1, 1)),
    "CurrencyCode": ("EUR", "JPY", "XXX", "eur"),
}


class Values:
    """Makes values from a seed: the same ones from the same seed."""

    def __init__(self, schema: GraphQLSchema, seed: int, *, strange: float, deep: int) -> None:
        self._schema = schema
        self._random = Random(seed)
        self._strange = strange
        self._deep = deep

    def of_root(self, kind: Any) -> Any:
        """Return a value with at most `deep` objects within each other."""
        return self.of(kind, deep=self._deep)

    def of(self, kind: Any, *, deep: int) -> Any:
        """Return a value for a field of a type."""
        if self._random.random() < self._strange:
            return self._random.choice(_STRANGE)()
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        elif self._random.random() < 0.2:
            return None
        if isinstance(kind, GraphQLList):
            return self._list(kind, deep)
        if is_leaf_type(kind):
            return self._leaf(kind)
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            possible = self._schema.get_possible_types(kind)
            kind = self._random.choice(sorted(possible, key=lambda one: one.name))
        return self._object(kind, deep)

    def _list(self, kind: Any, deep: int) -> Any:
        is_of_objects = not is_leaf_type(get_named_type(kind))
        # Most are short; some are long enough to be completed column by column.
        count = self._random.choice((0, 1, 1, 2, 2, 2, 5, 8) if deep > 0 else (0, 1, 2, 5))
        count = 0 if is_of_objects and deep <= 0 else count
        items = [self.of(kind.of_type, deep=deep) for _item in range(count)]
        return tuple(items) if self._random.random() < 0.2 else items

    def _leaf(self, kind: Any) -> Any:
        if isinstance(kind, GraphQLEnumType):
            wrapped = getattr(kind, "wrapped_cls", None)
            return self._random.choice(list(wrapped or kind.values))
        return self._random.choice(_USUAL.get(kind.name, ("?",)))

    def _object(self, kind: GraphQLObjectType, deep: int) -> Any:
        if deep <= 0:
            return None
        definition = kind.extensions["strawberry-definition"]
        origin = definition.origin
        if self._random.random() < self._strange:
            origin = type(f"Special{origin.__name__}", (origin,), {})
        made = origin.__new__(origin)
        for field in definition.fields:
            shown = kind.fields.get(_camel(field.python_name))
            if field.base_resolver is None and shown is not None:
                if self._random.random() < self._strange / 2:
                    continue  # the attribute is missing
                object.__setattr__(made, field.python_name, self.of(shown.type, deep=deep - 1))
        if self._random.random() < self._strange / 4:
            made = strawberry.cast(origin, made)
        return made


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
