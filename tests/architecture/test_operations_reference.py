"""The reference of operations names every query, and each role with what it brings."""

from __future__ import annotations

import re

from graphql import GraphQLSchema

from api.schema import make_schema
from core.plugin_host import PluginHost
from core.tenancy.capabilities import BY_ROLE, OF_A_TENANT, Role
from tests.architecture.source_files import ROOT

PAGE = (ROOT / "docs" / "reference" / "operations.md").read_text(encoding="utf-8")


def test_every_query_is_in_its_section() -> None:
    """A form for customers begins with what may be offered; a query unnamed is not found."""
    schema: GraphQLSchema = make_schema(PluginHost())._schema
    assert schema.query_type is not None
    section = PAGE[PAGE.index("## Queries") :]
    unnamed = [
        name for name in schema.query_type.fields if not re.search(rf"`{name}\b", section)
    ]
    assert unnamed == []


def test_the_table_of_roles_is_what_they_bring() -> None:
    """A row lists scopes, and may begin with another row whose scopes it has too."""
    rows = dict(re.findall(r"^\| `([A-Z]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert set(rows) == {role.name for role in Role}

    def scopes(role: str) -> set[str]:
        names = set(re.findall(r"`([a-z._]+)`", rows[role]))
        above = re.match(r"those of `([A-Z]+)`", rows[role])
        return names | scopes(above[1]) if above else names

    listed = {role: scopes(role) for role in rows}
    everything = set().union(*listed.values())
    assert everything == {each.value for each in OF_A_TENANT}
    told = listed | {"ADMIN": everything}
    assert told == {role.name: {each.value for each in BY_ROLE[role]} for role in Role}
