"""Make a key for the operator of this installation; only the command line does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.ids import new_id
from core.tenancy import repository
from core.tenancy.key_material import PLATFORM_MARK, new_key
from core.tenancy.records import PlatformKey


@dataclass(frozen=True, slots=True)
class IssuePlatformKey:
    """A key that may create tenants, and nothing inside of one."""

    name: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedPlatformKey:
    """A key just made; `text` is shown this once."""

    key: PlatformKey
    text: str = field(repr=False)


async def issue_platform_key(
    tx: Tx, command: IssuePlatformKey, *, pepper: bytes
) -> IssuedPlatformKey:
    """Make a key in a platform transaction and return its text, which is not stored."""
    material = new_key(PLATFORM_MARK, pepper=pepper)
    key = PlatformKey(
        id=new_id(),
        prefix=material.prefix,
        name=line_of_text(command.name, path=("name",)),
        created_at=tx.now,
        expires_at=command.expires_at,
        revoked_at=None,
    )
    await repository.add_platform_key(tx, key, secret_hash=material.digest)
    return IssuedPlatformKey(key, material.text)
