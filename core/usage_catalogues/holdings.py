"""What subscriptions hold that matters for orders: termed services, and when they rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.subscriptions.rests import Rest, rests_of

_SUBSCRIPTIONS: Final = """
SELECT s.account_id, s.id, s.ref, s.currency, s.timezone, s.starts_at, s.ends_at
FROM subscription s
WHERE s.tenant_id = $1 AND s.account_id = ANY($2::uuid[]) AND s.state <> 'trial'
ORDER BY s.id
"""
_ITEMS: Final = """
SELECT i.subscription_id, i.item_id, p.code, i.from_at, i.until_at
FROM subscription_item i
JOIN product p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
WHERE i.tenant_id = $1 AND i.subscription_id = ANY($2::uuid[]) AND p.kind = 'termed_service'
ORDER BY i.item_id, i.revision
"""


class TermedItem(NamedTuple):
    """A revision of a termed service's item."""

    item_id: UUID
    product: str
    from_at: datetime
    until_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Tell whether it is active at an instant."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


@dataclass(slots=True)
class Holder:
    """A subscription that might order."""

    account_id: UUID
    id: UUID
    ref: str | None
    currency: str
    zone: str
    starts_at: datetime
    ends_at: datetime | None
    items: list[TermedItem] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)

    def item_at(self, at: datetime, products: Collection[str]) -> TermedItem | None:
        """Return an active item of one of the products; of any, where none is named."""
        for item in self.items:
            if (not products or item.product in products) and item.holds(at):
                return item
        return None


async def holders_of(tx: Tx, account_ids: Collection[UUID]) -> dict[UUID, list[Holder]]:
    """Return the subscriptions of accounts, by account, with their termed services.

    Three statements, however many they are. A trial orders nothing.
    """
    rows = await tx.fetch(_SUBSCRIPTIONS, tx.tenant_id, list(account_ids))
    found = {row["id"]: Holder(*row) for row in rows}
    ids = list(found)
    for subscription_id, *item in await tx.fetch(_ITEMS, tx.tenant_id, ids):
        found[subscription_id].items.append(TermedItem(*item))
    for subscription_id, rests in (await rests_of(tx, ids)).items():
        found[subscription_id].rests = rests
    by_account: dict[UUID, list[Holder]] = defaultdict(list)
    for holder in found.values():
        by_account[holder.account_id].append(holder)
    return dict(by_account)
