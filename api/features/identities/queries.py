"""Which providers are linked, and which identities are bound."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.identities.types import IdentityProvider, StaffIdentity
from api.features.tenancy.ids import STAFF_ID
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from api.references import given
from core.tenancy import Capability, records
from core.tenancy.tables import IdentityProviderRow, StaffIdentityRow

PROVIDERS: Final = Listing(
    table=IdentityProviderRow, record=records.IdentityProvider, show=IdentityProvider.of
)
IDENTITIES: Final = Listing(
    table=StaffIdentityRow, record=records.StaffIdentity, show=StaffIdentity.of
)
_PROVIDERS_BY_ID: Final = Sort("identityProvider.id", key(col(IdentityProviderRow.id), UUID))
_IDENTITIES_BY_ID: Final = Sort("staffIdentity.id", key(col(StaffIdentityRow.id), UUID))


@strawberry.type(description="Reads of how staff sign in.")
class IdentitiesQuery:
    """Reads of providers and identities."""

    @strawberry.field(
        description="Providers of identities that are linked or were, the first one first."
    )
    @requires(Capability.STAFF_READ)
    @paged
    async def identity_providers(
        self,
        info: Info,
        *,
        asked: PageArguments,
    ) -> Connection[IdentityProvider] | None:
        """Return a page of providers."""
        page = asked.in_order(_PROVIDERS_BY_ID)
        return await page_of(info, PROVIDERS, sort=_PROVIDERS_BY_ID, page=page)

    @strawberry.field(
        description="Identities of staff that are bound or were, the first one first."
    )
    @requires(Capability.STAFF_READ)
    @paged
    async def staff_identities(
        self,
        info: Info,
        *,
        staff: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only those of this person, by id."),
        ] = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[StaffIdentity] | None:
        """Return a page of identities."""
        wanted = given(staff)
        where = []
        if wanted is not None:
            staff_id = STAFF_ID.parse(wanted, path=("staff",))
            where = [col(StaffIdentityRow.staff_id) == staff_id]
        page = asked.in_order(_IDENTITIES_BY_ID)
        return await page_of(info, IDENTITIES, sort=_IDENTITIES_BY_ID, page=page, where=where)
