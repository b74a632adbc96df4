"""GraphQL types that mirror a channel's event, so that partners' events are typed.

A channel declares `Event`, a frozen dataclass. Its mirrors are an output type and an
input type; the class itself is never decorated, which would change it for the channel.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Union, get_args, get_origin

import strawberry
from strawberry.types.base import StrawberryOptional
from strawberry.types.enum import EnumValue, StrawberryEnumDefinition

from api.graphql.scalars import EventDecimal
from core.plugin_host import described, described_attributes

_PLAIN: Final[dict[type, Any]] = {
    str: str,
    bool: bool,
    int: int,
    Decimal: EventDecimal,
    datetime: datetime,
    date: date,
}


class EventTypeInvalid(Exception):
    """A channel's event class cannot be shown in the schema; Forfait does not start."""


@dataclass(frozen=True, slots=True)
class EventTypes:
    """The mirrors of one channel's event.

    Args:
        channel: The channel's name, such as `email`.
        event: The channel's own dataclass.
        output_type: The mirror for answers, such as `EmailEvent`.
        input_type: The mirror for arguments, such as `EmailEventInput`.
        names: The event's fields, in order.
    """

    channel: str
    event: type
    output_type: type
    input_type: type
    names: tuple[str, ...]
    tuples: frozenset[str]

    def arguments(self, given: object) -> dict[str, Any]:
        """Return the event's keyword arguments out of an input; nothing is judged yet.

        Fields that the caller left out are absent, so that the event's defaults hold.
        """
        found = {}
        for name in self.names:
            value = getattr(given, name)
            if value is not strawberry.UNSET:
                is_sequence = value is not None and name in self.tuples
                found[name] = tuple(value) if is_sequence else value
        return found

    def output(self, event: object) -> Any:
        """Return the mirror of an event for an answer."""
        return self.output_type(**{name: getattr(event, name) for name in self.names})


def mirror_event(channel: str, event: type) -> EventTypes:
    """Make the mirrors of a channel's event.

    Raises:
        EventTypeInvalid: It is no frozen dataclass, or a field has an annotation that the
            schema has no type for, or no description.
    """
    params = getattr(event, "__dataclass_params__", None)
    if params is None or not params.frozen:
        raise EventTypeInvalid(f"{channel}: {event.__name__} must be a frozen dataclass")
    prefix = _pascal_case(channel)
    attributes = described_attributes(event)
    hints = typing.get_type_hints(event)
    fields = [field for field in dataclasses.fields(event) if field.init]
    enums: dict[type[Enum], StrawberryEnumDefinition] = {}
    mapped: dict[str, Any] = {}
    descriptions: dict[str, str] = {}
    for field in fields:
        where = f"{channel}: {event.__name__}.{field.name}"
        mapped[field.name] = _schema_type(hints[field.name], where, prefix, enums)
        description = field.metadata.get("description") or attributes.get(field.name)
        if not description:
            raise EventTypeInvalid(f"{where} has no description")
        descriptions[field.name] = description
    make = _TypeMaker(prefix, event, mapped, descriptions)
    return EventTypes(
        channel=channel,
        event=event,
        output_type=make.output(),
        input_type=make.input({field.name: _input_default(field) for field in fields}),
        names=tuple(mapped),
        tuples=frozenset(name for name in mapped if _is_tuple(hints[name])),
    )


def mirror_events(channels: Mapping[str, type]) -> dict[str, EventTypes]:
    """Make the mirrors of every channel; two channels may not make the same name."""
    made: dict[str, EventTypes] = {}
    owners: dict[str, str] = {}
    for channel, event in channels.items():
        prefix = _pascal_case(channel)
        if prefix in owners:
            raise EventTypeInvalid(
                f"the channels {owners[prefix]} and {channel} both make the type {prefix}Event"
            )
        owners[prefix] = channel
        made[channel] = mirror_event(channel, event)
    return made


@dataclass(frozen=True, slots=True)
class _TypeMaker:
    prefix: str
    event: type
    mapped: dict[str, Any]
    descriptions: dict[str, str]

    def output(self) -> type:
        namespace = {
            name: strawberry.field(description=self.descriptions[name]) for name in self.mapped
        }
        made = self._class(f"{self.prefix}Event", self.mapped, namespace)
        return strawberry.type(made, description=self._summary())

    def input(self, defaults: dict[str, dict[str, Any]]) -> type:
        namespace = {
            name: strawberry.field(description=self.descriptions[name], **defaults[name])
            for name in self.mapped
        }
        made = self._class(f"{self.prefix}EventInput", self.mapped, namespace)
        return strawberry.input(made, description=self._summary())

    def _class(self, name: str, hints: dict[str, Any], namespace: dict[str, Any]) -> type:
        return type(
            name,
            (),
            {
                **namespace,
                "__annotations__": dict(hints),
                "__module__": self.event.__module__,
                "__doc__": self._summary(),
            },
        )

    def _summary(self) -> str:
        return described(self.event).partition("\n")[0] or f"{self.prefix} event."


def _schema_type(
    hint: Any, where: str, prefix: str, enums: dict[type[Enum], StrawberryEnumDefinition]
) -> Any:
    """Return the schema's type for an annotation of an event."""
    if isinstance(hint, type) and hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        if hint not in enums:
            enums[hint] = _mirror_enum(hint, where, prefix)
        return enums[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return list[_schema_type(arguments[0], where, prefix, enums)]  # type: ignore[misc]
    if origin in {Union, types.UnionType} and len(arguments) == 2 and type(None) in arguments:
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return StrawberryOptional(_schema_type(inner, where, prefix, enums))
    raise EventTypeInvalid(
        f"{where}: {hint} has no type in the schema. Use str, bool, int, Decimal, datetime, "
        "date, an Enum, tuple[T, ...] or T | None"
    )


def _is_tuple(hint: Any) -> bool:
    return any(get_origin(part) is tuple for part in (hint, *get_args(hint)))


def _mirror_enum(enum: type[Enum], where: str, prefix: str) -> StrawberryEnumDefinition:
    """Define the schema's enum beside the channel's own, whose members it hands over.

    Members are described by "Attributes" in the enum's docstring.
    """
    texts = described_attributes(enum)
    missing = [name for name in enum.__members__ if not texts.get(name)]
    if missing:
        raise EventTypeInvalid(f"{where}: {enum.__name__}.{missing[0]} has no description")
    own_name = enum.__name__
    name = own_name if own_name.startswith(prefix) else f"{prefix}{own_name}"
    return StrawberryEnumDefinition(
        wrapped_cls=enum,
        name=name,
        values=[
            EnumValue(name=member_name, value=member.value, description=texts[member_name])
            for member_name, member in enum.__members__.items()
        ],
        description=described(enum).partition("\n")[0] or f"{name}.",
    )


def _input_default(field: dataclasses.Field[Any]) -> dict[str, Any]:
    """Return what makes an input field optional where the event's field is.

    A default stands in the schema, so that null is refused; None is left out of it.
    """
    if field.default is None:
        return {"default": strawberry.UNSET}
    if field.default is not MISSING:
        default = field.default
        return (
            {"default_factory": lambda: list(default)}
            if isinstance(default, tuple)
            else {"default": default}
        )
    if field.default_factory is not MISSING:
        return {"default_factory": lambda: list(field.default_factory())}
    return {}


def _pascal_case(channel: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in channel.replace("-", "_").split("_"))
