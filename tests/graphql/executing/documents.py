"""Random documents over any types: aliases, fragments, directives, repeated selections."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

VARIABLES: Final = {"yes": True, "no": False}
_HEAD: Final = "query Random($yes: Boolean! = true, $no: Boolean! = false) "
_DIRECTIVES: Final = (
    "@include(if: $yes)", "@include(if: $no)", "@skip(if: $yes)", "@skip(if: $no)",
    "@include(if: true)", "@skip(if: true)", "@skip(if: $no) @include(if: $yes)",
)  # fmt: skip
_ARGUMENTS: Final = {"locale": ('"fr-BE"', '"en"', '"nowhere in particular"')}


class Documents:
    """Makes documents from a seed, of fields that need nothing but their object."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self._schema = schema
        self._random = Random(seed)
        self._fragments: list[str] = []
        self._directives = True

    def document(self, *, directives: bool = True) -> str:
        """Return a document; one without directives selects the same each time."""
        self._fragments = []
        self._directives = directives
        assert self._schema.query_type is not None
        selection = self._selection(self._schema.query_type, 4)
        return "\n".join([_HEAD + selection, *self._fragments])

    def _selection(self, kind: Any, deep: int) -> str:
        chosen = ["__typename"] if self._random.random() < 0.4 else []
        for name in self._shuffled(kind):
            field = kind.fields[name]
            if self._random.random() < 0.55:
                chosen.append(self._field(name, field, deep))
            if is_leaf_type(get_named_type(field.type)) and self._random.random() < 0.05:
                chosen.append(name)
        chosen += [
            f"... on {possible.name} {self._selection(possible, deep - 1)}"
            for possible in self._possible(kind)
        ]
        chosen = [each for each in chosen if each] or ["__typename"]
        return "{ " + " ".join(self._wrapped(kind, each) for each in chosen) + " }"

    def _shuffled(self, kind: Any) -> list[str]:
        if isinstance(kind, GraphQLUnionType):
            return []
        names = [name for name, field in kind.fields.items() if is_alone(field)]
        self._random.shuffle(names)
        most = 4 if kind is self._schema.query_type else 9
        return names[:most]

    def _possible(self, kind: Any) -> list[GraphQLObjectType]:
        if not isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return []
        found = sorted(self._schema.get_possible_types(kind), key=lambda one: one.name)
        return self._random.sample(found, min(2, len(found)))

    def _field(self, name: str, field: Any, deep: int) -> str:
        alias = self._random.choice(("", "", f"a_{name}: ", f"b_{name}: "))
        arguments = ""
        given = [one for one in field.args if one in _ARGUMENTS and self._random.random() < 0.5]
        if given:
            value = self._random.choice(_ARGUMENTS[given[0]])
            alias, arguments = f"c{value.strip(chr(34))[:2]}_{name}: ", f"({given[0]}: {value})"
        directive = self._directive()
        named = get_named_type(field.type)
        if is_leaf_type(named):
            return f"{alias}{name}{arguments} {directive}"
        if deep <= 0:
            return ""
        return f"{alias}{name}{arguments} {directive} {self._selection(named, deep - 1)}"

    def _wrapped(self, kind: Any, selection: str) -> str:
        """Put a field into a fragment, now and then."""
        drawn = self._random.random()
        if drawn < 0.8:
            return selection
        if drawn < 0.87:
            return f"... {self._directive()} {{ {selection} }}"
        if drawn < 0.94:
            return f"... on {kind.name} {{ {selection} }}"
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {kind.name} {{ {selection} }}")
        return f"...{name} {self._directive()}"

    def _directive(self) -> str:
        if not self._directives:
            return ""
        return self._random.choice(_DIRECTIVES) if self._random.random() < 0.2 else ""


def is_alone(field: Any) -> bool:
    """Whether a field needs neither a request nor arguments that are not made here."""
    definition = field.extensions.get("strawberry-definition")
    if definition is None or definition.base_resolver is None:
        return True
    resolver = definition.base_resolver
    return not definition.is_async and not any(
        parameter.name in ("info", "root")
        for parameter in resolver.signature.parameters.values()
    )
