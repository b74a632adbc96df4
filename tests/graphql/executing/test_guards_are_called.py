"""Resolvers that are called directly are those with their guards: nobody gets past one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

import pytest
from graphql import GraphQLObjectType

from api.access import customers_need, required_by
from api.schema import make_schema
from core.plugin_host import PluginHost
from core.tenancy import Forbidden, Principal

SCHEMA: Final = make_schema(PluginHost())._schema
STAFF: Final = Principal(uuid4(), uuid4(), uuid4(), frozenset(), "staff:nobody", None)
CUSTOMER: Final = Principal(
    uuid4(), uuid4(), None, frozenset(), "customer:nobody", None, account_id=uuid4()
)


def guarded() -> list[tuple[str, Any, Any]]:
    """Every field of every type that says what it needs, and what it is resolved by."""
    found = []
    for kind in SCHEMA.type_map.values():
        if not isinstance(kind, GraphQLObjectType):
            continue
        for name, field in kind.fields.items():
            definition = (field.extensions or {}).get("strawberry-definition")
            resolver = getattr(definition, "base_resolver", None)
            if resolver is None:
                continue
            try:
                required_by(resolver.wrapped_func)
            except LookupError:
                continue
            resolve = field.subscribe if kind is SCHEMA.subscription_type else field.resolve
            found.append((f"{kind.name}.{name}", resolve, resolver.wrapped_func))
    return found


def refused_to(function: Any) -> list[Principal]:
    """Who must not pass: staff without a role, customers without a scope, or both."""
    needed, of_customers = required_by(function), customers_need(function)
    who = [] if needed is None else [STAFF]
    may = of_customers is True or (of_customers is not False and needed is None)
    return who if may else [*who, CUSTOMER]


FIELDS: Final = [each for each in guarded() if refused_to(each[2])]


def test_there_is_much_that_is_guarded_below_the_roots() -> None:
    """So that the next test looks at something: more than a hundred fields of objects."""
    roots = ("Query.", "Mutation.", "SubscriptionRoot.")
    assert sum(not name.startswith(roots) for name, *_rest in FIELDS) > 100
    direct = [r for _name, r, _f in FIELDS if r.__qualname__.startswith("_directly")]
    assert len(direct) > 200


@pytest.mark.parametrize(
    ("name", "resolve", "function"), FIELDS, ids=[name for name, *_rest in FIELDS]
)
async def test_a_guard_refuses_whatever_calls_the_resolver(
    name: str, resolve: Any, function: Any
) -> None:
    """Asked as the executor asks, with nothing given, by those who lack what it needs."""
    for principal in refused_to(function):
        info = SimpleNamespace(context=SimpleNamespace(principal=principal))
        with pytest.raises(Forbidden):
            await resolve(object(), info)
