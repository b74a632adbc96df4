"""The tree that a condition's source is read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; `text` is its source, quotes included."""

    kind: Literal["bool", "int", "str", "null"]
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable of the context, or the one that a macro binds."""

    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """A field of an operand."""

    operand: Expression
    field: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element of an operand."""

    operand: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function, with the target before its point if it has one."""

    function: str
    target: Expression | None
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """Negation: of a truth or of a number."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two operands."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? then : otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Elements:
    """A list written out."""

    items: tuple[Expression, ...]


Expression = Constant | Name | Select | Index | Call | Unary | Binary | Choice | Elements
