"""Calls resolvers directly where a field was given no arguments.

Strawberry converts a field's arguments, finds out what its resolver takes, and wraps the
call in three functions and two coroutines, each time. Most fields are given none, and what
their resolvers take is known beforehand: the object, and what is known of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.types.info import Info

Resolve: TypeAlias = Callable[..., Any]

_DEFINITION: Final = "strawberry-definition"


def call_directly(schema: GraphQLSchema, *, info_class: type[Info[Any, Any]]) -> None:
    """Replace the resolvers of a schema that is not served yet; streams keep theirs."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind is schema.subscription_type:
            continue
        for field in kind.fields.values():
            definition = (field.extensions or {}).get(_DEFINITION)
            if isinstance(definition, StrawberryField) and field.resolve is not None:
                field.resolve = _directly(definition, field.resolve, info_class)


def _directly(
    definition: StrawberryField, usual: Resolve, info_class: type[Info[Any, Any]]
) -> Resolve:
    """Return what calls a field's own function; the usual resolver where it is not alone."""
    resolver = definition.base_resolver
    if resolver is None or definition.extensions or definition.permission_classes:
        return usual
    if type(definition) is not StrawberryField:
        return usual
    function, takes_self = resolver.wrapped_func, resolver.self_parameter is not None
    if not callable(function):
        return usual
    sources, infos = _names(resolver)

    def direct(source: Any, info: Any, **given: Any) -> Any:
        if given:
            return usual(source, info, **given)
        taken = dict.fromkeys(sources, source)
        for name in infos:
            taken[name] = info_class(_raw_info=info, _field=definition)
        return function(source, **taken) if takes_self else function(**taken)

    direct._is_default = False  # type: ignore[attr-defined] # noqa: SLF001 - as Strawberry's
    return direct


def _names(resolver: StrawberryResolver[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the parameters that take the object, and those that take the request."""
    sources = (resolver.parent_parameter, resolver.root_parameter)
    return (
        tuple(one.name for one in sources if one is not None),
        () if resolver.info_parameter is None else (resolver.info_parameter.name,),
    )
