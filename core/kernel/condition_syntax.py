"""The part of CEL that conditions are written in, read into a tree for checking.

The CEL library runs a condition but shows neither the fields it reads nor the types
it yields, so what is checked on saving is read here. Left out on purpose, and refused
by name: decimals and unsigned numbers (money is a whole number of minor units), bytes,
raw and triple-quoted texts, maps and messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Final, Literal, NamedTuple

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
from core.kernel.errors import Refusal

MAX_DEPTH: Final = 24
"""How deep brackets, signs and branches may nest."""

MAX_TOKENS: Final = 300
"""Words and signs at most: a chain of them is a tree that is as deep, and is walked."""

MACROS: Final = frozenset({"all", "exists", "exists_one", "filter", "map"})

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]+|//[^\n]*)
    |(?P<decimal>[0-9]*\.[0-9]+|[0-9]+[eE][+-]?[0-9]+|[0-9]+[uU])
    |(?P<number>0x[0-9a-fA-F]+|[0-9]+)
    |(?P<text>"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:()\[\],.])""",
    re.VERBOSE,
)
_LEVELS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"==", "!=", "<", "<=", ">", ">=", "in"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
_CONSTANTS: Final[dict[str, Literal["bool", "null"]]] = {
    "true": "bool", "false": "bool", "null": "null",
}  # fmt: skip


class ConditionRefused(Refusal):
    """A condition cannot be saved: it is no CEL, or asks for what is not there."""

    code: ClassVar[str] = "CONDITION_REFUSED"


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse_condition(source: str) -> Expression:
    """Read a condition into a tree, or refuse it with the place of the fault."""
    tokens = list(_tokens(source))
    if len(tokens) > MAX_TOKENS:
        raise ConditionRefused(
            f"a condition has at most {MAX_TOKENS} words and signs; split it"
        )
    parser = _Parser(tokens)
    tree = parser.expression()
    parser.expect_end()
    return tree


def _tokens(source: str) -> Iterator[_Token]:
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _unexpected(source[position], position)
        kind = str(match.lastgroup)
        if kind == "decimal":
            raise ConditionRefused(
                f"{match[0]} is no whole number; write money in minor units (12.50 as 1250)"
            )
        if kind != "space":
            yield _Token(kind, match[0], position)
        position = match.end()
    yield _Token("end", "the end", position)


def _unexpected(text: str, position: int) -> ConditionRefused:
    return ConditionRefused(f"{text!r} is not understood at character {position + 1}")


class _Parser:
    """Recursive descent over the tokens, each level of precedence in turn."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ConditionRefused(f"a condition nests at most {MAX_DEPTH} deep; split it")
        tree = self._binary(0)
        if self._take("?"):
            then = self._binary(0)
            self._expect(":")
            tree = Choice(tree, then, self.expression())
        self._depth -= 1
        return tree

    def expect_end(self) -> None:
        if self._tokens[self._next].kind != "end":
            raise self._unexpected_next()

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while (operator := self._tokens[self._next]).text in _LEVELS[level]:
            if operator.kind == "text":
                break
            self._next += 1
            left = Binary(operator.text, left, self._binary(level + 1))
        return left

    def _unary(self) -> Expression:
        for operator in ("!", "-"):
            if self._take(operator):
                self._depth += 1
                if self._depth > MAX_DEPTH:
                    raise ConditionRefused(f"a condition nests at most {MAX_DEPTH} deep")
                operand = self._unary()
                self._depth -= 1
                return Unary(operator, operand)
        return self._member()

    def _member(self) -> Expression:
        tree = self._primary()
        while True:
            if self._take("."):
                name = self._expect_name()
                if self._take("("):
                    tree = Call(name, tree, self._listed(")"))
                else:
                    tree = Select(tree, name)
            elif self._take("["):
                tree = Index(tree, self.expression())
                self._expect("]")
            else:
                return tree

    def _primary(self) -> Expression:
        token = self._tokens[self._next]
        if self._take("("):
            tree = self.expression()
            self._expect(")")
            return tree
        if self._take("["):
            return Elements(self._listed("]"))
        if token.kind in {"number", "text"}:
            self._next += 1
            return Constant("int" if token.kind == "number" else "str", token.text)
        name = self._expect_name()
        if name in _CONSTANTS:
            return Constant(_CONSTANTS[name], name)
        if self._take("("):
            return Call(name, None, self._listed(")"))
        return Name(name)

    def _listed(self, closing: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        if self._take(closing):
            return ()
        while True:
            items.append(self.expression())
            if self._take(closing):
                return tuple(items)
            self._expect(",")

    def _take(self, sign: str) -> bool:
        token = self._tokens[self._next]
        if token.kind == "sign" and token.text == sign:
            self._next += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected_next()

    def _expect_name(self) -> str:
        token = self._tokens[self._next]
        if token.kind != "name" or token.text == "in":
            raise self._unexpected_next()
        self._next += 1
        return token.text

    def _unexpected_next(self) -> ConditionRefused:
        token = self._tokens[self._next]
        return _unexpected(token.text, token.position)
