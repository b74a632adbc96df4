"""What terms make of fewer units: charged to a term's end, or held until notice is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.choices import products_of
from core.subscriptions.contract import Commitment, commitment_now, notice_now
from core.subscriptions.records import Item
from core.subscriptions.standing import Standing


async def fewer_from(tx: Tx, current: Standing, item: Item) -> datetime:
    """Return when fewer units of an item act that are chosen now, or its end.

    With the next fees period. Where terms without a `term` ask for notice and it comes too
    late, with the one after it; those with one commit to units instead, or to nothing.
    """
    terms, next_period = current.terms, current.next_period
    if terms.notice is None or terms.term is not None or item.is_trial:
        return next_period
    if current.state == "trial" or not current.is_begun:
        return next_period
    present = current.present_items()
    products = await products_of(tx, present)
    notice = notice_now(current, [(one, products[one.product_id]) for one in present])
    return max(next_period, notice.ends_at)


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
