"""End an API key at once; who caches it lets it in for at most half a minute more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from core import audit
from core.db import Tx
from core.kernel.errors import Refusal
from core.tenancy import repository
from core.tenancy.records import ApiKey


class ApiKeyNotFound(Refusal):
    """No key of this tenant has this id."""

    code: ClassVar[str] = "API_KEY_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    """Which."""

    key_id: UUID


async def revoke_api_key(tx: Tx, command: RevokeApiKey) -> ApiKey:
    """Revoke a key; doing it twice is no error and keeps the first instant."""
    key = await repository.lock_api_key(tx, command.key_id)
    if key is None:
        raise ApiKeyNotFound("there is no such key; check its id", path=("keyId",))
    if key.revoked_at is not None:
        return key
    await repository.end_api_key(tx, key.id, revoked_at=tx.now)
    await audit.record(tx, action="api_key.revoked", subject_type="api_key", subject_id=key.id)
    return replace(key, revoked_at=tx.now)
