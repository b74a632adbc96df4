"""Segments: named conditions that other conditions may ask for."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.catalogue.schema.fields import EntryState, key
from core.catalogue.schema.usage_windows import UsageWindowDefinition

SegmentOf = Literal["account", "subscription", "job"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDefinition:
    """A named condition; who holds it has its code in `segments`."""

    code: str = key("Stable code of the segment; conditions name it.")
    name: str = key("Name shown to people.")
    of: SegmentOf = key(
        "Whose segment it is.", refused_when="it differs from the stored segment's"
    )
    when: str = key(
        "Who is in it: a condition over the account, and its subscription or job.",
        refused_when="it is empty, or reads segments",
        detail="condition",
    )
    usage_windows: tuple[UsageWindowDefinition, ...] = key(
        "Windows of the account's or the subscription's usage that it counts, by name.",
        default=(),
        default_text="none",
        refused_when="the segment is of jobs, or there are more than 10",
        keyed_by="name",
    )
    state: EntryState = key("Nobody is in an `inactive` segment.", default="active")
