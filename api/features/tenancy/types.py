"""Tenants, org units, staff, API keys and the audit trail as the schema shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.tenancy import loading
from api.features.tenancy.actors import Actor
from api.features.tenancy.ids import API_KEY_ID, STAFF_ID
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.tenancy import Capability, Role, records

TENANT_ID: Final = IdKind(prefix="ten", type_name="Tenant")
ORG_UNIT_ID: Final = IdKind(prefix="unit", type_name="OrgUnit")
AUDIT_ENTRY_ID: Final = IdKind(prefix="audit", type_name="AuditEntry")


@strawberry.enum(description="What a seller's people are there for; it brings capabilities.")
class StaffRole(Enum):
    """The roles of `core.tenancy`."""

    ADMIN = strawberry.enum_value(Role.ADMIN, description="May do everything.")
    BILLING = strawberry.enum_value(
        Role.BILLING,
        description="Works on accounts, subscriptions and usage, and closes periods.",
    )
    SUPPORT = strawberry.enum_value(
        Role.SUPPORT, description="Works on accounts and subscriptions."
    )
    CATALOGUE = strawberry.enum_value(
        Role.CATALOGUE, description="Works on products and prices."
    )
    VIEWER = strawberry.enum_value(Role.VIEWER, description="Looks, and changes nothing.")


@strawberry.enum(description="Whether a staff member may act.")
class StaffState(Enum):
    """The states of staff."""

    ACTIVE = strawberry.enum_value("active", description="May act.")
    DISABLED = strawberry.enum_value("disabled", description="Every key of theirs is refused.")


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
    limits_viewing: bool = strawberry.field(
        description="Whether the staff of a unit see only the accounts of their unit, of those "
        "below it and of those that it collaborates with, and what hangs on these."
    )
    tax_engine: str | None = strawberry.field(
        description="The plugin's tax engine that decides the tax rates; null where the "
        "table and the seller's stated rates do."
    )

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
            limits_viewing=record.limits_viewing,
            tax_engine=record.tax_engine,
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


@strawberry.type(description="A unit of the seller's own organisation.")
class OrgUnit(Node):
    """A node of the tenant's tree."""

    code: str = strawberry.field(description="The seller's own code, unique with the seller.")
    name: str = strawberry.field(description="The name shown to people.")
    created_at: datetime = strawberry.field(description="When it was created.")
    key: strawberry.Private[UUID]
    parent_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.OrgUnit) -> OrgUnit:
        """Show a record."""
        return cls(
            id=ORG_UNIT_ID.encode(record.id),
            code=record.code,
            name=record.name,
            created_at=record.created_at,
            key=record.id,
            parent_key=record.parent_id,
        )

    @strawberry.field(description="The unit above; null for the root.")
    @requires(Capability.STAFF_READ)
    async def parent(self, info: Info) -> OrgUnit | None:
        """Load the unit above."""
        return await linked(info, loading.load_org_units, key=self.parent_key, show=OrgUnit.of)

    @strawberry.field(description="The units that may work on what belongs to this one.")
    @requires(Capability.STAFF_READ)
    async def collaborators(self, info: Info) -> list[OrgUnit]:
        """Load the collaborating units."""
        keys = await info.context.loaders.of(loading.load_collaborators).load(self.key)
        units = info.context.loaders.of(loading.load_org_units)
        return [OrgUnit.of(found) for found in await units.load_many(keys) if found is not None]


@strawberry.type(description="A user of the seller's, in one org unit, with roles.")
class Staff(Node):
    """A tenant's user."""

    email: str = strawberry.field(description="The e-mail address, unique with the seller.")
    name: str = strawberry.field(description="The person's name.")
    roles: list[StaffRole] = strawberry.field(description="What the person is there for.")
    state: StaffState = strawberry.field(description="Whether the person may act.")
    created_at: datetime = strawberry.field(description="When the person was added.")
    org_unit_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Staff) -> Staff:
        """Show a record."""
        return cls(
            id=STAFF_ID.encode(record.id),
            email=record.email,
            name=record.name,
            roles=[StaffRole(role) for role in record.roles],
            state=StaffState(record.state),
            created_at=record.created_at,
            org_unit_key=record.org_unit_id,
        )

    @strawberry.field(description="The unit that the person belongs to.")
    @requires(Capability.STAFF_READ)
    async def org_unit(self, info: Info) -> OrgUnit | None:
        """Load the unit."""
        return await linked(
            info, loading.load_org_units, key=self.org_unit_key, show=OrgUnit.of
        )


@strawberry.type(description="A key that lets a program in; its secret is not kept.")
class ApiKey(Node):
    """A tenant's key, without its secret."""

    prefix: str = strawberry.field(description="What the key begins with, to recognise it.")
    name: str = strawberry.field(description="What it is for.")
    scopes: list[str] = strawberry.field(description="What its holder may do at most.")
    created_at: datetime = strawberry.field(description="When it was issued.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked.")
    last_used_at: datetime | None = strawberry.field(
        description="When it was used last, to within two minutes; null: never."
    )
    staff_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.ApiKey) -> ApiKey:
        """Show a record."""
        return cls(
            id=API_KEY_ID.encode(record.id),
            prefix=record.prefix,
            name=record.name,
            scopes=list(record.scopes),
            created_at=record.created_at,
            expires_at=record.expires_at,
            revoked_at=record.revoked_at,
            last_used_at=record.last_used_at,
            staff_key=record.staff_id,
        )

    @strawberry.field(description="Whose it is; null when it is the seller's itself.")
    @requires(Capability.STAFF_READ)
    async def staff(self, info: Info) -> Staff | None:
        """Load the staff member."""
        return await linked(info, loading.load_staff, key=self.staff_key, show=Staff.of)


@strawberry.type(description="A named fact, as text.")
class Fact:
    """One detail of an entry."""

    name: str = strawberry.field(description="What it is.")
    value: str | None = strawberry.field(description="Its value; null for none.")


def facts(details: Mapping[str, Any]) -> list[Fact]:
    """Return details as named texts, in the order of their names; nesting by dots."""
    return [Fact(name=name, value=value) for name, value in sorted(_flat("", details))]


def _flat(name: str, value: Any) -> list[tuple[str, str | None]]:
    if isinstance(value, Mapping):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(str(number), item) for number, item in enumerate(value)]
    else:
        return [(name, None if value is None else str(value))]
    prefix = f"{name}." if name else ""
    return [leaf for key, item in items for leaf in _flat(f"{prefix}{key}", item)]


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What is read of an audit entry."""

    id: UUID
    at: datetime
    actor: str
    action: str
    subject_type: str
    details: Mapping[str, Any]


@strawberry.type(description="Who changed what, and when; never changed or removed.")
class AuditEntry(Node):
    """An entry of the audit trail."""

    at: datetime = strawberry.field(description="When it happened.")
    actor: Actor = strawberry.field(description="Who did it.")
    action: str = strawberry.field(description="What was done, such as account.created.")
    subject_type: str = strawberry.field(description="What kind of object was changed.")
    details: list[Fact] = strawberry.field(description="What else is known of it.")

    @classmethod
    def of(cls, row: AuditRecord) -> AuditEntry:
        """Show a record."""
        return cls(
            id=AUDIT_ENTRY_ID.encode(row.id),
            at=row.at,
            actor=Actor.of(row.actor),
            action=row.action,
            subject_type=row.subject_type,
            details=facts(row.details),
        )
