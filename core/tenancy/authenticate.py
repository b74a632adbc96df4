"""From a presented API key to a principal.

Every failure (unknown, wrong, expired, revoked, disabled staff) is one refusal with one
text, so that nobody learns which it was. A principal is remembered for at most
`REMEMBERED_SECONDS`, so that what is revoked is refused within a minute, open sockets too
if they authenticate again at each event.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import ClassVar, Final
from uuid import UUID

from core.db import Database, Tx
from core.kernel.errors import Refusal
from core.tenancy import repository
from core.tenancy.capabilities import (
    BEYOND_A_UNIT,
    OF_A_TENANT,
    PLATFORM,
    Capability,
    Role,
    capabilities_of,
)
from core.tenancy.key_material import PresentedKey, parse_key, proves
from core.tenancy.principal import Principal
from core.tenancy.records import KeyProof

REMEMBERED_SECONDS: Final = 30.0
REMEMBERED_KEYS: Final = 10_000
_ACTOR: Final = "authentication"


class Unauthenticated(Refusal):
    """The key lets nobody in; it does not say why."""

    code: ClassVar[str] = "UNAUTHENTICATED"


@dataclass(frozen=True, slots=True)
class _Remembered:
    principal: Principal
    until: float


class Authenticator:
    """Authenticate keys against one database, with a short memory of those that passed."""

    def __init__(
        self,
        database: Database,
        *,
        pepper: bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._pepper = pepper
        self._monotonic = monotonic
        self._memory: OrderedDict[bytes, _Remembered] = OrderedDict()

    async def authenticate(self, text: str) -> Principal:
        """Return who holds this key, or refuse."""
        presented = parse_key(text)
        if presented is None:
            raise _refused()
        name = sha256(text.encode()).digest()  # the secret itself is not kept in memory
        known = self._memory.get(name)
        if known is not None and self._monotonic() < known.until:
            return known.principal
        self._memory.pop(name, None)
        principal, now = await self._looked_up(presented)
        self._remember(name, principal, now=now)
        return principal

    async def _looked_up(self, presented: PresentedKey) -> tuple[Principal, datetime]:
        async with self._database.transaction(None, actor=_ACTOR) as tx:
            tenant_id, proof = await _proof_of(tx, presented)
        stored = proof.secret_hash if proof else None
        if not proves(presented, stored, pepper=self._pepper) or proof is None:
            raise _refused()
        if _is_over(proof, now=tx.now):
            raise _refused()
        return _principal(proof, tenant_id=tenant_id), tx.now

    def _remember(self, name: bytes, principal: Principal, *, now: datetime) -> None:
        seconds = REMEMBERED_SECONDS
        if principal.expires_at is not None:
            seconds = min(seconds, (principal.expires_at - now).total_seconds())
        self._memory[name] = _Remembered(principal, self._monotonic() + seconds)
        while len(self._memory) > REMEMBERED_KEYS:
            self._memory.popitem(last=False)


async def _proof_of(tx: Tx, presented: PresentedKey) -> tuple[UUID | None, KeyProof | None]:
    """Find the key's row: whose it is first, then under that tenant's row-level security."""
    if presented.is_platform:
        return None, await repository.platform_key_proof(tx, presented.prefix)
    tenant_id = await repository.tenant_of_prefix(tx, presented.prefix)
    if tenant_id is None:
        return None, None
    await tx.enter_tenant(tenant_id)
    return tenant_id, await repository.key_proof(tx, presented.prefix)


def _is_over(proof: KeyProof, *, now: datetime) -> bool:
    if proof.revoked_at is not None:
        return True
    if proof.expires_at is not None and proof.expires_at <= now:
        return True
    return proof.staff_id is not None and proof.staff_state != "active"


def _principal(proof: KeyProof, *, tenant_id: UUID | None) -> Principal:
    if tenant_id is None:
        capabilities, actor = PLATFORM, f"platform:{proof.id}"
    elif proof.staff_id is None:
        capabilities, actor = _scopes(proof), f"key:{proof.id}"
    else:
        roles = capabilities_of(Role(name) for name in proof.staff_roles or ())
        capabilities, actor = _scopes(proof) & roles, f"staff:{proof.staff_id}"
        if proof.is_limited:
            capabilities -= BEYOND_A_UNIT
    return Principal(
        tenant_id=tenant_id,
        key_id=proof.id,
        staff_id=proof.staff_id,
        capabilities=capabilities,
        actor=actor,
        expires_at=proof.expires_at,
        org_unit_id=proof.staff_unit_id,
    )


def _scopes(proof: KeyProof) -> frozenset[Capability]:
    """Read the stored scopes; one that this release no longer knows brings nothing."""
    return frozenset(each for each in OF_A_TENANT if each.value in proof.scopes)


def _refused() -> Unauthenticated:
    return Unauthenticated("the API key is not valid; send one that is in force")
