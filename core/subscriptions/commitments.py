"""Units that a term commits to: charged until its end, whether they are held or not."""

from __future__ import annotations

from dataclasses import replace

from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.choices import products_of
from core.subscriptions.contract import Commitment, commitment_now
from core.subscriptions.records import Item
from core.subscriptions.standing import Standing


async def commitment_of(tx: Tx, current: Standing, item: Item) -> Commitment | None:
    """Return what the term commits to of an item that is made fewer, or ended, now."""
    if not current.terms.minimum_quantity or item.is_trial:
        return None
    present = current.present_items()
    products = await products_of(tx, present)
    return commitment_now(
        current, item, products=[(one, products[one.product_id]) for one in present]
    )


async def keep_commitment(tx: Tx, current: Standing, changed: Item) -> Item:
    """Let a revision that holds fewer units be charged what the term commits to.

    A revision of its own begins where the commitment is over; one that holds no fewer is
    charged as it is. `changed` is stored already.
    """
    found = await commitment_of(tx, current, changed)
    if found is None or changed.quantity >= found.units or changed.from_at >= found.until:
        if changed.committed is None:
            return changed
        free = replace(changed, committed=None)
        await repository.set_item(tx, free)
        return free
    until_at = changed.until_at
    outlasts = until_at is None or until_at > found.until
    bound = replace(
        changed, committed=found.units, until_at=found.until if outlasts else until_at
    )
    await repository.set_item(tx, bound)
    if outlasts:
        free = replace(
            changed,
            revision=changed.revision + 1,
            from_at=found.until,
            until_at=until_at,
            committed=None,
        )
        await repository.add_item(tx, free)
    return bound
