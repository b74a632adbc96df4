"""Naming an item: by its id, or by its product's code within its subscription."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from api.features.subscriptions.answers import item_key, subscription_key
from api.features.subscriptions.types import ITEM_ID
from api.references import given, reference
from core.db import Tx
from core.subscriptions.refusals import ItemNotFound
from core.subscriptions.repository import subscription_of_item

# Items that have ended by the account's time are named by nobody.
_BY_CODE: Final = """
SELECT DISTINCT i.item_id FROM subscription_item i
JOIN product p ON p.tenant_id = $1 AND p.id = i.product_id AND p.code = $3
JOIN subscription s ON s.tenant_id = $1 AND s.id = i.subscription_id
JOIN account a ON a.tenant_id = $1 AND a.id = s.account_id
WHERE i.tenant_id = $1 AND i.subscription_id = $2
  AND (i.until_at IS NULL OR i.until_at > coalesce(a.test_clock, $4))
"""


async def item_named(tx: Tx, text: str, *, subscription: str | None) -> tuple[UUID, UUID]:
    """Return the keys of an item and of its subscription.

    Raises:
        SubscriptionNotFound, ItemNotFound
        IdMalformed, IdOfOtherType: it is no id of an item, and no subscription is named.
    """
    within = given(subscription)
    if within is None:
        return await item_key(tx, text)
    key = await subscription_key(tx, within)
    return await item_of(tx, text, subscription_id=key, path=("item",)), key


async def item_of(tx: Tx, text: str, *, subscription_id: UUID, path: tuple[str, ...]) -> UUID:
    """Return the key of a subscription's item, by id or by its product's code.

    Raises:
        ItemNotFound: it is none of the subscription's, no item that goes on is called so, or
            several are.
    """
    named = reference(ITEM_ID, text, path=path)
    if isinstance(named, UUID):
        if await subscription_of_item(tx, named) != subscription_id:
            raise ItemNotFound("the subscription has no such item; check its id", path=path)
        return named
    rows = await tx.fetch(_BY_CODE, tx.tenant_id, subscription_id, named, tx.now)
    if len(rows) != 1:
        told = "several items are" if rows else "no item that goes on is"
        raise ItemNotFound(f"{told} of product {named!r}; name it by its id", path=path)
    found: UUID = rows[0]["item_id"]
    return found
