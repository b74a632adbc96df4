"""Read a channel's event class: which fields of which types it has.

The schema builds a type and an input from the result, and a batch is checked and
carried to a child process by it.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal

from core.plugin_host.docstrings import described, described_attributes
from core.plugin_host.refusals import UnfitPlugin

FieldKind = Literal["text", "boolean", "integer", "decimal", "instant", "day", "enum"]

ALLOWED: Final = "str, bool, int, Decimal, datetime, date, Enum, tuple[T, ...] or T | None"
DEFAULT_MAX_LENGTH: Final = 1000
MOST_MAX_LENGTH: Final = 100_000
MAX_FIELDS: Final = 50

ENVELOPE: Final = frozenset(
    {"account", "channel", "id", "occurred_at", "source", "subscription", "event_id", "payload"}
)
"""Names that stand beside the event in a record; an event's own field would hide them."""

_KINDS: Final[dict[object, FieldKind]] = {
    str: "text",
    bool: "boolean",
    int: "integer",
    Decimal: "decimal",
    datetime: "instant",
    date: "day",
}
_FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_ENUM_MEMBER: Final = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class EventField:
    """One field of an event. `default` holds only where `is_required` is false."""

    name: str
    kind: FieldKind
    description: str
    is_list: bool
    is_optional: bool
    is_required: bool
    default: Any
    enum: type[Enum] | None
    max_length: int

    @property
    def json_name(self) -> str:
        """Return the name as clients write it: `message_id` is `messageId`."""
        return schema_name(self.name)


def schema_name(name: str) -> str:
    """Return a name of Python's as the schema spells it: `voice_calls` is `voiceCalls`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() or "_" for word in rest)


def read_event_class(event_class: object) -> tuple[EventField, ...]:
    """Return the fields of an event class, or raise `UnfitPlugin` with the reason."""
    if not isinstance(event_class, type) or not dataclasses.is_dataclass(event_class):
        raise UnfitPlugin(f"Event is {event_class!r} and no dataclass")
    name = event_class.__name__
    if not event_class.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise UnfitPlugin(f"{name} is not frozen; write @dataclass(frozen=True, slots=True)")
    if not described(event_class):
        raise UnfitPlugin(f"{name} has no docstring; it becomes the type's description")
    try:
        annotations = typing.get_type_hints(event_class)
    except Exception as error:
        raise UnfitPlugin(f"the annotations of {name} do not resolve: {error}") from error
    fields = dataclasses.fields(event_class)
    if not 1 <= len(fields) <= MAX_FIELDS:
        raise UnfitPlugin(f"{name} has {len(fields)} fields; 1 to {MAX_FIELDS} are taken")
    return tuple(_read_field(name, field, annotations[field.name]) for field in fields)


def _read_field(owner: str, field: dataclasses.Field[Any], annotation: object) -> EventField:
    where = f"{owner}.{field.name}"
    _check_name(where, field)
    item, is_list, is_optional = _unwrapped(annotation)
    kind, enum = _kind_of(where, annotation=annotation, item=item)
    if field.default_factory is not dataclasses.MISSING:
        raise UnfitPlugin(f"{where} has a default_factory; give a plain default")
    description = str(field.metadata.get("description", "")).strip()
    if not description:
        raise UnfitPlugin(f'{where} has no description; add metadata={{"description": "…"}}')
    max_length = field.metadata.get("max_length", DEFAULT_MAX_LENGTH)
    if type(max_length) is not int or not 1 <= max_length <= MOST_MAX_LENGTH:
        raise UnfitPlugin(f"{where} has a max_length that is not 1 to {MOST_MAX_LENGTH}")
    is_required = field.default is dataclasses.MISSING
    return EventField(
        name=field.name,
        kind=kind,
        description=description,
        is_list=is_list,
        is_optional=is_optional,
        is_required=is_required,
        default=None if is_required else field.default,
        enum=enum,
        max_length=max_length,
    )


def _check_name(where: str, field: dataclasses.Field[Any]) -> None:
    if not _FIELD_NAME.fullmatch(field.name):
        raise UnfitPlugin(f"{where} is no snake_case name")
    if field.name in ENVELOPE:
        raise UnfitPlugin(f"{where} has a name that the record around the event uses")


def _unwrapped(annotation: object) -> tuple[object, bool, bool]:
    """Return the item's annotation, and whether it is in a tuple and may be None."""
    is_optional = False
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            annotation, is_optional = members[0], True
    if typing.get_origin(annotation) is tuple:
        members = list(typing.get_args(annotation))
        if len(members) == 2 and members[1] is Ellipsis:
            return members[0], True, is_optional
    return annotation, False, is_optional


def _kind_of(
    where: str, *, annotation: object, item: object
) -> tuple[FieldKind, type[Enum] | None]:
    kind = _KINDS.get(item) if isinstance(item, type) else None
    if kind is not None:
        return kind, None
    if isinstance(item, type) and issubclass(item, Enum):
        _check_enum(where, item)
        return "enum", item
    shown = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    raise UnfitPlugin(f"{where} is {shown}; allowed are {ALLOWED}")


def _check_enum(where: str, enum: type[Enum]) -> None:
    if not enum.__members__:
        raise UnfitPlugin(f"{where}: {enum.__name__} has no members")
    if not described(enum):
        raise UnfitPlugin(f"{where}: {enum.__name__} has no docstring")
    descriptions = described_attributes(enum)
    for name in enum.__members__:
        if not _ENUM_MEMBER.fullmatch(name):
            raise UnfitPlugin(f"{where}: {enum.__name__}.{name} is not in UPPER_CASE")
        if not descriptions.get(name):
            raise UnfitPlugin(
                f"{where}: {enum.__name__}.{name} has no description; add a line "
                f'"{name}: …" under "Attributes:" in the docstring of {enum.__name__}'
            )
