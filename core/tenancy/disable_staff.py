"""Take a staff member's access away; every key of theirs stops with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from core import audit
from core.db import Tx
from core.kernel.errors import Refusal
from core.tenancy import repository
from core.tenancy.records import Staff


class StaffNotFound(Refusal):
    """No staff member of this tenant has this id."""

    code: ClassVar[str] = "STAFF_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class DisableStaff:
    """Whom."""

    staff_id: UUID


async def disable_staff(tx: Tx, command: DisableStaff) -> Staff:
    """Disable a staff member; doing it twice is no error and writes nothing."""
    staff = await repository.staff(tx, command.staff_id)
    if staff is None:
        raise StaffNotFound("there is no such staff member; check its id", path=("staffId",))
    if staff.state == "disabled":
        return staff
    await repository.set_staff_state(tx, staff.id, state="disabled")
    await audit.record(tx, action="staff.disabled", subject_type="staff", subject_id=staff.id)
    return replace(staff, state="disabled")
