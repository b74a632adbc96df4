"""What a signed token says, and whether it may be believed. Pure, but for the clock given.

Sources: RFC 7519 (claims), RFC 8725 (best practices: algorithms pinned, never the one that
the token wishes for), OpenID Connect Core 1.0, 3.1.3.7 (issuer and audience).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

MOST_CHARACTERS: Final = 8_192
MOST_AUDIENCES: Final = 10
MOST_TEXT: Final = 255
LONGEST_LIFE: Final = timedelta(hours=24)
SKEW: Final = timedelta(seconds=30)
"""How far a provider's clock may be ahead of ours; an end is an end without it."""
ALGORITHMS: Final[Mapping[str, tuple[str, str | None]]] = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
"""What may sign, and by which kind and curve of key; no secret that both sides know."""
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""Tokens that say who somebody is; not one that logs somebody out, for example."""
_FORM: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


class TokenRefused(Exception):
    """The token proves nothing; the reason is for the log, never for who sent it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider has vouched for, to whom, and until when.

    `email` is there only where the provider says that it has verified it.
    """

    issuer: str
    subject: str
    audience: str
    email: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unproven:
    """What a token says of itself, before anybody has looked at its signature."""

    issuer: str
    algorithm: str
    key_id: str | None


def looks_like_token(text: str) -> bool:
    """Say whether a text has the form of a signed token, of a size that is looked at."""
    return len(text) <= MOST_CHARACTERS and _FORM.fullmatch(text) is not None


def unproven(text: str) -> Unproven:
    """Read which key a token is to be checked with; nothing of it is believed.

    Raises:
        TokenRefused: it is none, or wants an algorithm that is not taken.
    """
    if not looks_like_token(text):
        raise TokenRefused("it does not have the form of a token")
    header, claims = (_part(part) for part in text.split(".")[:2])
    algorithm, key_id, issuer = header.get("alg"), header.get("kid"), claims.get("iss")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenRefused(f"the algorithm {algorithm!r} is not taken")
    if "crit" in header:
        raise TokenRefused("it asks for an extension")
    if str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise TokenRefused("it is a token for something else")
    if key_id is not None and not isinstance(key_id, str):
        raise TokenRefused("its key id is no text")
    return Unproven(_text(issuer, "iss"), algorithm, key_id)


def identity(claims: Mapping[str, Any], *, now: datetime) -> Identity:
    """Return whom claims name whose signature has been proved.

    Raises:
        TokenRefused: they are over, not yet in force, too long-lived, or incomplete.
    """
    ends, issued = _instant(claims, "exp"), _instant(claims, "iat")
    if ends <= now:
        raise TokenRefused("it has expired")
    if issued > now + SKEW:
        raise TokenRefused("it is of the future")
    if ends - issued > LONGEST_LIFE:
        raise TokenRefused("it lives for more than 24 hours")
    if "nbf" in claims and _instant(claims, "nbf") > now + SKEW:
        raise TokenRefused("it is not in force yet")
    return Identity(
        issuer=_text(claims.get("iss"), "iss"),
        subject=_text(claims.get("sub"), "sub"),
        audience=_audience(claims),
        email=_verified_email(claims),
        expires_at=ends,
    )


def _part(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise TokenRefused("a part of it is not readable") from None
    if not isinstance(found, dict):
        raise TokenRefused("a part of it is no object")
    return found


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MOST_TEXT or "\x00" in value:
        raise TokenRefused(f"{name} is no text of 1 to {MOST_TEXT} characters")
    return value


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(f"{name} is no number")
    try:
        return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(seconds=value)
    except (OverflowError, ValueError):
        raise TokenRefused(f"{name} is no instant") from None


def _audience(claims: Mapping[str, Any]) -> str:
    """Return for whom the token is; where it says who asked for it, for that one alone."""
    given = claims.get("aud")
    listed = given if isinstance(given, list) else [given]
    if not 1 <= len(listed) <= MOST_AUDIENCES:
        raise TokenRefused("it is for nobody, or for too many")
    found = tuple(_text(each, "aud") for each in listed)
    if len(found) == 1:
        return found[0]
    asked_for_by = _text(claims.get("azp"), "azp")
    if asked_for_by not in found:
        raise TokenRefused("azp is not among those that it is for")
    return asked_for_by


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    return email if 3 <= len(email) <= MOST_TEXT else None
