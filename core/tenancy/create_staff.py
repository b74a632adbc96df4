"""Add a staff member with roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core import audit
from core.contact_details import email_address, line_of_text
from core.database_errors import violates
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.tenancy import repository
from core.tenancy.capabilities import (
    Capability,
    capabilities_of,
    require_within,
    roles_named,
)
from core.tenancy.create_org_unit import require_unit
from core.tenancy.records import Staff


class StaffEmailTaken(Refusal):
    """Another staff member of this tenant has this address."""

    code: ClassVar[str] = "STAFF_EMAIL_TAKEN"


@dataclass(frozen=True, slots=True)
class CreateStaff:
    """A person of one unit, with at least one role."""

    email: str
    name: str
    org_unit_id: UUID
    roles: tuple[str, ...]


async def create_staff(tx: Tx, command: CreateStaff, *, held: frozenset[Capability]) -> Staff:
    """Create a staff member; `held` is what the caller may do, and bounds the roles."""
    roles = roles_named(command.roles)
    require_within(capabilities_of(roles), held, path=("roles",))
    await require_unit(tx, command.org_unit_id, path=("orgUnitId",))
    staff = Staff(
        id=new_id(),
        org_unit_id=command.org_unit_id,
        email=email_address(command.email),
        name=line_of_text(command.name, path=("name",)),
        roles=tuple(sorted(roles)),
        state="active",
        created_at=tx.now,
    )
    try:
        await repository.add_staff(tx, staff)
    except IntegrityError as error:
        if violates(error, "staff_tenant_id_email_key"):
            raise StaffEmailTaken(f"{staff.email} is staff already", path=("email",)) from error
        raise
    await audit.record(
        tx,
        action="staff.created",
        subject_type="staff",
        subject_id=staff.id,
        details={"roles": staff.roles},
    )
    return staff
