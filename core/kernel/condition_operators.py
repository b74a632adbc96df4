"""Which types the operators of a condition take, and what they give."""

from __future__ import annotations

from typing import Final, NoReturn

from core.kernel.condition_syntax import ConditionRefused
from core.kernel.condition_types import (
    ANY,
    BOOL,
    DURATION,
    INSTANT,
    INT,
    NULL,
    STR,
    ConditionType,
    ListOf,
    MapOf,
    Record,
    Scalar,
    described,
)

_ORDERED: Final = (INT, STR, INSTANT, DURATION)
_SUMS: Final[dict[tuple[str, Scalar, Scalar], Scalar]] = {
    ("+", INT, INT): INT,
    ("+", STR, STR): STR,
    ("+", INSTANT, DURATION): INSTANT,
    ("+", DURATION, INSTANT): INSTANT,
    ("+", DURATION, DURATION): DURATION,
    ("-", INT, INT): INT,
    ("-", INSTANT, INSTANT): DURATION,
    ("-", INSTANT, DURATION): INSTANT,
    ("-", DURATION, DURATION): DURATION,
    ("*", INT, INT): INT,
    ("/", INT, INT): INT,
    ("%", INT, INT): INT,
}


def element(holder: ConditionType, macro: str) -> ConditionType:
    """Return the type that a macro binds when it walks over a holder."""
    if isinstance(holder, ListOf):
        return holder.element
    if isinstance(holder, MapOf):
        return STR  # macros walk over a map's keys
    if holder == ANY:
        return ANY
    raise ConditionRefused(f"{macro}() takes a list or map, not {described(holder)}")


def comparable(left: ConditionType, right: ConditionType) -> bool:
    """Tell whether == between the two can ever be true; null may meet anything."""
    if NULL in (left, right) or ANY in (left, right):
        return True
    if isinstance(left, ListOf) and isinstance(right, ListOf):
        return comparable(left.element, right.element)
    return left == right and not isinstance(left, Record)


def equality(operator: str, left: ConditionType, right: ConditionType) -> ConditionType:
    """Return the type of == and !=, which CEL itself lets compare anything."""
    return BOOL if comparable(left, right) else refuse_pair(operator, left, right)


def ordering(operator: str, left: ConditionType, right: ConditionType) -> ConditionType:
    """Return the type of <, <=, > and >=."""
    if ANY in (left, right) or (left == right and left in _ORDERED):
        return BOOL
    return refuse_pair(operator, left, right)


def membership(element: ConditionType, holder: ConditionType) -> ConditionType:
    """Return the type of `element in holder`."""
    if isinstance(holder, ListOf) and comparable(element, holder.element):
        return BOOL
    if (isinstance(holder, MapOf) and element in (STR, ANY)) or holder == ANY:
        return BOOL
    return refuse_pair("in", element, holder)


def arithmetic(operator: str, left: ConditionType, right: ConditionType) -> ConditionType:
    """Return the type of a sum, difference, product, quotient or remainder."""
    if ANY in (left, right):
        return ANY
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        result = _SUMS.get((operator, left, right))
        if result is not None:
            return result
    return refuse_pair(operator, left, right)


def refuse_pair(operator: str, left: ConditionType, right: ConditionType) -> NoReturn:
    """Refuse an operator between two types, naming them."""
    raise ConditionRefused(f"{described(left)} {operator} {described(right)} has no meaning")
