"""The pages of the schema reference, written from the schema itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_specified_scalar_type,
)

_BUILT_IN: Final = "__"


def schema_pages(schema: GraphQLSchema) -> dict[str, str]:
    """Return the pages by their names: one for each root, and for each kind of type."""
    roots = {
        "queries": schema.query_type,
        "mutations": schema.mutation_type,
        "subscriptions": schema.subscription_type,
    }
    pages = {page: _root_page(page, root) for page, root in roots.items() if root}
    named = [
        found
        for name, found in sorted(schema.type_map.items())
        if not name.startswith(_BUILT_IN)
        and found not in roots.values()
        and not is_specified_scalar_type(found)
    ]
    for page, (title, kinds, write) in _KINDS.items():
        wanted = [found for found in named if isinstance(found, kinds)]
        pages[page] = "\n".join([f"# {title}\n", *(write(found) for found in wanted)])
    return pages


def _root_page(page: str, root: GraphQLObjectType) -> str:
    parts = [f"# {page.capitalize()}\n", f"{root.description or ''}\n"]
    for name, field in sorted(root.fields.items()):
        parts.append(f"## {name}\n\n{_text(field.description)}\n")
        parts.append(f"Answers {_linked(field.type)}.\n")
        parts.extend(_arguments(field.args))
    return "\n".join(parts)


def _object(found: GraphQLObjectType | GraphQLInterfaceType) -> str:
    return "\n".join([_heading(found), *_fields(found.fields)])


def _input(found: GraphQLInputObjectType) -> str:
    return "\n".join([_heading(found), *_fields(found.fields)])


def _enum(found: GraphQLEnumType) -> str:
    rows = [
        f"| `{name}` | {_text(value.description)} |" for name, value in found.values.items()
    ]
    return "\n".join([_heading(found), "| value | |\n|---|---|", *rows, ""])


def _other(found: GraphQLNamedType) -> str:
    members = ""
    if isinstance(found, GraphQLUnionType):
        members = f"\nOne of {', '.join(_linked(each) for each in found.types)}.\n"
    return f"{_heading(found)}{members}"


def _heading(found: GraphQLNamedType) -> str:
    return f"## {found.name}\n\n{_text(found.description)}\n"


def _fields(fields: Mapping[str, Any]) -> Iterator[str]:
    yield "| field | type | |\n|---|---|---|"
    for name, field in sorted(fields.items()):
        arguments = ", ".join(sorted(getattr(field, "args", {})))
        shown = f"{name}({arguments})" if arguments else name
        yield f"| `{shown}` | {_linked(field.type)} | {_text(field.description)} |"
    yield ""


def _arguments(arguments: Mapping[str, GraphQLArgument]) -> Iterator[str]:
    if not arguments:
        return
    yield "| argument | type | |\n|---|---|---|"
    for name, argument in sorted(arguments.items()):
        yield f"| `{name}` | {_linked(argument.type)} | {_text(argument.description)} |"
    yield ""


def _linked(kind: Any) -> str:
    """Show a type; its name leads to where it is described."""
    named = get_named_type(kind)
    shown = str(kind).replace("[", "\\[").replace("]", "\\]")
    if is_specified_scalar_type(named):
        return shown
    page = next(page for page, (_, kinds, _) in _KINDS.items() if isinstance(named, kinds))
    return shown.replace(named.name, f"[{named.name}]({page}.md#{named.name.lower()})")


def _text(description: str | None) -> str:
    return (description or "").replace("\n", " ").replace("|", "\\|")


_Kinds = tuple[str, tuple[type, ...], Callable[[Any], str]]
_KINDS: Final[dict[str, _Kinds]] = {
    "objects": ("Objects", (GraphQLObjectType, GraphQLInterfaceType), _object),
    "inputs": ("Inputs", (GraphQLInputObjectType,), _input),
    "enums": ("Enums", (GraphQLEnumType,), _enum),
    "scalars": ("Scalars and unions", (GraphQLScalarType, GraphQLUnionType), _other),
}
