"""Change an item's quantity, and charge or give back at once what that makes due."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.billing_cycles.pricing import Pricing
from core.catalogue.schema.terms import Fewer
from core.changes.charging import Outcome, charge_more, refuse_while_billed, settle
from core.credit_notes.records import CreditNote
from core.credit_notes.unused import Unused, give_back
from core.db import Tx
from core.licences.seats import require_free, set_seats
from core.subscriptions.change_quantity import change_quantity
from core.subscriptions.records import Item
from core.subscriptions.standing import Standing, require_subscription_of_item, standing

REASON: Final = "Fewer units"
NONE: Final = Decimal(0)

# Layers that hold the instant, less what was given back of it.
_CHARGED: Final = """
SELECT coalesce(sum(quantity), 0) - (SELECT coalesce(sum(quantity), 0) FROM fee_credit
    WHERE tenant_id = $1 AND item_id = $2 AND from_at <= $3 AND until_at > $3)
FROM fee_slice WHERE tenant_id = $1 AND item_id = $2 AND from_at <= $3 AND until_at > $3
"""


class ItemChanged(NamedTuple):
    """The revision of an item that a change leaves, and what was charged or given back."""

    item: Item
    outcome: Outcome


async def change_quantity_now(
    tx: Tx, *, item_id: UUID, quantity: Decimal, when: Fewer | None = None, pricing: Pricing
) -> ItemChanged:
    """Give an item another quantity; commit right afterwards, because numbers are given.

    More acts now. Under terms that bill in advance and say so (`more`) it is charged at once,
    for the days that are left: 2 more at 10 with 20 of 30 days left are 13.33. Fewer acts by
    `when`, or by the terms (`fewer`): with the next period; at once, and what is paid stays
    paid, so that wanting it again in the period costs nothing; or at once with a credit note
    (4 of 10 at 30 with 27 of 31 days left: 104.52).

    Raises:
        ItemNotFound, SubscriptionEnded, WrongState, InvalidQuantity, NothingToChange
        SeatsInUse: more members hold a seat.
        BillingInProgress, CannotBeBilled
    """
    subscription_id = await require_subscription_of_item(tx, item_id)
    current = await standing(tx, subscription_id, verb="change_quantity")
    present = current.present_item(item_id)
    policy = when or current.terms.fewer
    changed = await change_quantity(tx, item_id=item_id, quantity=quantity, fewer=policy)
    if changed.from_at > current.at_once:
        await require_free(tx, item_id, seats=quantity)
    else:
        await set_seats(tx, item_id, subscription_id, quantity)
    notes: list[CreditNote] = []
    if policy == "credit":
        notes = await give_back_units(tx, current, present, changed=changed)
    is_more = quantity > present.quantity
    invoice_ids = await charge_more(tx, current, pricing=pricing) if is_more else []
    outcome = await settle(
        tx, subscription_id=current.id, notes=notes, invoice_ids=invoice_ids, at=current.now
    )
    return ItemChanged(changed, outcome)


async def give_back_units(
    tx: Tx, current: Standing, present: Item, *, changed: Item
) -> list[CreditNote]:
    """Give back the units of an item that go, from now on; none where there are more.

    Units that the term commits to are charged whether they are held or not; units that no
    invoice has charged yet are not given back.
    """
    left = max(changed.quantity, changed.committed or NONE)
    charged = await _charged_units(tx, present.item_id, at=current.at_once)
    units = min(max(present.quantity, present.committed or NONE), charged) - left
    if units <= 0:
        return []
    await refuse_while_billed(tx, current.id)
    unused = Unused(present.item_id, current.at_once, units)
    return await give_back(
        tx, subscription_id=current.id, unused=[unused], reason=REASON, at=current.now
    )


async def _charged_units(tx: Tx, item_id: UUID, *, at: datetime) -> Decimal:
    charged: Decimal = await tx.fetchval(_CHARGED, tx.tenant_id, item_id, at)
    return charged
