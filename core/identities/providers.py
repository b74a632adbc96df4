"""A provider's public keys: found by discovery, kept, and asked for again within bounds.

While a provider is down its known keys go on for a day. A key that is not known lets ask
again at most once a minute, so that invented key ids cost nobody anything.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry, RSAKey

from core.identities.fetching import ProviderUnreachable, fetch_document
from core.identities.tokens import ALGORITHMS

FRESH_SECONDS: Final = 3_600.0
KEPT_SECONDS: Final = 86_400.0
PAUSE_SECONDS: Final = 60.0
MOST_KEYS: Final = 50
FEWEST_RSA_BITS: Final = 2_048
DISCOVERY: Final = "/.well-known/openid-configuration"


class Provider:
    """One issuer: its keys, and when they were asked for."""

    def __init__(self, issuer: str, *, monotonic: Callable[[], float]) -> None:
        self.issuer: Final = issuer
        self._monotonic = monotonic
        self._asking = asyncio.Lock()
        self._keys: Mapping[str, Any] = {}
        self._known_at = float("-inf")
        self._asked_at = float("-inf")

    async def key(
        self, client: httpx.AsyncClient, *, key_id: str | None, algorithm: str
    ) -> Any | None:
        """Return the public key of an id that may check an algorithm, or None.

        Raises:
            ProviderUnreachable: no key is known, and the provider tells none.
        """
        found = self._known(key_id, algorithm)
        age = self._monotonic() - self._known_at
        if found is not None and age < FRESH_SECONDS:
            return found
        if found is not None and age < KEPT_SECONDS and self._asking.locked():
            return found  # somebody else is asking; what is known goes on meanwhile
        await self._ask_again(client)
        if self._monotonic() - self._known_at >= KEPT_SECONDS:
            raise ProviderUnreachable(f"no keys of {self.issuer} are known")
        return self._known(key_id, algorithm)

    async def read(self, client: httpx.AsyncClient) -> int:
        """Ask the provider now, keep its keys, and return how many can be used.

        Raises:
            ProviderUnreachable: it does not answer as it must.
        """
        found = await fetch_document(client, self.issuer.rstrip("/") + DISCOVERY)
        if found.get("issuer") != self.issuer:
            raise ProviderUnreachable(f"{self.issuer} says that it is somebody else")
        address = found.get("jwks_uri")
        if not isinstance(address, str):
            raise ProviderUnreachable(f"{self.issuer} does not say where its keys are")
        self._keys = _usable(await fetch_document(client, address))
        self._known_at = self._monotonic()
        return len(self._keys)

    async def _ask_again(self, client: httpx.AsyncClient) -> None:
        """Ask, unless somebody has within the last minute; what fails leaves what is known."""
        async with self._asking:
            if self._monotonic() - self._asked_at < PAUSE_SECONDS:
                return
            self._asked_at = self._monotonic()
            try:
                await self.read(client)
            except ProviderUnreachable:
                if self._monotonic() - self._known_at >= KEPT_SECONDS:
                    raise

    def _known(self, key_id: str | None, algorithm: str) -> Any | None:
        """Find a key; a token without an id is for a provider that has one key only."""
        if key_id is None:
            found = next(iter(self._keys.values())) if len(self._keys) == 1 else None
        else:
            found = self._keys.get(key_id)
        return found if found is not None and _may_check(found, algorithm) else None


def _usable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the public signature keys of a key set by their ids; others are left out."""
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise ProviderUnreachable(f"a key set must list at most {MOST_KEYS} keys")
    found = {}
    for place, each in enumerate(listed):
        key = _imported(each) if isinstance(each, dict) else None
        if key is not None:
            name = each.get("kid")
            found[name if isinstance(name, str) else f"without an id {place}"] = key
    return found


def _imported(each: dict[str, Any]) -> Any | None:
    kinds = {kind for kind, _curve in ALGORITHMS.values()}
    if each.get("kty") not in kinds or each.get("use", "sig") != "sig":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # short keys are left out below
            key = JWKRegistry.import_key(each)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    is_short = isinstance(key, RSAKey) and key.raw_value.key_size < FEWEST_RSA_BITS
    return None if is_short else key


def _may_check(key: Any, algorithm: str) -> bool:
    kind, curve = ALGORITHMS[algorithm]
    parts = key.as_dict(private=False)
    if parts["kty"] != kind or (curve is not None and parts.get("crv") != curve):
        return False
    return parts.get("alg") in {None, algorithm}
