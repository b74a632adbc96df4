"""Lists of the entries that are read whole: one field for each section, all alike."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Final, get_args

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.catalogue.entry_listing import listing_of
from api.features.catalogue.entry_types import KINDS, TYPES, Kind
from api.features.catalogue.inputs import ENUMS
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import key, page_of
from api.references import choice, given
from core.catalogue.schema import DEFINITIONS
from core.catalogue.schema.fields import types_of
from core.catalogue.tables import CatalogueEntryRow
from core.tenancy import Capability

_FIRST: Final = "The seller's {name}, by code."


def _list_of(kind: Kind) -> Any:
    """Make the field that lists a section."""
    sort = Sort(f"{kind.type_name}.code", key(col(CatalogueEntryRow.code), str))
    listing = listing_of(kind.section)

    async def entries(
        self: object,
        info: Info,
        *,
        state: Any = strawberry.UNSET,
        asked: PageArguments,
    ) -> Any:
        """Return a page of entries."""
        wanted = given(state)
        where = [] if wanted is None else [col(CatalogueEntryRow.state) == choice(wanted)]
        page = asked.in_order(sort)
        return await page_of(info, listing, sort=sort, page=page, where=where)

    connection: Any = Connection
    entries.__annotations__.update(
        {
            "info": Info,
            "state": _state_of(kind),
            "return": connection[TYPES[kind.section]] | None,
        }
    )
    told = _FIRST.format(name=kind.plural.replace("_", " "))
    guarded = requires(Capability.CATALOGUE_READ)
    return strawberry.field(description=told)(guarded(paged(entries)))


def _state_of(kind: Kind) -> Any:
    """Return the annotation of the argument that filters by state."""
    definition: Any = DEFINITIONS[kind.section]
    states: type[Enum] = ENUMS[frozenset(get_args(types_of(definition)["state"]))]
    told = strawberry.argument(description="Only those in this state.")
    return Annotated[states | None, told]


EntryQuery: Final[Any] = strawberry.type(
    type(
        "EntryQuery",
        (),
        {"__doc__": "Lists of entries.", **{kind.plural: _list_of(kind) for kind in KINDS}},
    ),
    description="Lists of the entries that are read whole.",
)
