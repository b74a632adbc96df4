"""The page that says who may ask for what; run as a program, it writes docs/access.md."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

from api.access import customers_need, required_by
from api.schema import make_schema
from core.plugin_host import PluginHost
from core.tenancy.capabilities import BY_ROLE, PLATFORM, Capability, Role
from tests.architecture.source_files import ROOT

PAGE: Final = ROOT / "docs/access.md"
INTRODUCTION: Final = """# Who may ask for what

Every field that reads or changes something says what it needs; with one that says nothing the
server does not pass its tests. What is missing is refused with `FORBIDDEN`. What belongs to
another seller, to another customer, or to a unit whose accounts the caller does not see, is
answered as what does not exist.

**Needs** is the scope that a key must have, and a member of staff by their roles; **roles** are
those that bring it; **customers** is the scope that a customer's token needs in its stead, and
– where no customer may ask. Below each type stand its fields that ask again; what it shows
besides comes with the object. `node` and `nodes` show what the field of its type would.

`python -m tests.docs.access_page` writes this page from the schema; a test compares.
"""
_SEPARATELY: Final = {"node", "nodes"}


def access_page() -> str:
    """Return the page: a table for each type that has fields which ask."""
    schema = make_schema(PluginHost())
    tables: dict[str, list[str]] = {}
    for owner, kind in sorted(schema.schema_converter.type_map.items()):
        rows = sorted(_rows(kind.definition))
        if rows:
            tables[owner] = rows
    roots = [name for name in ("Query", "Mutation", "SubscriptionRoot") if name in tables]
    ordered = [*roots, *(name for name in tables if name not in roots)]
    return "\n".join([INTRODUCTION, *(_table(name, tables[name]) for name in ordered)])


def _rows(definition: Any) -> Iterator[str]:
    for field in getattr(definition, "fields", ()):
        resolver = field.base_resolver
        if resolver is None or field.python_name in _SEPARATELY:
            continue
        function = resolver.wrapped_func
        if "info" not in inspect.signature(function).parameters:
            continue
        try:
            capability = required_by(function)
        except LookupError:
            continue  # of the generic face, such as totalCount
        name = field.graphql_name or _camel_case(field.python_name)
        yield (
            f"| `{name}` | {_shown(capability)} | {_roles(capability)} "
            f"| {_customers(customers_need(function))} |"
        )


def _table(owner: str, rows: list[str]) -> str:
    return "\n".join(
        [f"## {owner}\n", "| field | needs | roles | customers |\n|---|---|---|---|", *rows, ""]
    )


def _shown(capability: Capability | None) -> str:
    return f"`{capability}`" if capability else "any key"


def _roles(capability: Capability | None) -> str:
    if capability in PLATFORM:
        return "the operator"
    having = [role.value for role in Role if capability is None or capability in BY_ROLE[role]]
    return "all" if len(having) == len(Role) else ", ".join(having)


def _customers(needed: Capability | bool) -> str:
    if isinstance(needed, Capability):
        return f"`{needed}`"
    return "any token" if needed else "–"


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


if __name__ == "__main__":
    PAGE.write_text(access_page(), encoding="utf-8")
