"""The one door: from whatever a caller presents to a principal.

A key of a seller or of the operator, a customer's token, and a token of a provider of
identities all come in here. Every failure (unknown, wrong, expired, revoked, disabled staff)
is one refusal with one text, so that nobody learns which it was. A principal is remembered
for at most `REMEMBERED_SECONDS` and never beyond its end, so that what is revoked is refused
within a minute, open sockets too if they authenticate again at each event.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import ClassVar, Final

import structlog

from core.db import Database, Tx
from core.identities import TokenRefused, TokenVerifier, looks_like_token
from core.kernel.clock import Clock
from core.kernel.errors import Refusal
from core.tenancy.key_material import parse_key
from core.tenancy.principal import Principal
from core.tenancy.proving import prove_identity, prove_key, prove_token
from core.tenancy.slugs import is_slug

REMEMBERED_SECONDS: Final = 30.0
REMEMBERED_KEYS: Final = 10_000
_ACTOR: Final = "authentication"
_log = structlog.get_logger(__name__)


class Unauthenticated(Refusal):
    """What was presented lets nobody in; it does not say why."""

    code: ClassVar[str] = "UNAUTHENTICATED"


@dataclass(frozen=True, slots=True)
class _Remembered:
    principal: Principal
    until: float


class Authenticator:
    """Authenticate against one database, with a short memory of those that passed.

    Without a `verifier` no tokens of providers are taken. Without a `clock` the database's
    time decides what is over.
    """

    def __init__(
        self,
        database: Database,
        *,
        pepper: bytes,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Clock | None = None,
        verifier: TokenVerifier | None = None,
    ) -> None:
        self._database = database
        self._pepper = pepper
        self._monotonic = monotonic
        self._clock = clock
        self._memory: OrderedDict[bytes, _Remembered] = OrderedDict()
        self.verifier: Final = verifier

    async def authenticate(self, text: str) -> Principal:
        """Return who presents this, or refuse.

        Raises:
            Unauthenticated: it lets nobody in; always the same text.
        """
        name = sha256(text.encode(errors="replace")).digest()  # no secret is kept in memory
        known = self._memory.get(name)
        if known is not None and self._monotonic() < known.until:
            return known.principal
        self._memory.pop(name, None)
        principal, now = await self._looked_up(text)
        if principal is None:
            raise _refused()
        self._remember(name, principal, now=now)
        return principal

    async def _looked_up(self, text: str) -> tuple[Principal | None, datetime]:
        presented = parse_key(text)
        if presented is None:
            if self.verifier is None:
                raise _refused()
            seller, token = _named(text)
            return await self._signed_in(token, seller=seller)
        prove = prove_token if presented.is_customers else prove_key
        async with self._transaction() as tx:
            return await prove(tx, presented, pepper=self._pepper), tx.now

    async def _signed_in(self, text: str, *, seller: str) -> tuple[Principal | None, datetime]:
        """Judge a provider's token; no transaction is open while the provider is asked."""
        assert self.verifier is not None
        async with self._transaction() as tx:
            now = tx.now
        try:
            identity = await self.verifier.verify(text, now=now)
        except TokenRefused as refused:
            _log.info("token refused", reason=str(refused))
            return None, now
        async with self._transaction() as tx:
            return await prove_identity(tx, identity, seller=seller), tx.now

    def _transaction(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.transaction(None, actor=_ACTOR, clock=self._clock)

    def _remember(self, name: bytes, principal: Principal, *, now: datetime) -> None:
        seconds = REMEMBERED_SECONDS
        if principal.expires_at is not None:
            seconds = min(seconds, (principal.expires_at - now).total_seconds())
        self._memory[name] = _Remembered(principal, self._monotonic() + seconds)
        while len(self._memory) > REMEMBERED_KEYS:
            self._memory.popitem(last=False)


def _named(text: str) -> tuple[str, str]:
    """Return which seller a provider's token is for, and the token: `acme~eyJ…` is for acme.

    Raises:
        Unauthenticated: it does not have the form of a token, or its name that of a seller.
    """
    seller, mark, token = text.rpartition("~")
    if not looks_like_token(token) or (mark and not is_slug(seller)):
        raise _refused()
    return seller, token


def _refused() -> Unauthenticated:
    return Unauthenticated(
        "what you sent is not valid; send an API key or a token that is in force"
    )
