"""The check of a condition's names and types, made when it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from core.kernel.condition_operators import (
    arithmetic,
    comparable,
    element,
    equality,
    membership,
    ordering,
    refuse_pair,
)
from core.kernel.condition_syntax import MACROS, ConditionRefused
from core.kernel.condition_tree import (
    Binary,
    Call,
    Choice,
    Constant,
    Elements,
    Expression,
    Index,
    Name,
    Select,
    Unary,
)
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

_TEXT_TESTS: Final = frozenset({"contains", "startsWith", "endsWith", "matches"})
_FUNCTIONS: Final = "contains, duration, endsWith, has, matches, size, startsWith, timestamp"


@dataclass
class Checked:
    """What a check found: the result's type, what is read, and literals to try."""

    result: ConditionType = ANY
    reads: dict[str, set[str] | None] = field(default_factory=dict)
    trials: list[str] = field(default_factory=list)


def check(tree: Expression, variables: Mapping[str, ConditionType]) -> Checked:
    """Check names and types, or refuse the first fault in reading order.

    `reads` gives for each variable the fields that it is asked for, None for all;
    `trials` are calls on literals that only the CEL library can judge.
    """
    checker = _Checker(variables)
    checker.found.result = checker.type_of(tree)
    return checker.found


class _Checker:
    def __init__(self, variables: Mapping[str, ConditionType]) -> None:
        self._variables = variables
        self._bound: dict[str, ConditionType] = {}
        self._nested_macros = 0
        self.found = Checked()

    def type_of(self, tree: Expression) -> ConditionType:
        return _CHECKS[type(tree)](self, tree)

    def constant(self, tree: Constant) -> ConditionType:
        if tree.kind == "int" and int(tree.text, 0 if "x" in tree.text else 10) >= 2**63:
            raise ConditionRefused(f"{tree.text} is beyond 64 bits")
        return {"bool": BOOL, "int": INT, "str": STR, "null": NULL}[tree.kind]

    def name(self, tree: Name) -> ConditionType:
        if tree.name in self._bound:
            return self._bound[tree.name]
        found = self._variable(tree.name)
        self.found.reads[tree.name] = None
        return found

    def _variable(self, name: str) -> ConditionType:
        if name not in self._variables:
            raise ConditionRefused(
                f"there is no variable {name!r}; there are {_listed(self._variables)}"
            )
        return self._variables[name]

    def select(self, tree: Select) -> ConditionType:
        return self._field(tree.operand, tree.field)

    def _field(self, operand: Expression, wanted: str) -> ConditionType:
        label = "the operand"
        if isinstance(operand, Name) and operand.name not in self._bound:
            label, holder = operand.name, self._variable(operand.name)
            reads = self.found.reads.setdefault(operand.name, set())
            if reads is not None:
                reads.add(wanted)
        else:
            holder = self.type_of(operand)
        if isinstance(holder, Record):
            if wanted not in holder.fields:
                fields = _listed(holder.fields)
                raise ConditionRefused(f"{label} has no field {wanted!r}; it has {fields}")
            return holder.fields[wanted]
        if isinstance(holder, MapOf):
            return holder.value
        if holder == ANY:
            return ANY
        raise ConditionRefused(f"{label} is of type {described(holder)}, without {wanted!r}")

    def index(self, tree: Index) -> ConditionType:
        if isinstance(tree.index, Constant) and tree.index.kind == "str":
            return self._field(tree.operand, self._plain_text(tree.index))
        holder, key = self.type_of(tree.operand), self.type_of(tree.index)
        if isinstance(holder, ListOf) and key in (INT, ANY):
            return holder.element
        if isinstance(holder, MapOf) and key in (STR, ANY):
            return holder.value
        if holder == ANY:
            return ANY
        raise ConditionRefused(f"a {described(holder)} has no element by {described(key)}")

    def _plain_text(self, constant: Constant) -> str:
        if "\\" in constant.text:
            raise ConditionRefused(f"write the field name {constant.text} without a backslash")
        return constant.text[1:-1]

    def call(self, tree: Call) -> ConditionType:
        if tree.function == "has" and tree.target is None:
            return self._has(tree)
        if tree.function in MACROS and tree.target is not None:
            return self._macro(tree, over=tree.target)
        if tree.function in {"timestamp", "duration"} and tree.target is None:
            return self._literal_call(tree)
        operands = tree.arguments if tree.target is None else (tree.target, *tree.arguments)
        if tree.function == "size" and len(operands) == 1:
            self._require_sized(self.type_of(operands[0]))
            return INT
        if tree.function in _TEXT_TESTS and tree.target is not None and len(operands) == 2:
            return self._text_test(tree.function, operands)
        raise ConditionRefused(
            f"there is no function {tree.function!r} called like that; there are {_FUNCTIONS} "
            f"and the macros {_listed(MACROS)}"
        )

    def _has(self, tree: Call) -> ConditionType:
        if len(tree.arguments) != 1 or not isinstance(tree.arguments[0], Select):
            raise ConditionRefused("has() takes one field: has(account.class)")
        self.type_of(tree.arguments[0])
        return BOOL

    def _literal_call(self, tree: Call) -> ConditionType:
        argument = tree.arguments[0] if len(tree.arguments) == 1 else None
        if not isinstance(argument, Constant) or argument.kind != "str":
            raise ConditionRefused(f"{tree.function}() takes one text in quotes")
        self.found.trials.append(f"{tree.function}({argument.text})")
        return INSTANT if tree.function == "timestamp" else DURATION

    def _require_sized(self, operand: ConditionType) -> None:
        if operand not in (STR, ANY) and not isinstance(operand, ListOf | MapOf):
            raise ConditionRefused(
                f"size() takes a text, list or map, not {described(operand)}"
            )

    def _text_test(self, function: str, operands: tuple[Expression, ...]) -> ConditionType:
        for operand in operands:
            self._require(operand, STR, where=f"{function}()")
        pattern = operands[1]
        if function == "matches":
            if not isinstance(pattern, Constant):
                raise ConditionRefused("matches() takes its pattern as a text in quotes")
            self.found.trials.append(f"''.matches({pattern.text})")
        return BOOL

    def _macro(self, tree: Call, *, over: Expression) -> ConditionType:
        variable = tree.arguments[0] if len(tree.arguments) == 2 else None
        if not isinstance(variable, Name):
            raise ConditionRefused(f"{tree.function}() takes a name and an expression")
        if variable.name in self._variables or variable.name in self._bound:
            raise ConditionRefused(f"{variable.name!r} has a meaning already; use another name")
        if self._bound:
            self._nested_macros += 1
            if self._nested_macros > 1:
                raise ConditionRefused("at most one macro may stand inside another")
        holder = self.type_of(over)
        self._bound[variable.name] = element(holder, tree.function)
        body = self.type_of(tree.arguments[1])
        del self._bound[variable.name]
        if tree.function == "map":
            return ListOf(body)
        if body not in (BOOL, ANY):
            raise ConditionRefused(f"{tree.function}() needs a bool, not {described(body)}")
        return ListOf(element(holder, "filter")) if tree.function == "filter" else BOOL

    def unary(self, tree: Unary) -> ConditionType:
        wanted = BOOL if tree.operator == "!" else INT
        self._require(tree.operand, wanted, where=tree.operator)
        return wanted

    def _require(self, tree: Expression, wanted: Scalar, *, where: str) -> None:
        found = self.type_of(tree)
        if found not in (wanted, ANY):
            raise ConditionRefused(f"{where} takes {wanted.name}, not {described(found)}")

    def binary(self, tree: Binary) -> ConditionType:
        if tree.operator in {"&&", "||"}:
            self._require(tree.left, BOOL, where=tree.operator)
            self._require(tree.right, BOOL, where=tree.operator)
            return BOOL
        left, right = self.type_of(tree.left), self.type_of(tree.right)
        if tree.operator == "in":
            return membership(left, right)
        if tree.operator in {"==", "!="}:
            return equality(tree.operator, left, right)
        if tree.operator in {"<", "<=", ">", ">="}:
            return ordering(tree.operator, left, right)
        return arithmetic(tree.operator, left, right)

    def choice(self, tree: Choice) -> ConditionType:
        self._require(tree.condition, BOOL, where="?")
        then, otherwise = self.type_of(tree.then), self.type_of(tree.otherwise)
        if not comparable(then, otherwise):
            refuse_pair("? :", then, otherwise)
        return otherwise if then in (NULL, ANY) else then

    def elements(self, tree: Elements) -> ConditionType:
        common: ConditionType = ANY
        for item in tree.items:
            found = self.type_of(item)
            if not comparable(common, found):
                raise ConditionRefused(
                    f"a list holds one type, not {described(common)} and {described(found)}"
                )
            common = found
        return ListOf(common)


_CHECKS: Final[dict[type, Callable[..., ConditionType]]] = {
    Constant: _Checker.constant,
    Name: _Checker.name,
    Select: _Checker.select,
    Index: _Checker.index,
    Call: _Checker.call,
    Unary: _Checker.unary,
    Binary: _Checker.binary,
    Choice: _Checker.choice,
    Elements: _Checker.elements,
}


def _listed(names: Mapping[str, object] | frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
