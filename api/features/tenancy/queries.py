"""Reading the caller, its seller, and the seller's people, keys and audit trail."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires, requires_a_key
from api.context import Info
from api.features.tenancy.types import (
    ApiKey,
    AuditEntry,
    AuditRecord,
    OrgUnit,
    Staff,
    Tenant,
    Viewer,
)
from api.graphql.connection import Connection
from api.graphql.ids import split_id
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from api.references import given
from core.tables import AuditEntryRow
from core.tenancy import Capability, records, repository
from core.tenancy.tables import ApiKeyRow, OrgUnitRow, StaffRow

ORG_UNITS: Final = Listing(table=OrgUnitRow, record=records.OrgUnit, show=OrgUnit.of)
STAFF: Final = Listing(table=StaffRow, record=records.Staff, show=Staff.of)
API_KEYS: Final = Listing(table=ApiKeyRow, record=records.ApiKey, show=ApiKey.of)
AUDIT_ENTRIES: Final = Listing(table=AuditEntryRow, record=AuditRecord, show=AuditEntry.of)

_UNITS_BY_CODE: Final = Sort("orgUnit.code", key(col(OrgUnitRow.code), str))
_STAFF_BY_ID: Final = Sort("staff.id", key(col(StaffRow.id), UUID))
_KEYS_BY_ID: Final = Sort("apiKey.id", key(col(ApiKeyRow.id), UUID))
_AUDIT_LATEST: Final = Sort(
    "auditEntry.latest", key(col(AuditEntryRow.id), UUID, descending=True)
)


@strawberry.type(description="Reads of the seller and its people.")
class TenancyQuery:
    """Reads of tenancy."""

    @strawberry.field(description="Who asks.")
    @requires_a_key(customers=True)
    async def viewer(self, info: Info) -> Viewer:
        """Return the caller."""
        principal = info.context.principal
        return Viewer(
            label=principal.actor,
            scopes=sorted(principal.capabilities),
            is_operator=principal.tenant_id is None,
            expires_at=principal.expires_at,
        )

    @strawberry.field(description="The caller's seller; null for the operator.")
    @requires_a_key()
    async def tenant(self, info: Info) -> Tenant | None:
        """Return the caller's tenant."""
        if info.context.tenant_id is None:
            return None
        async with info.context.transaction() as tx:
            found = await repository.tenant(tx)
        return None if found is None else Tenant.of(found)

    @strawberry.field(description="The seller's org units, by code.")
    @requires(Capability.STAFF_READ)
    @paged
    async def org_units(
        self,
        info: Info,
        *,
        asked: PageArguments,
    ) -> Connection[OrgUnit] | None:
        """Return a page of org units."""
        page = asked.in_order(_UNITS_BY_CODE)
        return await page_of(info, ORG_UNITS, sort=_UNITS_BY_CODE, page=page)

    @strawberry.field(description="The seller's staff, in the order they were added.")
    @requires(Capability.STAFF_READ)
    @paged
    async def staff(
        self,
        info: Info,
        *,
        asked: PageArguments,
    ) -> Connection[Staff] | None:
        """Return a page of staff."""
        page = asked.in_order(_STAFF_BY_ID)
        return await page_of(info, STAFF, sort=_STAFF_BY_ID, page=page)

    @strawberry.field(description="The seller's API keys, in the order they were issued.")
    @requires(Capability.STAFF_READ)
    @paged
    async def api_keys(
        self,
        info: Info,
        *,
        asked: PageArguments,
    ) -> Connection[ApiKey] | None:
        """Return a page of keys."""
        page = asked.in_order(_KEYS_BY_ID)
        return await page_of(info, API_KEYS, sort=_KEYS_BY_ID, page=page)

    @strawberry.field(description="Who changed what, the latest first.")
    @requires(Capability.AUDIT_READ)
    @paged
    async def audit_entries(
        self,
        info: Info,
        *,
        subject: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only what concerns the object of this id."),
        ] = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[AuditEntry] | None:
        """Return a page of the audit trail."""
        page = asked.in_order(_AUDIT_LATEST)
        where = []
        wanted = given(subject)
        if wanted is not None:
            _prefix, subject_id = split_id(wanted, path=("subject",))
            where = [col(AuditEntryRow.subject_id) == subject_id]
        return await page_of(info, AUDIT_ENTRIES, sort=_AUDIT_LATEST, page=page, where=where)
