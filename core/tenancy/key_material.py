"""The texts and digests of API keys and of customers' tokens. No storage here.

Each is `prefix.secret`. The prefix finds the row, the secret proves the key: 256 random
bits, so one HMAC-SHA256 under the installation's pepper is enough, and slow hashing would
only cost time.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

TENANT_MARK: Final = "fft"
PLATFORM_MARK: Final = "ffp"
CUSTOMER_MARK: Final = "ffc"
_SECRET_BYTES: Final = 32
_PREFIX_BYTES: Final = 8
_PRESENTED: Final = re.compile(r"(ff[tpc]_[0-9a-f]{16})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """A new key: its text is shown once and never stored."""

    prefix: str
    text: str = field(repr=False)
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as a caller sent it, taken apart."""

    prefix: str
    text: str = field(repr=False)

    @property
    def is_platform(self) -> bool:
        """True for a key of the operator."""
        return self.prefix.startswith(PLATFORM_MARK)

    @property
    def is_customers(self) -> bool:
        """True for a customer's token."""
        return self.prefix.startswith(CUSTOMER_MARK)


def new_key(mark: str, *, pepper: bytes) -> KeyMaterial:
    """Make a key of random bits; `mark` says whose it is."""
    prefix = f"{mark}_{secrets.token_hex(_PREFIX_BYTES)}"
    text = f"{prefix}.{secrets.token_urlsafe(_SECRET_BYTES)}"
    return KeyMaterial(prefix, text, key_digest(text, pepper=pepper))


def key_digest(text: str, *, pepper: bytes) -> bytes:
    """Return what is stored of a key: useless without the pepper."""
    return hmac.digest(pepper, text.encode(), sha256)


def parse_key(text: str) -> PresentedKey | None:
    """Take a presented key apart, or return None when it does not have a key's form."""
    found = _PRESENTED.fullmatch(text)
    return PresentedKey(found[1], text) if found else None


def proves(presented: PresentedKey, stored: bytes | None, *, pepper: bytes) -> bool:
    """Say whether the key is the stored one; takes as long when nothing is stored."""
    mine = key_digest(presented.text, pepper=pepper)
    matches = hmac.compare_digest(mine, stored if stored is not None else bytes(len(mine)))
    return matches and stored is not None
