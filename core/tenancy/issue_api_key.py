"""Make an API key for the tenant, or for one of its staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from core import audit
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.clock import in_utc
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.tenancy import repository
from core.tenancy.capabilities import (
    Capability,
    Role,
    capabilities_of,
    require_within,
    scopes_named,
)
from core.tenancy.disable_staff import StaffNotFound
from core.tenancy.key_material import TENANT_MARK, new_key
from core.tenancy.records import ApiKey, IssuedKey, Staff


class ExpiryInThePast(Refusal):
    """A key would have expired before it is used."""

    code: ClassVar[str] = "EXPIRY_IN_THE_PAST"


class ScopeBeyondRoles(Refusal):
    """A key of a staff member asks for scopes that their roles do not bring."""

    code: ClassVar[str] = "SCOPE_BEYOND_ROLES"


@dataclass(frozen=True, slots=True)
class IssueApiKey:
    """A key with scopes; of a staff member, it asks for no more than their roles bring.

    Where their roles are fewer later, so is what the key brings.
    """

    name: str
    scopes: tuple[str, ...]
    staff_id: UUID | None = None
    expires_at: datetime | None = None


async def issue_api_key(
    tx: Tx, command: IssueApiKey, *, held: frozenset[Capability], pepper: bytes
) -> IssuedKey:
    """Make a key and return its text, which is not stored and cannot be shown again.

    `held` is what the caller may do; the scopes lie within.
    """
    scopes = scopes_named(command.scopes)
    require_within(scopes, held, path=("scopes",))
    if command.expires_at is not None and in_utc(command.expires_at) <= tx.now:
        raise ExpiryInThePast("choose a later instant, or none", path=("expiresAt",))
    if command.staff_id is not None:
        staff = await repository.staff(tx, command.staff_id)
        if staff is None or staff.state != "active":
            raise StaffNotFound(
                "there is no such active staff member; check its id", path=("staffId",)
            )
        _require_brought(scopes, staff)
    material = new_key(TENANT_MARK, pepper=pepper)
    key = ApiKey(
        id=new_id(),
        prefix=material.prefix,
        name=line_of_text(command.name, path=("name",)),
        staff_id=command.staff_id,
        scopes=tuple(sorted(scopes)),
        created_at=tx.now,
        expires_at=command.expires_at,
        revoked_at=None,
    )
    await repository.add_api_key(tx, key, secret_hash=material.digest)
    await audit.record(
        tx,
        action="api_key.issued",
        subject_type="api_key",
        subject_id=key.id,
        details={"prefix": key.prefix, "scopes": key.scopes, "staff": key.staff_id},
    )
    return IssuedKey(key, material.text)


def _require_brought(scopes: frozenset[Capability], staff: Staff) -> None:
    """Refuse scopes that would never hold, and name them."""
    beyond = sorted(scopes - capabilities_of(Role(name) for name in staff.roles))
    if beyond:
        raise ScopeBeyondRoles(
            f"the roles {', '.join(sorted(staff.roles))} do not bring {', '.join(beyond)};"
            " leave them out, or give the staff member a role that does",
            path=("scopes",),
        )
