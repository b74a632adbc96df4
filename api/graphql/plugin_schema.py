"""Assembles one schema out of the core's and the plugins' contributions.

Fields that a plugin adds to a core type are added for this schema only: the classes
stay as they were, and two schemas of one process do not see each other's plugins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import strawberry
from graphql import GraphQLError, GraphQLInputObjectType, GraphQLSchema
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext
from strawberry.types.base import StrawberryObjectDefinition, has_object_definition
from strawberry.types.field import StrawberryField

from api.graphql.context import Context, FreshLoaders
from api.graphql.cost import Limits
from api.graphql.descriptions import undescribed
from api.graphql.direct_resolvers import call_directly
from api.graphql.executor import ShortCutExecutor
from api.graphql.extension_hooks import OwnHooks
from api.graphql.guard import guard_factory
from api.graphql.policy import apply_policy
from api.graphql.scalars import SCALARS

_ROOT_DESCRIPTIONS: Final = {
    "Query": "Everything that can be read.",
    "Mutation": "Everything that can be changed.",
    "SubscriptionRoot": "Everything that can be watched.",
}


class SchemaConflict(Exception):
    """Two contributions claim one name, or one describes too little; nothing starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What the core or one plugin brings into the schema.

    Args:
        name: Who brings it, for messages.
        query: A type whose fields become fields of `Query`; likewise the other roots.
        types: Types that no field leads to, such as implementations of interfaces.
        extends: For a type of somebody else, a type whose fields are added to it.
    """

    name: str
    query: type | None = None
    mutation: type | None = None
    subscription: type | None = None
    types: Sequence[type] = ()
    extends: Mapping[type, type] = field(default_factory=dict)


class PluginSchema(strawberry.Schema):
    """A schema with the guard, the error policy, the scalars and the plugins' fields."""

    def __init__(
        self,
        *,
        query: type,
        mutation: type | None = None,
        subscription: type | None = None,
        types: Iterable[type] = (),
        added_fields: Mapping[type, Sequence[StrawberryField]] | None = None,
        limits: Limits | None = None,
    ) -> None:
        # Read by get_fields, which the parent's constructor calls.
        self._added_fields = dict(added_fields or {})
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=types,
            extensions=[FreshLoaders, guard_factory(limits)],
            execution_context_class=ShortCutExecutor,
            config=StrawberryConfig(scalar_map=SCALARS),
        )
        _know_one_of(self._schema)
        call_directly(self._schema, info_class=self.config.info_class)
        missing = undescribed(self._schema)
        if missing:
            raise SchemaConflict(f"These have no description: {', '.join(missing[:20])}")

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """Return a type's own fields and those that plugins add to it, sorted by name.

        Strawberry's `sort_schema` is no way to a stable order: it rebuilds enums as plain
        GraphQL ones, which then refuse the members that resolvers return.
        """
        added = self._added_fields.get(type_definition.origin, ())
        return sorted((*type_definition.fields, *added), key=lambda each: each.python_name)

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> OwnHooks:
        """Run the guard and the fresh loaders around an operation, at little cost."""
        return OwnHooks(execution_context=execution_context, extensions=extensions)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Apply the error policy; called once for each result, whatever its transport."""
        context = execution_context.context if execution_context else None
        apply_policy(
            errors,
            was_executed=execution_context is not None and execution_context.result is not None,
            viewer_is_known=isinstance(context, Context) and context.viewer is not None,
        )


def _know_one_of(schema: GraphQLSchema) -> None:
    """Let graphql-core judge inputs of one field itself: it says where they stand."""
    for kind in schema.type_map.values():
        own = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if isinstance(kind, GraphQLInputObjectType) and own is not None:
            kind.is_one_of = own.is_one_of


def build_schema(
    contributions: Sequence[Contribution], *, limits: Limits | None = None
) -> PluginSchema:
    """Join contributions, the core's first, into a schema.

    Raises:
        SchemaConflict: Two of them bring the same root field or add the same field to a
            type, nobody brings a query, or something is not described.
    """
    query = _merged("Query", [(c.name, c.query) for c in contributions if c.query])
    if query is None:
        raise SchemaConflict("nobody contributes a query")
    return PluginSchema(
        query=query,
        mutation=_merged(
            "Mutation", [(c.name, c.mutation) for c in contributions if c.mutation]
        ),
        # A plain `Subscription` is what customers have: the schema names its roots.
        subscription=_merged(
            "SubscriptionRoot",
            [(c.name, c.subscription) for c in contributions if c.subscription],
        ),
        types=[extra for contribution in contributions for extra in contribution.types],
        added_fields=_added_fields(contributions),
        limits=limits,
    )


def _merged(name: str, parts: Sequence[tuple[str, type]]) -> type | None:
    """Join the parts of a root type; two parts may not bring the same field."""
    if not parts:
        return None
    owners: dict[str, str] = {}
    for owner, part in parts:
        for python_name in _field_names(part):
            claimed = owners.setdefault(python_name, owner)
            if claimed is not owner:
                raise SchemaConflict(f"{claimed} and {owner} both bring {name}.{python_name}")
    bases = tuple(part for _, part in parts)
    return strawberry.type(type(name, bases, {}), description=_ROOT_DESCRIPTIONS[name])


def _added_fields(
    contributions: Sequence[Contribution],
) -> dict[type, list[StrawberryField]]:
    owners: dict[tuple[type, str], str] = {}
    added: dict[type, list[StrawberryField]] = {}
    for contribution in contributions:
        for target, extension in contribution.extends.items():
            own = set(_field_names(target))
            for new in _definition(extension).fields:
                where = f"{target.__name__}.{new.python_name}"
                if new.python_name in own:
                    raise SchemaConflict(f"{contribution.name} adds {where}, which exists")
                key = (target, new.python_name)
                if key in owners:
                    raise SchemaConflict(
                        f"{owners[key]} and {contribution.name} both add {where}"
                    )
                owners[key] = contribution.name
                added.setdefault(target, []).append(new)
    return added


def _field_names(part: type) -> list[str]:
    return [found.python_name for found in _definition(part).fields]


def _definition(part: type) -> StrawberryObjectDefinition:
    if not has_object_definition(part):
        raise SchemaConflict(f"{part.__name__} is no Strawberry type")
    return part.__strawberry_definition__


@dataclass(frozen=True, slots=True)
class OneOfInput:
    """An input of which exactly one variant is given."""

    type: type
    variants: tuple[str, ...]

    def chosen(self, given: object) -> tuple[str, Any]:
        """Return the variant that was given and its value."""
        for variant in self.variants:
            some = getattr(given, variant)
            if some is not None:
                return variant, some.value
        raise LookupError("GraphQL has let an empty @oneOf input pass")


def one_of_input(
    name: str,
    *,
    variants: Mapping[str, type],
    descriptions: Mapping[str, str],
    description: str,
) -> OneOfInput:
    """Make a `@oneOf` input over named variants, such as the installed channels.

    Args:
        name: Its name in the schema.
        variants: The input type of each variant.
        descriptions: What the schema says of each variant.
        description: What the schema says of the input.
    """
    if not variants:
        raise SchemaConflict(f"{name} has no variant")
    namespace: dict[str, Any] = {
        variant: strawberry.field(default=None, description=descriptions[variant])
        for variant in variants
    }
    namespace["__annotations__"] = {
        variant: strawberry.Maybe[input_type]  # type: ignore[misc, valid-type] # made at run time
        for variant, input_type in variants.items()
    }
    namespace["__module__"] = __name__
    made = strawberry.input(type(name, (), namespace), one_of=True, description=description)
    return OneOfInput(type=made, variants=tuple(variants))
