"""Conditions: CEL expressions that a seller writes, checked when they are saved.

A condition reads a context of texts, truths, whole numbers and UTC instants. Money is a
whole number of minor units, for the CEL library would turn a Decimal into a float, and
local time is given as fields, for CEL's own accessors speak UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar, Final

import cel

from core.kernel.condition_check import check
from core.kernel.condition_syntax import ConditionRefused, parse_condition
from core.kernel.condition_types import (
    ANY,
    BOOL,
    ConditionType,
    condition_type,
    described,
)
from core.kernel.errors import Refusal

__all__ = ["Condition", "ConditionFailed", "ConditionRefused", "ConditionSchema"]

MAX_SOURCE_BYTES: Final = 1024
_MAX_INT: Final = 2**63 - 1


class ConditionFailed(Refusal):
    """A condition could not be decided; what depends on it waits and is never guessed."""

    code: ClassVar[str] = "CONDITION_FAILED"


class ConditionSchema:
    """The variables that conditions may read, with the types of their fields."""

    __slots__ = ("variables",)

    def __init__(self, variables: Mapping[str, object]) -> None:
        """Declare them as `{"account": {"class": str, "tags": list[str]}}`.

        A field is str, bool, int, datetime, object (any of these), list[T],
        dict[str, T], or again a mapping of fields.
        """
        self.variables: Mapping[str, ConditionType] = {
            name: condition_type(declared) for name, declared in variables.items()
        }


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition. It travels as its source; each process compiles it once.

    `reads` names the variables it reads and their fields, None for a whole variable.
    """

    source: str
    reads: tuple[tuple[str, tuple[str, ...] | None], ...]

    @classmethod
    def compile(
        cls, source: str, *, schema: ConditionSchema, path: tuple[str, ...] = ()
    ) -> Condition:
        """Check a source against the schema, or refuse it.

        Refused are: more than 1 KB; what is no CEL; a name, field or function that does
        not exist; types that do not fit; a result that is no truth; more than one macro
        inside another; a date, duration or pattern that cannot be read.
        """
        try:
            return _checked(source, schema)
        except ConditionRefused as refusal:
            raise ConditionRefused(refusal.message, path=path) from None

    def evaluate(self, context: Mapping[str, object]) -> bool:
        """Decide the condition, or raise `ConditionFailed` with the reason.

        The context holds at least the variables in `reads`; a field that it lacks
        fails unless the condition asks `has()` first.
        """
        try:
            needed = _needed(context, reads=self.reads)
            result = _program(self.source).execute(needed)
        except ConditionFailed:
            raise
        except Exception as error:
            raise ConditionFailed(f"{self.source}: {_reason(error)}") from error
        if result is True or result is False:
            return bool(result)
        raise ConditionFailed(f"{self.source}: it gave {result!r}, not true or false")


@lru_cache(maxsize=4096)
def _program(source: str) -> cel.Program:
    return cel.compile(source)


def _checked(source: str, schema: ConditionSchema) -> Condition:
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_SOURCE_BYTES:
        raise ConditionRefused(f"a condition has at most {MAX_SOURCE_BYTES} bytes, not {size}")
    found = check(parse_condition(source), schema.variables)
    if found.result not in (BOOL, ANY):
        raise ConditionRefused(f"a condition is true or false, not {described(found.result)}")
    for trial in found.trials:
        _try_literal(trial)
    try:
        _program(source)
    except ValueError as error:
        raise ConditionRefused(f"it is no CEL: {_reason(error)}") from None
    reads = (
        (name, None if fields is None else tuple(sorted(fields)))
        for name, fields in sorted(found.reads.items())
    )
    return Condition(source, tuple(reads))


def _try_literal(trial: str) -> None:
    try:
        cel.evaluate(trial)
    except (ValueError, TypeError, RuntimeError, ArithmeticError) as error:
        raise ConditionRefused(f"{trial} cannot be read: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"there is no {error.args[0]!r} here; ask has() first"
    return str(error).splitlines()[0][:200]


def _needed(
    context: Mapping[str, object], *, reads: tuple[tuple[str, tuple[str, ...] | None], ...]
) -> dict[str, object]:
    """Copy only what is read: converting a context costs more than deciding on it."""
    needed: dict[str, object] = {}
    for name, fields in reads:
        if name not in context:
            raise ConditionFailed(f"there is no {name!r} where this is decided")
        variable = context[name]
        if fields is None or not isinstance(variable, Mapping):
            needed[name] = _plain(variable, name)
        else:
            needed[name] = {
                key: _plain(variable[key], f"{name}.{key}") for key in fields if key in variable
            }
    return needed


def _plain(value: object, where: str) -> object:
    """Return what the CEL library takes without loss, or fail."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if -_MAX_INT <= value <= _MAX_INT:
            return value
        raise ConditionFailed(f"{where} is {value}, beyond 64 bits")
    if isinstance(value, datetime):
        if value.tzinfo is UTC:
            return value
        raise ConditionFailed(f"{where} is {value.isoformat()}, not in UTC")
    if isinstance(value, Mapping):
        return {str(key): _plain(part, f"{where}.{key}") for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, where) for part in value]
    raise ConditionFailed(f"{where} is of type {type(value).__name__}, which CEL would distort")
