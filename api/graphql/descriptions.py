"""Finds what a schema leaves undescribed: clients read descriptions, not our code."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
    is_specified_scalar_type,
)


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Return the types, fields, arguments and enum values without a description."""
    return sorted(
        name
        for type_name, kind in schema.type_map.items()
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
        for name in _undescribed_in(type_name, kind)
    )


def _undescribed_in(type_name: str, kind: GraphQLNamedType) -> Iterator[str]:
    if not kind.description:
        yield type_name
    if isinstance(kind, GraphQLEnumType):
        yield from (f"{type_name}.{n}" for n, v in kind.values.items() if not v.description)
    if isinstance(kind, GraphQLInputObjectType):
        yield from (f"{type_name}.{n}" for n, f in kind.fields.items() if not f.description)
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            if not field.description:
                yield f"{type_name}.{name}"
            for argument_name, argument in field.args.items():
                if not argument.description:
                    yield f"{type_name}.{name}({argument_name})"
