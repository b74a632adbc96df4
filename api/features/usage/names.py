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


@lru_cache(maxsize=_REMEMBERED)
def account_named(text: str) -> Named:
    """Return the key behind an account's id; any other text is a ref."""
    return _named(ACCOUNT_ID, text)


@lru_cache(maxsize=_REMEMBERED)
def subscription_named(text: str) -> Named:
    """Return the key behind a subscription's id; any other text is a ref."""
    return _named(SUBSCRIPTION_ID, text)


def _named(kind: IdKind, text: str) -> Named:
    if not text.startswith(f"{kind.prefix}_"):
        return text
    try:
        return kind.parse(text)
    except Refusal:
        return text
