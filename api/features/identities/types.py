"""Linked providers and bound identities as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.tenancy.loading import load_staff
from api.features.tenancy.types import Staff
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from core.tenancy import Capability, records

IDENTITY_PROVIDER_ID: Final = IdKind(prefix="idp", type_name="IdentityProvider")
STAFF_IDENTITY_ID: Final = IdKind(prefix="identity", type_name="StaffIdentity")


@strawberry.type(
    description="A provider of OpenID Connect whose tokens let the seller's staff in."
)
class IdentityProvider(Node):
    """A linked provider."""

    issuer: str = strawberry.field(description="The provider, as it stands in `iss`.")
    audience: str = strawberry.field(
        description="For whom its tokens must be: the client id of your application there."
    )
    binds_by_email: bool = strawberry.field(
        description="Whether who comes for the first time is the active staff member whose "
        "address the provider has verified."
    )
    created_at: datetime = strawberry.field(description="When it was linked.")
    unlinked_at: datetime | None = strawberry.field(
        description="When the link ended; null: it holds."
    )

    @classmethod
    def of(cls, record: records.IdentityProvider) -> IdentityProvider:
        """Show a record."""
        return cls(
            id=IDENTITY_PROVIDER_ID.encode(record.id),
            issuer=record.issuer,
            audience=record.audience,
            binds_by_email=record.binds_by_email,
            created_at=record.created_at,
            unlinked_at=record.unlinked_at,
        )


@strawberry.type(description="By which subject a provider knows a staff member.")
class StaffIdentity(Node):
    """A bound identity."""

    issuer: str = strawberry.field(description="The provider, as it stands in `iss`.")
    subject: str = strawberry.field(description="Whom it means, as it stands in `sub`.")
    created_at: datetime = strawberry.field(description="When it was bound.")
    unbound_at: datetime | None = strawberry.field(
        description="When the binding ended; null: it holds."
    )
    staff_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.StaffIdentity) -> StaffIdentity:
        """Show a record."""
        return cls(
            id=STAFF_IDENTITY_ID.encode(record.id),
            issuer=record.issuer,
            subject=record.subject,
            created_at=record.created_at,
            unbound_at=record.unbound_at,
            staff_key=record.staff_id,
        )

    @strawberry.field(description="The staff member.")
    @requires(Capability.STAFF_READ)
    async def staff(self, info: Info) -> Staff | None:
        """Load the staff member."""
        return await linked(info, load_staff, key=self.staff_key, show=Staff.of)
