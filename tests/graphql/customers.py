"""Customers of a seller: their tokens, and any field of the schema asked with any value."""

from __future__ import annotations

from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    is_required_input_field,
)

from api.schema import schema_text
from core.plugin_host import PluginHost
from tests.graphql.api_clients import Api, KeyClient

SCHEMA: Final = build_schema(schema_text(PluginHost()))
SAMPLES: Final = {
    "Boolean": True, "Date": "2026-01-10", "DateTime": "2026-01-10T12:00:00+01:00",
    "Decimal": "1", "Int": 1, "String": "x", "ID": "acc_01h455vb4pex5vsknk084sn02q",
    "CurrencyCode": "EUR",
    "EventDateTime": "2026-01-10T12:00:00+01:00", "EventDecimal": "1",
}  # fmt: skip


async def customer(
    api: Api, account: str, *, client: KeyClient | None = None, **given: Any
) -> KeyClient:
    """Let a customer of a seller (the first one) in, to one account, by id or ref."""
    seller = client or api.one
    asked = {"account": account, **given}
    issued = await seller.changed("customerTokenIssue", "text", asked)
    return KeyClient(api.http, issued["text"], seller.tenant_id)


def document(root: str, name: str) -> tuple[str, dict[str, Any]]:
    """Return an operation that asks a root field with every argument that it demands."""
    owner = SCHEMA.query_type if root == "query" else SCHEMA.mutation_type
    assert owner is not None
    field = owner.fields[name]
    demanded = {
        argument: each.type
        for argument, each in field.args.items()
        if isinstance(each.type, GraphQLNonNull)
    }
    declared = ", ".join(f"${each}: {kind}" for each, kind in demanded.items())
    handed = ", ".join(f"{each}: ${each}" for each in demanded)
    head = f"{root} ({declared})" if declared else root
    call = f"{name}({handed})" if handed else name
    text = f"{head} {{ {call}{_selection(field)} }}"
    return text, {each: _value(kind) for each, kind in demanded.items()}


def _selection(field: GraphQLField) -> str:
    kind: Any = field.type
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
    return " { __typename }" if isinstance(kind, composite) else ""


def _value(kind: Any) -> Any:
    if isinstance(kind, GraphQLNonNull):
        return _value(kind.of_type)
    if isinstance(kind, GraphQLList):
        return [_value(kind.of_type)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        if kind.is_one_of:
            name, each = next(iter(kind.fields.items()))
            return {name: _value(each.type)}
        return {
            name: _value(each.type)
            for name, each in kind.fields.items()
            if is_required_input_field(each)
        }
    return SAMPLES[kind.name]
