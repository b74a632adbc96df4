"""Lists of entries: heads with the body of their latest version, in one statement a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import col

from api.features.catalogue.entry_types import entry_node
from api.pages import Listing
from core.catalogue.entries import entry_of
from core.catalogue.schema import EntrySection
from core.catalogue.tables import CatalogueEntryRow as Head
from core.catalogue.tables import CatalogueEntryVersionRow as Version
from core.tenancy.tables import OrgUnitRow, VisibleToRow


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry with its latest version, as one row."""

    tenant_id: UUID
    id: UUID
    section: EntrySection
    code: str
    name: str
    state: str
    created_at: datetime
    version_id: UUID
    number: int
    body: dict[str, Any]
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryListing(Listing[EntryRow, Any]):
    """Entries of one section."""

    section: EntrySection

    def statement(self, tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
        """Select the section's entries that fulfil the conditions."""
        latest = (
            select(Version)
            .where(col(Version.tenant_id) == Head.tenant_id, col(Version.entry_id) == Head.id)
            .order_by(col(Version.number).desc())
            .limit(1)
            .lateral("latest")
        )
        head = (Head.tenant_id, Head.id, Head.section, Head.code, Head.name, Head.state)
        statement: Any = (
            select(
                *(col(column) for column in head),
                col(Head.created_at),
                latest.c.id.label("version_id"),
                latest.c.number,
                latest.c.body,
                _units().label("units"),
            )
            .select_from(Head)
            .join(latest, col(Head.id) == latest.c.entry_id)
            .where(col(Head.tenant_id) == tenant_id, col(Head.section) == self.section, *where)
        )
        return cast("Select[Any]", statement)


def listing_of(section: EntrySection) -> EntryListing:
    """Return the listing of a section."""
    return EntryListing(table=Head, record=EntryRow, show=_show, section=section)


def _units() -> Any:
    units = (
        select(func.array_agg(col(OrgUnitRow.code)))
        .join(
            VisibleToRow,
            (col(VisibleToRow.tenant_id) == OrgUnitRow.tenant_id)
            & (col(VisibleToRow.org_unit_id) == OrgUnitRow.id),
        )
        .where(
            col(VisibleToRow.tenant_id) == Head.tenant_id,
            col(VisibleToRow.subject_id) == Head.id,
        )
        .correlate(Head)
    )
    return units.scalar_subquery()


def _show(row: EntryRow) -> Any:
    return entry_node(
        entry_of(
            {
                "tenant_id": row.tenant_id,
                "id": row.id,
                "section": row.section,
                "code": row.code,
                "name": row.name,
                "state": row.state,
                "created_at": row.created_at,
                "version_id": row.version_id,
                "number": row.number,
                "body": row.body,
                "units": sorted(row.units or ()),
            }
        )
    )
