"""From a signed token to whom it names, for the issuers that this installation trusts."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

import httpx
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning

from core.identities.fetching import SECONDS, ProviderUnreachable
from core.identities.providers import Provider
from core.identities.tokens import Identity, TokenRefused, Unproven, identity, unproven

MOST_CONNECTIONS: Final = 4


class TokenVerifier:
    """Judges tokens; keeps the keys of its issuers, and asks nobody else."""

    def __init__(
        self, issuers: Iterable[str], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._providers = {each: Provider(each, monotonic=monotonic) for each in issuers}
        self._client = httpx.AsyncClient(
            timeout=SECONDS,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS),
        )

    @property
    def issuers(self) -> frozenset[str]:
        """The issuers whose tokens are looked at."""
        return frozenset(self._providers)

    async def verify(self, text: str, *, now: datetime) -> Identity:
        """Return whom a token names.

        Raises:
            TokenRefused: it proves nothing, or nobody can tell now.
        """
        said = unproven(text)
        provider = self._providers.get(said.issuer)
        if provider is None:
            raise TokenRefused("its issuer is not trusted here")
        try:
            key = await provider.key(self._client, key_id=said.key_id, algorithm=said.algorithm)
        except ProviderUnreachable as error:
            raise TokenRefused(str(error)) from error
        if key is None:
            raise TokenRefused("its key is not one of the issuer's")
        return _proven(text, said, key, now=now)

    async def reach(self) -> dict[str, str | int]:
        """Ask every issuer; return how many keys each has, or what is amiss."""
        found: dict[str, str | int] = {}
        for issuer, provider in self._providers.items():
            try:
                found[issuer] = await provider.read(self._client)
            except ProviderUnreachable as error:
                found[issuer] = str(error)
        return found

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _proven(text: str, said: Unproven, key: object, *, now: datetime) -> Identity:
    try:
        with warnings.catch_warnings():
            # "EdDSA" is the older name of Ed25519, and what most providers still write.
            warnings.simplefilter("ignore", SecurityWarning)
            token = jwt.decode(text, key, algorithms=[said.algorithm])  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused(f"its signature does not hold: {error}") from error
    found = identity(token.claims, now=now)
    if found.issuer != said.issuer:
        raise TokenRefused("it has two issuers")
    return found
