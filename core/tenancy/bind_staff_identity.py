"""Say by which subject a provider knows a staff member, and take it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from core import audit
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.tenancy import identity_links, repository
from core.tenancy.capabilities import Capability, Role, capabilities_of, require_within
from core.tenancy.disable_staff import StaffNotFound
from core.tenancy.link_identity_provider import IdentityProviderNotFound
from core.tenancy.records import Staff, StaffIdentity


class IdentityTaken(Refusal):
    """The provider's subject is somebody of the staff already."""

    code: ClassVar[str] = "IDENTITY_TAKEN"


class IdentityNotFound(Refusal):
    """No binding of this tenant has this id."""

    code: ClassVar[str] = "IDENTITY_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class BindStaffIdentity:
    """Who of the staff it is whom a linked provider calls `subject` (the claim `sub`)."""

    staff_id: UUID
    provider_id: UUID
    subject: str


async def bind_staff_identity(
    tx: Tx, command: BindStaffIdentity, *, held: frozenset[Capability]
) -> StaffIdentity:
    """Bind a subject; `held` is what the caller may do, and bounds whom they may let in."""
    subject = line_of_text(command.subject, path=("subject",))
    staff = await repository.staff(tx, command.staff_id)
    if staff is None or staff.state != "active":
        told = "there is no such active staff member; check its id"
        raise StaffNotFound(told, path=("staffId",))
    require_within(_brought(staff), held, path=("staffId",))
    provider = await identity_links.provider(tx, command.provider_id)
    if provider is None or provider.unlinked_at is not None:
        told = "there is no such linked provider; check its id"
        raise IdentityProviderNotFound(told, path=("provider",))
    identity = StaffIdentity(
        id=new_id(),
        staff_id=staff.id,
        issuer=provider.issuer,
        subject=subject,
        created_at=tx.now,
        unbound_at=None,
    )
    await _bind(tx, identity, by_email=False)
    return identity


async def bind_by_email(tx: Tx, *, issuer: str, subject: str, email: str) -> bool:
    """Bind a subject that comes for the first time by its verified address, if it is ours."""
    staff_id = await identity_links.unbound_by_email(tx, email, issuer=issuer)
    if staff_id is None:
        return False
    identity = StaffIdentity(new_id(), staff_id, issuer, subject, tx.now, None)
    await _bind(tx, identity, by_email=True)
    return True


async def unbind_staff_identity(tx: Tx, identity_id: UUID) -> StaffIdentity:
    """End a binding; doing it twice is no error, and writes nothing."""
    identity = await identity_links.identity(tx, identity_id)
    if identity is None:
        raise IdentityNotFound("there is no such identity; check its id", path=("identity",))
    if identity.unbound_at is not None:
        return identity
    await identity_links.unbind(tx, identity.id)
    await audit.record(
        tx,
        action="staff.identity_unbound",
        subject_type="staff",
        subject_id=identity.staff_id,
        details={"issuer": identity.issuer, "subject": identity.subject},
    )
    return replace(identity, unbound_at=tx.now)


async def _bind(tx: Tx, identity: StaffIdentity, *, by_email: bool) -> None:
    if not await identity_links.bind(tx, identity):
        told = "this subject is bound already; unbind it first"
        raise IdentityTaken(told, path=("subject",))
    await audit.record(
        tx,
        action="staff.identity_bound",
        subject_type="staff",
        subject_id=identity.staff_id,
        details={
            "issuer": identity.issuer,
            "subject": identity.subject,
            "byEmail": by_email,
        },
    )


def _brought(staff: Staff) -> frozenset[Capability]:
    return capabilities_of(Role(name) for name in staff.roles)
