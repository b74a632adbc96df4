"""Accounts and subscriptions as reports name them: by id, or by the tenant's own ref."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from api.features.accounts.types import ACCOUNT_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from api.graphql.ids import IdKind
from core.kernel.errors import Refusal
from core.usage.records import Named

_REMEMBERED: Final = 10_000
"""A batch names few accounts many times."""
_KEY_LENGTH: Final = len("_01h455vb4pex5vsknk084sn02q")


def account_named(text: str) -> Named:
    """Return the key behind an account's id; any other text is a ref."""
    return _named(ACCOUNT_ID, text)


def subscription_named(text: str) -> Named:
    """Return the key behind a subscription's id; any other text is a ref."""
    return _named(SUBSCRIPTION_ID, text)


def _named(kind: IdKind, text: str) -> Named:
    # Only what has an id's length is remembered: senders choose how long a text is.
    if len(text) != len(kind.prefix) + _KEY_LENGTH or not text.startswith(f"{kind.prefix}_"):
        return text
    return _parsed(kind, text)


@lru_cache(maxsize=_REMEMBERED)
def _parsed(kind: IdKind, text: str) -> Named:
    try:
        return kind.parse(text)
    except Refusal:
        return text
