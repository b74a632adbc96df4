"""What is stored, as values: the current definitions with their rows' ids and numbers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from core.catalogue.schema import Catalogue, Section

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""From when a plan's first version is effective where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Version:
    """The current version of a plan or of terms."""

    id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class LatestSlot:
    """The slot of a rate table with the highest number."""

    number: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class StoredCatalogue:
    """Definitions in normal form with the rows that they come from.

    `latest_slots` are the last slots made, by table code; `kept_slots` the slots that a
    plan's current version keeps, by plan code and table code. `units` are the ids of the
    tenant's org units by code.
    """

    catalogue: Catalogue
    ids: dict[tuple[Section, str], UUID]
    versions: dict[tuple[Section, str], Version]
    latest_slots: dict[str, LatestSlot]
    kept_slots: dict[str, dict[str, int]]
    units: dict[str, UUID] = field(default_factory=dict)
