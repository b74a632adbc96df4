"""Where in an operation's input a value of a wrong type is: `extensions.inputPath`.

graphql-core judges a literal where it stands and knows the way to it, and tells neither the
way nor, where a scalar of ours refuses, the place. Of a variable it tells the way in words.
A batch of a thousand events is of no use with "one of them is wrong".
"""

from __future__ import annotations

import re
from typing import Any, Final

from graphql import (
    ArgumentNode,
    GraphQLError,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
)
from graphql.language import SKIP
from graphql.utilities import validate_input_literal

INPUT_PATH: Final = "inputPath"

_OF_A_VARIABLE: Final = re.compile(
    r"Variable '\$(?P<name>\w+)' has invalid value(?: at (?P<steps>(?:\.\w+|\[\d+\])+))?: "
)
_STEP: Final = re.compile(r"\w+")
_UNKNOWN: Final = " not to include unknown field "
_ONE_OF: Final = "Within OneOf Input Object type "
_OF_A_FIELD: Final = re.compile(
    r"Expected value of type '[^']*' (?:not )?to include (?:required|unknown) field '(\w+)'"
)
"""At the beginning: further behind, the message shows the value, which may say anything."""


class ValuesInPlaceRule(ValuesOfCorrectTypeRule):
    """The standard rule; its errors say where the value stands and which way leads to it."""

    _outermost = ""

    def enter_argument(self, node: ArgumentNode, *_args: Any) -> None:
        """Note the argument that the values beneath belong to."""
        self._outermost = node.name.value

    def enter_variable_definition(self, node: VariableDefinitionNode, *_args: Any) -> None:
        """Note the variable whose default the values beneath are."""
        self._outermost = node.variable.name.value

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> Any:
        """Report what is wrong with a literal, with its place and its path."""
        unknown: set[tuple[str | int, ...]] = set()
        if input_type:

            def on_error(error: GraphQLError, path: list[str | int]) -> None:
                if error.message.startswith(_ONE_OF) and tuple(path) in unknown:
                    return  # the one field that is there is none: that has been said
                if _UNKNOWN in error.message:
                    unknown.add(tuple(path))
                self.report_error(_in_place(error, node, self._outermost, path))

            validate_input_literal(
                node, input_type, on_error, hide_suggestions=self.context.hide_suggestions
            )
        return SKIP


def path_of_variable(message: str) -> list[str]:
    """Return the path to a variable's value that graphql-core tells of in words, or nothing.

    "Variable '$input' has invalid value at .events[0].id: …" is input, events, 0, id.
    """
    found = _OF_A_VARIABLE.match(message)
    if found is None:
        return []
    steps = _STEP.findall(found["steps"] or "")
    return [found["name"], *steps, *_named_field(message[found.end() :])]


def _named_field(message: str) -> list[str]:
    """Return the field that is missing or unknown; graphql-core's path ends above it."""
    found = _OF_A_FIELD.match(message)
    return [] if found is None else [found[1]]


def _in_place(
    error: GraphQLError, literal: ValueNode, outermost: str, path: list[str | int]
) -> GraphQLError:
    return GraphQLError(
        error.message,
        nodes=error.nodes or [_at(literal, path)],
        original_error=error.original_error,
        extensions={
            **(error.extensions or {}),
            INPUT_PATH: [
                outermost,
                *(str(step) for step in path),
                *_named_field(error.message),
            ],
        },
    )


def _at(literal: ValueNode, path: list[str | int]) -> ValueNode:
    """Return the literal that a path leads to, or the last on the way that is one."""
    for step in path:
        below = _below(literal, step)
        if below is None:
            break
        literal = below
    return literal


def _below(literal: ValueNode, step: str | int) -> ValueNode | None:
    if isinstance(literal, ListValueNode) and isinstance(step, int):
        return literal.values[step]
    if isinstance(literal, ObjectValueNode):
        found = (each.value for each in literal.fields if each.name.value == step)
        return next(found, None)
    return None
