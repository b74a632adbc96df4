"""Buying in advance: which durations may be asked for."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.catalogue.schema.fields import EntryState, key

DurationUnit = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationDefinition:
    """Durations from one length to another."""

    start: int = key("The shortest, inclusive.", name="from", refused_when="it is below 1")
    upto: int = key("The longest, inclusive.", name="to", refused_when="it is below `from`")
    unit: DurationUnit = key("What is counted.", default="month")
    types: tuple[str, ...] = key(
        "Subscription types that may ask for it.",
        default=(),
        default_text="all",
        refused_when="an overlapping duration has one of them",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyInAdvanceDefinition:
    """The durations that may be bought in advance. One definition is active at most."""

    code: str = key("Stable code of the definition, unique in the tenant.")
    name: str = key("Name shown to people.")
    state: EntryState = key(
        "Whether requests may be made by it.",
        default="active",
        refused_when="another one is active",
    )
    durations: tuple[DurationDefinition, ...] = key(
        "What may be asked for.", refused_when="it is empty, or two overlap"
    )
