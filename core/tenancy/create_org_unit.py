"""Add a unit to the tenant's tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core import audit
from core.contact_details import line_of_text
from core.database_errors import violates
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.tenancy import repository
from core.tenancy.records import OrgUnit


class OrgUnitNotFound(Refusal):
    """No unit of this tenant has this id."""

    code: ClassVar[str] = "ORG_UNIT_NOT_FOUND"


class OrgUnitCodeTaken(Refusal):
    """Another unit of this tenant has this code."""

    code: ClassVar[str] = "ORG_UNIT_CODE_TAKEN"


@dataclass(frozen=True, slots=True)
class CreateOrgUnit:
    """A unit below `parent_id`."""

    code: str
    name: str
    parent_id: UUID


async def create_org_unit(tx: Tx, command: CreateOrgUnit) -> OrgUnit:
    """Create a unit; refuses an unknown parent and a code that is taken."""
    await require_unit(tx, command.parent_id, path=("parentId",))
    unit = OrgUnit(
        id=new_id(),
        parent_id=command.parent_id,
        code=line_of_text(command.code, path=("code",), maximum=64),
        name=line_of_text(command.name, path=("name",)),
        created_at=tx.now,
    )
    try:
        await repository.add_org_unit(tx, unit)
    except IntegrityError as error:
        if violates(error, "org_unit_tenant_id_code_key"):
            raise OrgUnitCodeTaken(f"{unit.code!r} is taken", path=("code",)) from error
        raise
    await audit.record(
        tx, action="org_unit.created", subject_type="org_unit", subject_id=unit.id
    )
    return unit


async def require_unit(tx: Tx, unit_id: UUID, *, path: tuple[str, ...]) -> OrgUnit:
    """Return a unit of this tenant, or refuse; another tenant's looks like none."""
    unit = await repository.org_unit(tx, unit_id)
    if unit is None:
        raise OrgUnitNotFound("there is no such org unit", path=path)
    return unit
