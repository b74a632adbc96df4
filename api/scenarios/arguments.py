"""From a step's mapping to the variables of its mutation, as the schema types them.

Texts stay texts (decimals too), `$name` is the id that a step before has bound, and a
local time is an instant of the seller's zone. What the schema does not know is refused
with its line, before anything runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping as Bindings
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)

from api.scenarios.document import fault
from api.scenarios.repeated import written_out
from core.catalogue.yaml_tree import Mapping, Node, Scalar, Sequence

_TRUTHS: Final = {"true": True, "false": False}
INSTANTS: Final = frozenset({"DateTime", "EventDateTime"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a scenario's values are read with."""

    file: Path
    zone: str
    bound: Bindings[str, str]

    def value(self, node: Node, kind: GraphQLInputType) -> Any:
        """Return a node as a variable of an input type.

        Raises:
            ScenarioInvalid: it does not fit.
        """
        if isinstance(kind, GraphQLNonNull):
            if isinstance(node, Scalar) and node.is_null:
                raise fault(self.file, node.line, "a value is needed here")
            return self.value(node, kind.of_type)
        if isinstance(node, Scalar) and node.is_null:
            return None
        if isinstance(kind, GraphQLList):
            items: Iterable[Node] = node.items if isinstance(node, Sequence) else [node]
            found = written_out(items, file=self.file)
            return [self.value(item, kind.of_type) for item in found]
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(node, kind)
        return self._leaf(node, kind)

    def instant(self, text: str, *, line: int | None) -> datetime:
        """Return a day or a time as an instant; without an offset it is the zone's."""
        try:
            if len(text) == len("2026-01-31"):
                local = datetime.combine(date.fromisoformat(text), time())
            else:
                local = datetime.fromisoformat(text)
        except ValueError:
            told = f"{text!r} is no time; write 2026-01-31 or 2026-01-31T12:00:00"
            raise fault(self.file, line, told) from None
        if local.tzinfo is None:
            local = local.replace(tzinfo=ZoneInfo(self.zone))
        return local.astimezone(UTC)

    def text(self, node: Scalar) -> str:
        """Return a text, or the id that `$name` stands for."""
        if not node.text.startswith("$"):
            return node.text
        name = node.text[1:]
        if name not in self.bound:
            known = ", ".join(sorted(self.bound)) or "nothing yet"
            told = f"${name} is not bound; bind it before with `as: {name}` (bound: {known})"
            raise fault(self.file, node.line, told)
        return self.bound[name]

    def _object(self, node: Node, kind: GraphQLInputObjectType) -> dict[str, Any]:
        if not isinstance(node, Mapping):
            raise fault(self.file, node.line, f"{kind.name} is a mapping")
        found: dict[str, Any] = {}
        for key, (line, value) in node.entries.items():
            if key not in kind.fields:
                known = ", ".join(kind.fields)
                told = f"{kind.name} has no field {key!r}; it has {known}"
                raise fault(self.file, line, told)
            found[key] = self.value(value, kind.fields[key].type)
        for name, each in kind.fields.items():
            if is_required_input_field(each) and name not in found:
                raise fault(self.file, node.line, f"{kind.name} needs {name}")
        return found

    def _leaf(self, node: Node, kind: Any) -> Any:
        if isinstance(node, Scalar):
            return self._single(node, self.text(node), kind)
        if kind.name == "String":  # a catalogue written as a mapping, say
            return json.dumps(plain(node), ensure_ascii=False)
        if kind.name == "JSON":
            return plain(node)
        raise fault(self.file, node.line, f"a single value is needed here ({kind.name})")

    def _single(self, node: Scalar, text: str, kind: Any) -> Any:
        if isinstance(kind, GraphQLEnumType):
            return self._choice(node, text, tuple(kind.values))
        if kind.name in INSTANTS:
            return self.instant(text, line=node.line).isoformat()
        if kind.name == "Int":
            return self._number(node, text)
        if kind.name == "Boolean":
            return _TRUTHS[self._choice(node, text, tuple(_TRUTHS))]
        return text

    def _choice(self, node: Scalar, text: str, choices: tuple[str, ...]) -> str:
        if text not in choices:
            raise fault(self.file, node.line, f"{text!r} is none of {', '.join(choices)}")
        return text

    def _number(self, node: Scalar, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise fault(self.file, node.line, f"{text!r} is no whole number") from None


def plain(node: Node) -> Any:
    """Return a tree as dicts, lists and texts."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, (_line, value) in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return None if node.is_null else node.text
