"""The manual names every root that can be watched, every code, and what is counted."""

from __future__ import annotations

import re
from pathlib import Path

from api.access import required_by
from api.graphql.socket_frames import CloseCode
from api.schema import make_schema
from core.plugin_host import PluginHost

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "operations.md"


def section() -> str:
    """What the reference says under `Live`."""
    return REFERENCE.read_text(encoding="utf-8").split("\n## Live\n")[1].split("\n## ")[0]


def test_every_root_is_in_the_reference_with_what_it_needs() -> None:
    """And every root says what it needs, and takes a cursor."""
    schema = make_schema(PluginHost())
    root = schema._schema.subscription_type
    assert root is not None
    rows = dict(re.findall(r"^\| `(\w+)\(.*\| `([a-z.]+)`.*\|$", section(), re.MULTILINE))
    needs = {
        schema.config.name_converter.get_graphql_name(field): required_by(
            field.base_resolver.wrapped_func
        )
        for field in schema.subscription.__strawberry_definition__.fields
    }
    assert rows == {name: capability.value for name, capability in needs.items()}
    assert {name for name, field in root.fields.items() if "after" not in field.args} == set()


def test_every_code_of_a_socket_is_in_the_reference() -> None:
    """1009 is the server's own, which closes before anything is read."""
    codes = set(map(int, re.findall(r"^\| (\d{4}) \|", section(), re.MULTILINE)))
    assert codes == {code.value for code in CloseCode} | {1009}
