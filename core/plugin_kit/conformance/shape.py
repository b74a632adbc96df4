"""What a channel says of itself: names, descriptions, README, and that the host takes it."""

from __future__ import annotations

import dataclasses
import re
from enum import Enum
from typing import Any, Final, get_args, get_type_hints

from core.plugin_api import Channel
from core.plugin_kit.conformance.outcome import Nonconformity, require
from core.plugin_kit.conformance.subject import NotTaken, Subject
from core.plugin_kit.conformance.template_marks import has_no_marks

README_SECTIONS: Final = (
    "## Unit",
    "## How it is counted",
    "## Worked example",
    "## Source",
)


def has_what_a_channel_has(subject: Subject) -> None:
    """Look for every member of the protocol, and for plain names."""
    channel = subject.channel
    wanted = [name for name in _MEMBERS if not hasattr(channel, name)]
    require(not wanted, f"add {', '.join(wanted)}: core.plugin_api.Channel has them")
    name = channel.name
    require(
        name.isidentifier() and name == name.lower(),
        f"name the channel in lower case, digits and _, not {name!r}",
    )
    names = [unit.name for unit in channel.units]
    require(names, "give units: a channel counts at least one")
    require(len(set(names)) == len(names), "give each unit a name of its own")
    require(
        all(unit.label.strip() for unit in channel.units), "give each unit a label for people"
    )


def has_prefixed_types(subject: Subject) -> None:
    """Compare the names of the event and its enums with the channel's."""
    prefix = "".join(word.capitalize() for word in subject.channel.name.split("_"))
    for named in (subject.channel.Event, *enums_of(subject.channel)):
        require(
            named.__name__.startswith(prefix),
            f"rename {named.__name__} to {prefix}…: all channels share one schema",
        )


def has_described_events(subject: Subject) -> None:
    """Look for frozen fields, docstrings and descriptions: they become the schema's."""
    event = subject.channel.Event
    require(
        dataclasses.is_dataclass(event) and event.__dataclass_params__.frozen,  # type: ignore[attr-defined]
        f"write @dataclass(frozen=True, slots=True) above {event.__name__}",
    )
    own = (event.__doc__ or "").strip()
    require(
        own and not own.startswith(f"{event.__name__}("),
        f"give {event.__name__} a docstring: it describes the type in the schema",
    )
    for field in dataclasses.fields(event):
        require(
            field.metadata.get("description", "").strip(),
            f'describe {field.name}: field(metadata={{"description": "…"}})',
        )
    for enum in enums_of(subject.channel):
        for name in enum.__members__:
            said = re.search(rf"^\s*{name}:\s*\S", enum.__doc__ or "", re.MULTILINE)
            require(
                said, f'describe {name} under "Attributes:" in {enum.__name__}\'s docstring'
            )


def has_a_readme(subject: Subject) -> None:
    """Look for unit, how it is counted, a worked example and source, in the author's words."""
    readme = subject.channel.readme
    for section in README_SECTIONS:
        require(section in readme, f"write a section {section!r} into the README")
    for unit in subject.channel.units:
        require(f"`{unit.name}`" in readme, f"name the unit `{unit.name}` in the README")
    has_no_marks(subject)


def is_taken_by_the_host(subject: Subject) -> None:
    """Register it as an installed plugin would be."""
    try:
        taken = subject.hosted
    except NotTaken as reason:
        raise Nonconformity(f"mend what the host refuses: {reason}") from None
    require(taken.name == subject.channel.name, "return the same name every time")


def enums_of(channel: Channel[Any]) -> list[type[Enum]]:
    """Return the enums among the fields of a channel's event, by name."""
    found = {
        part
        for hint in get_type_hints(channel.Event).values()
        for part in (hint, *get_args(hint))
        if isinstance(part, type) and issubclass(part, Enum)
    }
    return sorted(found, key=lambda enum: enum.__name__)


_MEMBERS: Final = (
    "name", "units", "pricing", "Event", "readme", "measure", "stored", "samples"
)  # fmt: skip
