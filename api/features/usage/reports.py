"""The input of one event, and its way into the core without a detour.

GraphQL has checked the shape by then. Strawberry would make an object of every input and
the resolver another one of it; `UsageReportInput` builds the core's own report instead,
straight from the checked values: that is most of what a typed batch costs here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.features.usage.names import account_named, subscription_named
from api.graphql.event_types import EventTypes
from api.graphql.plugin_schema import OneOfInput, one_of_input
from api.graphql.scalars import EventDateTime
from core.usage.records import UsageReport

_Make = Callable[[Mapping[str, Any]], object]

_FIELDS: Final[dict[str, tuple[Any, str, bool]]] = {
    "account": (strawberry.ID, "The account, by its id or your own ref.", True),
    "source": (str, "The system that reports it, such as router; part of its identity.", True),
    "id": (str, "The source's own id of the event; a UUIDv7 is stored fastest.", True),
    "occurred_at": (EventDateTime, "When it was; that decides its period and its rate.", True),
    "subscription": (
        strawberry.ID | None,
        "The subscription, by id or ref; needed where several meter the same thing.",
        False,
    ),
}


@dataclass(frozen=True, slots=True)
class Unmade:
    """Stands for an event whose class refused its values; it gets a verdict like any other."""

    problem: str


class ReportReader:
    """Makes reports of the input's values, as graphql-core has coerced them."""

    __slots__ = ("_channels",)

    def __init__(self, events: Mapping[str, EventTypes]) -> None:
        self._channels = {
            to_camel_case(channel): (channel, _maker(types))
            for channel, types in events.items()
        }

    def __call__(self, _type: type, value: Mapping[str, Any], _context: object) -> UsageReport:
        """Return the report of one input object; what it says is judged later."""
        ((name, fields),) = value["event"].items()
        channel, make = self._channels[name]
        subscription = value.get("subscription")
        return UsageReport(
            account_named(value["account"]),
            value["source"],
            value["id"],
            value["occurredAt"],
            channel,
            make(fields),
            None if subscription is None else subscription_named(subscription),
        )


def report_input(events: Mapping[str, EventTypes]) -> type:
    """Make `UsageReportInput` over the installed channels."""
    event = _event_input(events)
    namespace: dict[str, Any] = {
        name: strawberry.field(
            description=description, **({} if is_required else {"default": strawberry.UNSET})
        )
        for name, (_hint, description, is_required) in _FIELDS.items()
    }
    # A field with a default goes last: the class becomes a dataclass.
    hints = {name: hint for name, (hint, _, is_required) in _FIELDS.items() if is_required}
    hints |= {"event": event.type, "subscription": _FIELDS["subscription"][0]}
    namespace["event"] = strawberry.field(description="What happened, on exactly one channel.")
    namespace |= {"__annotations__": hints, "__module__": __name__, "__doc__": "One event."}
    made: Any = strawberry.input(
        type("UsageReportInput", (), namespace), description="One event, as it is reported."
    )
    made.__strawberry_definition__.from_input = ReportReader(events)
    return cast("type", made)


def _event_input(events: Mapping[str, EventTypes]) -> OneOfInput:
    return one_of_input(
        "UsageEventInput",
        variants={name: types.input_type for name, types in events.items()},
        descriptions={name: f"An event of the channel {name}." for name in events},
        description="What happened, on exactly one of the installed channels.",
    )


def _maker(types: EventTypes) -> _Make:
    """Return what makes a channel's event; the common kind needs no look at its fields."""
    event_class = types.event
    names = {to_camel_case(name): name for name in types.names}
    is_plain = not types.tuples and all(given == name for given, name in names.items())

    def plain(fields: Mapping[str, Any]) -> object:
        try:
            return event_class(**fields)
        except Exception as error:  # noqa: BLE001 - a plugin's own check; only this event is lost
            return Unmade(str(error))

    def renamed(fields: Mapping[str, Any]) -> object:
        values = {names[given]: value for given, value in fields.items()}
        for name in types.tuples & values.keys():
            values[name] = values[name] if values[name] is None else tuple(values[name])
        return plain(values)

    return plain if is_plain else renamed
