"""Replace an API key: the new one works at once, the old one for a while longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from core import audit
from core.db import Tx
from core.kernel.errors import Refusal
from core.tenancy import repository
from core.tenancy.capabilities import Capability
from core.tenancy.disable_staff import StaffNotFound
from core.tenancy.issue_api_key import IssueApiKey, issue_api_key
from core.tenancy.records import IssuedKey
from core.tenancy.revoke_api_key import ApiKeyNotFound

LONGEST_OVERLAP: Final = timedelta(days=7)


class ApiKeyNotInForce(Refusal):
    """A key that is revoked or has expired cannot be rotated."""

    code: ClassVar[str] = "API_KEY_NOT_IN_FORCE"


class OverlapTooLong(Refusal):
    """Two keys would be in force for too long."""

    code: ClassVar[str] = "OVERLAP_TOO_LONG"


@dataclass(frozen=True, slots=True)
class RotateApiKey:
    """Which key, and how long the old one still works (at most 7 days)."""

    key_id: UUID
    overlap: timedelta = timedelta(days=1)


async def rotate_api_key(
    tx: Tx, command: RotateApiKey, *, held: frozenset[Capability], pepper: bytes
) -> IssuedKey:
    """Make a key with the name, scopes and expiry of the old one, whose end is set.

    `held` is what the caller may do; the old key's scopes lie within. A key of a staff
    member who is disabled is not in force, like the person.
    """
    if not timedelta(0) <= command.overlap <= LONGEST_OVERLAP:
        raise OverlapTooLong("the old key may work on for 0 to 7 days", path=("overlap",))
    old = await repository.lock_api_key(tx, command.key_id)
    if old is None:
        raise ApiKeyNotFound("there is no such key; check its id", path=("keyId",))
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= tx.now):
        raise ApiKeyNotInForce("the key has ended; issue a new one", path=("keyId",))
    successor = IssueApiKey(
        name=old.name, scopes=old.scopes, staff_id=old.staff_id, expires_at=old.expires_at
    )
    try:
        issued = await issue_api_key(tx, successor, held=held, pepper=pepper)
    except StaffNotFound:
        told = "the key's staff member is disabled; issue a key to somebody else"
        raise ApiKeyNotInForce(told, path=("keyId",)) from None
    ends_at = tx.now + command.overlap
    if old.expires_at is None or ends_at < old.expires_at:
        await repository.end_api_key(tx, old.id, expires_at=ends_at)
    await audit.record(
        tx,
        action="api_key.rotated",
        subject_type="api_key",
        subject_id=old.id,
        details={"successor": issued.key.prefix},
    )
    return issued
