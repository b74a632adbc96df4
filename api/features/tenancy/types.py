"""Tenants, org units, staff and API keys as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import strawberry

from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from core.tenancy import records

TENANT_ID: Final = IdKind(prefix="ten", type_name="Tenant")


@strawberry.type(description="A seller: everything else belongs to one.")
class Tenant(Node):
    """The caller's own tenant; there is no other to see."""

    slug: str = strawberry.field(description="Its name in addresses, unique everywhere.")
    name: str = strawberry.field(description="The name shown to people.")
    currency: CurrencyCode = strawberry.field(
        description="The currency of accounts that have none of their own."
    )
    timezone: str = strawberry.field(
        description="The time zone of accounts that have none of their own, such as "
        "Europe/Paris."
    )
    country: str = strawberry.field(description="Its country, an ISO 3166-1 code.")
    created_at: datetime = strawberry.field(description="When it was created.")

    @classmethod
    def of(cls, record: records.Tenant) -> Tenant:
        """Show a record."""
        return cls(
            id=TENANT_ID.encode(record.id),
            slug=record.slug,
            name=record.name,
            currency=CurrencyCode(record.currency),
            timezone=record.timezone,
            country=record.country,
            created_at=record.created_at,
        )


@strawberry.type(description="Who asks: the holder of the API key.")
class Viewer:
    """The caller."""

    label: str = strawberry.field(
        description="The name under which the audit trail keeps what the caller does."
    )
    scopes: list[str] = strawberry.field(description="What the caller may do.")
    is_operator: bool = strawberry.field(
        description="Whether this is the operator of the installation, who creates tenants."
    )
    expires_at: datetime | None = strawberry.field(
        description="When the key ends; null when it does not."
    )
