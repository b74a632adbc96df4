"""What a version of an entry holds: all but code, name, state and units. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalogue.plain import from_plain, to_plain
from core.catalogue.schema import DEFINITIONS, EntryDefinition, EntrySection


def entry_body(definition: EntryDefinition) -> dict[str, Any]:
    """Write what a version of an entry fixes, for its JSON column."""
    return to_plain(definition, without=entry_head(definition))


def entry_definition(
    section: EntrySection, body: Mapping[str, Any], **head: object
) -> EntryDefinition:
    """Read back what `entry_body` wrote; `head` are code, name, state and units."""
    definition = DEFINITIONS[section]
    names = entry_head(definition)
    given = {name: head[name] for name in names if name in head}
    return from_plain(definition, body, **given)


def entry_head(definition: EntryDefinition | type[EntryDefinition]) -> tuple[str, ...]:
    """Return the fields that are no version's: code, name, state, and units if it has them."""
    head = ("code", "name", "state")
    return (*head, "units") if hasattr(definition, "units") else head
