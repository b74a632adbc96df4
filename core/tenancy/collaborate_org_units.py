"""Let one unit work on what is another one's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core import audit
from core.db import Tx
from core.kernel.errors import Refusal
from core.tenancy import repository
from core.tenancy.create_org_unit import require_unit


class OrgUnitsAreTheSame(Refusal):
    """A unit needs no leave to work on its own things."""

    code: ClassVar[str] = "ORG_UNITS_ARE_THE_SAME"


@dataclass(frozen=True, slots=True)
class CollaborateOrgUnits:
    """`collaborator_id` may work on what belongs to `unit_id`; not the other way round."""

    unit_id: UUID
    collaborator_id: UUID


async def collaborate_org_units(tx: Tx, command: CollaborateOrgUnits) -> tuple[UUID, ...]:
    """Allow the collaboration and return all collaborators; allowing it twice is no error."""
    if command.unit_id == command.collaborator_id:
        raise OrgUnitsAreTheSame("name two different units", path=("collaboratorId",))
    await require_unit(tx, command.unit_id, path=("unitId",))
    await require_unit(tx, command.collaborator_id, path=("collaboratorId",))
    present = await repository.collaborators_of(tx, command.unit_id)
    if command.collaborator_id in present:
        return tuple(present)
    await repository.add_collaboration(
        tx, unit_id=command.unit_id, collaborator_id=command.collaborator_id
    )
    await audit.record(
        tx,
        action="org_unit.collaborates",
        subject_type="org_unit",
        subject_id=command.unit_id,
        details={"collaborator": command.collaborator_id},
    )
    return tuple(await repository.collaborators_of(tx, command.unit_id))
