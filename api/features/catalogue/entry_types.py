"""Entries that are read whole as the schema shows them: one type for each section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.features.catalogue.outputs import definition_type, shown
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from core.catalogue.entries import Entry
from core.catalogue.schema import DEFINITIONS, EntrySection


@dataclass(frozen=True, slots=True)
class Kind:
    """What a section is called in the schema.

    `field` names one entry, `plural` the list; both in words with underscores.
    """

    section: EntrySection
    type_name: str
    prefix: str
    field: str
    plural: str
    told: str

    @property
    def id_kind(self) -> IdKind:
        """Return what its ids look like."""
        return IdKind(prefix=self.prefix, type_name=self.type_name)


KINDS: Final = (
    Kind(
        "segments",
        "Segment",
        "segment",
        "segment",
        "segments",
        "A named condition that other conditions may ask for.",
    ),
    Kind(
        "udr_types",
        "UdrType",
        "udrtype",
        "udr_type",
        "udr_types",
        "A kind of usage record, with the attributes that an order may state.",
    ),
    Kind(
        "usage_definitions",
        "UsageDefinition",
        "usagedef",
        "usage_definition",
        "usage_definitions",
        "What usage catalogues may hold. One is active at most.",
    ),
    Kind(
        "usage_catalogues",
        "UsageCatalogue",
        "usagecat",
        "usage_catalogue",
        "usage_catalogues",
        "Services that subscribers may order, from one provider.",
    ),
    Kind(
        "discounts",
        "Discount",
        "discount",
        "discount",
        "discounts",
        "A discount that staff may give, or that holds by itself.",
    ),
    Kind(
        "usage_rules",
        "UsageRule",
        "usagerule",
        "usage_rule",
        "usage_rules",
        "Thresholds of unbilled usage, over all normal terms that state none.",
    ),
    Kind(
        "buy_in_advance",
        "BuyInAdvanceDefinition",
        "advdef",
        "definition",
        "buy_in_advance_definitions",
        "The durations that may be bought in advance. One is active at most.",
    ),
    Kind(
        "job_types",
        "JobType",
        "jobtype",
        "job_type",
        "job_types",
        "What a job begins with.",
    ),
    Kind(
        "features",
        "Feature",
        "feature",
        "feature",
        "features",
        "Something that an account or a member may do, or have so many of.",
    ),
)


def _made(kind: Kind) -> Any:
    return definition_type(
        DEFINITIONS[kind.section],
        kind.type_name,
        description=kind.told,
        bases=(Node,),
        more={
            "version": (int, "The number of its version; names and states make none."),
            "created_at": (datetime, "When it was first defined."),
        },
    )


TYPES: Final[Mapping[EntrySection, Any]] = {kind.section: _made(kind) for kind in KINDS}
"""The type of each section."""
IDS: Final[Mapping[EntrySection, IdKind]] = {kind.section: kind.id_kind for kind in KINDS}
"""What the ids of each section look like: `IDS["discounts"]`."""


def entry_node(entry: Entry) -> Any:
    """Show an entry as the type of its section."""
    return shown(
        TYPES[entry.section],
        entry.definition,
        id=IDS[entry.section].encode(entry.id),
        version=entry.number,
        created_at=entry.created_at,
    )
