"""Open the tasks of what a subscription buys, and drop those of what never begins.

Every change of a subscription comes here, so that no verb can forget it. A task is stored once
for an item, whatever becomes of the item later, and begins with it; what is tried opens none
before it is ordered. An item that ends before it begins owes nothing.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.accounts import history
from core.db import Tx

_OPEN: Final = """
INSERT INTO fulfilment_task (tenant_id, id, account_id, subscription_id, item_id, product_id,
    module_id, state, opens_at, is_test, created_at)
SELECT $1, gen_random_uuid(), s.account_id, s.id, i.item_id, i.product_id,
    (SELECT m.product_id FROM subscription_item m WHERE m.tenant_id = $1
        AND m.item_id = i.module_item_id ORDER BY m.revision LIMIT 1),
    'open', greatest(i.from_at, s.starts_at), a.test_clock IS NOT NULL, $3
FROM subscription s
JOIN account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
JOIN subscription_item i ON i.tenant_id = s.tenant_id AND i.subscription_id = s.id
    AND NOT i.is_trial AND (i.until_at IS NULL OR i.until_at > i.from_at)
    AND i.revision = (SELECT min(f.revision) FROM subscription_item f
        WHERE f.tenant_id = $1 AND f.item_id = i.item_id AND NOT f.is_trial
        AND (f.until_at IS NULL OR f.until_at > f.from_at))
JOIN product p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
    AND coalesce(p.body ->> 'fulfils', '') <> ''
WHERE s.tenant_id = $1 AND s.id = $2 AND s.state <> 'trial'
ON CONFLICT (tenant_id, item_id) DO NOTHING
RETURNING id, account_id, product_id
"""
_DROP: Final = """
UPDATE fulfilment_task t SET state = 'cancelled'
WHERE t.tenant_id = $1 AND t.subscription_id = $2
  AND t.state IN ('open', 'offered', 'booked')
  AND NOT EXISTS (SELECT FROM subscription_item i WHERE i.tenant_id = $1
      AND i.item_id = t.item_id AND (i.until_at IS NULL OR i.until_at > i.from_at))
RETURNING id, account_id, product_id
"""
_NAMES: Final = """
SELECT id, body ->> 'fulfils' AS name FROM product
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""


async def open_and_drop_tasks(tx: Tx, subscription_id: UUID) -> None:
    """Let the tasks of a subscription be those of its items; once more changes nothing."""
    opened = await tx.fetch(_OPEN, tx.tenant_id, subscription_id, tx.now)
    dropped = await tx.fetch(_DROP, tx.tenant_id, subscription_id)
    if not opened and not dropped:
        return
    named = {row["product_id"] for row in (*opened, *dropped)}
    rows = await tx.fetch(_NAMES, tx.tenant_id, list(named))
    names = {row["id"]: row["name"] for row in rows}
    for action, found in (("task.opened", opened), ("task.cancelled", dropped)):
        for row in found:
            await history.append(
                tx,
                account_id=row["account_id"],
                action=action,
                subject_type="fulfilment_task",
                subject_id=row["id"],
                details={"name": names[row["product_id"]], "subscription": subscription_id},
            )
