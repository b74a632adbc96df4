"""The types of the catalogue's entries, made from its one schema; and their values.

A key is declared once, in `core.catalogue.schema`: its type and description become the
field's, as they become the input's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, get_args, get_origin

import strawberry

from api.features.catalogue.inputs import ENUMS, NAMES, members_of, present
from core.catalogue.schema.fields import DESCRIPTION, types_of


def definition_type(
    definition: type,
    name: str,
    *,
    description: str,
    bases: tuple[type, ...] = (),
    more: Mapping[str, tuple[Any, str]] | None = None,
) -> Any:
    """Make a type with a field for each key of a definition.

    `more` are fields besides, by name, as annotation and description.
    """
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {"__annotations__": annotations, "__module__": __name__}
    hints = _hints(definition)
    for found in fields(definition):
        annotations[found.name] = _annotation(hints[found.name])
        namespace[found.name] = strawberry.field(description=found.metadata[DESCRIPTION])
    for field_name, (annotation, told) in (more or {}).items():
        annotations[field_name] = annotation
        namespace[field_name] = strawberry.field(description=told)
    namespace["__doc__"] = description
    return strawberry.type(type(name, bases, namespace), description=description)


def shown(made: type[Any], definition: Any, **more: object) -> Any:
    """Show a definition as the type that was made for it."""
    hints = _hints(type(definition))
    values = {
        found.name: _value(hints[found.name], getattr(definition, found.name))
        for found in fields(definition)
    }
    return made(**values, **more)


def _hints(definition: Any) -> dict[str, Any]:
    return types_of(definition)


@cache
def nested_type(definition: type) -> Any:
    """Return the type of a definition that stands inside of others."""
    told = (definition.__doc__ or "").strip().partition("\n")[0]
    return definition_type(definition, NAMES[definition.__name__], description=told)


def _annotation(hint: Any) -> Any:
    inner, origin = present(hint), get_origin(present(hint))
    made: Any = inner
    if origin is Literal:
        made = ENUMS[frozenset(get_args(inner))]
    elif origin is tuple:
        made = list[_annotation(get_args(inner)[0])]  # type: ignore[misc] # made at run time
    elif members_of(inner) == {date, datetime}:
        made = datetime
    elif is_dataclass(inner) and isinstance(inner, type):
        made = nested_type(inner)
    return made | None if type(None) in members_of(hint) else made


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    inner, origin = present(hint), get_origin(present(hint))
    if origin is Literal:
        return ENUMS[frozenset(get_args(inner))](value)
    if origin is tuple:
        return [_value(get_args(inner)[0], item) for item in value]
    return shown(nested_type(inner), value) if is_dataclass(value) else value
