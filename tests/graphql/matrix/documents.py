"""Documents made from the schema: a field with any arguments, and what is selected of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

ROOTS: Final = {"Query": "query", "Mutation": "mutation", "SubscriptionRoot": "subscription"}
ERRORS: Final = "userErrors { code message path }"
VERDICTS: Final = "verdicts { reason message path }"
_PAGED: Final = {"first", "last", "after", "before"}


def is_plain(field: GraphQLField) -> bool:
    """Say whether a field can be asked without arguments."""
    return not any(is_required_argument(each) for each in field.args.values())


def composites(kind: Any) -> Iterator[tuple[str, GraphQLField]]:
    """Go through the fields of a type that lead to other objects."""
    for name, field in kind.fields.items():
        if is_plain(field) and not is_leaf_type(get_named_type(field.type)):
            yield name, field


def selection(kind: Any, *, depth: int, first: int = 3) -> str:
    """Select every leaf of a type, and what hangs on it down to a depth."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType):
        return " { __typename }"
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
    parts = ["__typename"]
    for name, field in named.fields.items():
        if not is_plain(field):
            continue
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            parts.append(name)
        elif depth > 0 or _is_of_a_page(inner.name):
            pages = f"(first: {first})" if "first" in field.args else ""
            below = depth if _is_of_a_page(inner.name) else depth - 1
            parts.append(f"{name}{pages}{selection(inner, depth=below, first=first)}")
    return f" {{ {' '.join(parts)} }}"


def _is_of_a_page(name: str) -> bool:
    return name.endswith("Edge") or name in {"PageInfo", "Money"}


def payload(field: GraphQLField) -> str:
    """Select what a mutation says of its success or its refusal, and nothing that is new."""
    named = get_named_type(field.type)
    assert isinstance(named, GraphQLObjectType)
    parts = ["__typename"]
    for name, each in named.fields.items():
        if name == "userErrors":
            parts.append(ERRORS)
        elif name == "verdicts":
            inner = get_named_type(each.type)
            assert isinstance(inner, GraphQLObjectType)
            told = [each for each in ("reason", "message", "path") if each in inner.fields]
            parts.append(f"verdicts {{ {' '.join(told)} }}")
        elif is_plain(each) and not is_leaf_type(get_named_type(each.type)):
            parts.append(f"{name} {{ __typename }}")
    return f" {{ {' '.join(parts)} }}"


def document(
    schema: GraphQLSchema,
    owner: str,
    field_name: str,
    given: Sequence[Mapping[str, Any]],
    *,
    below: str = "",
    depth: int = 0,
) -> tuple[str, dict[str, Any]]:
    """Ask one field several times, by aliases, each time with other arguments.

    `below` is the id of the object that has the field, when it is none of a root's; what hangs
    on what is found is selected down to a depth.
    """
    kind = schema.type_map[owner]
    assert isinstance(kind, GraphQLObjectType)
    field = kind.fields[field_name]
    chosen = payload(field) if owner == "Mutation" else selection(field.type, depth=depth)
    declared, calls, variables = [], [], {}
    for place, arguments in enumerate(given):
        handed = []
        for name, value in arguments.items():
            variable = f"a{place}_{name}"
            declared.append(f"${variable}: {field.args[name].type}")
            handed.append(f"{name}: ${variable}")
            variables[variable] = value
        call = f"({', '.join(handed)})" if handed else ""
        calls.append(f"a{place}: {field_name}{call}{chosen}")
    body = " ".join(calls)
    if below:
        declared.append("$below: ID!")
        variables["below"] = below
        body = f"node(id: $below) {{ ... on {owner} {{ {body} }} }}"
    head = ROOTS.get(owner, "query")
    if declared:
        head = f"{head} ({', '.join(declared)})"
    return f"{head} {{ {body} }}", variables
