"""A minimum term: from when, until when, and what ending it early costs.

The end is a local day, counted by the calendar from the day of the start. What is charged
for ending early is an item of its own, so that the next bill has it, once, with its working.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.records import Product
from core.catalogue.repository import head_by_id
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.frequency import Frequency
from core.kernel.ids import new_id
from core.kernel.zones import local_day, start_of_day
from core.subscriptions import repository
from core.subscriptions.choices import Named, named
from core.subscriptions.offers import (
    MOMENT,
    ONE,
    Offer,
    check_product,
    check_rated,
    held_until,
    is_sold_once,
)
from core.subscriptions.records import Item, Subscription
from core.subscriptions.standing import Standing

PENALTY: Final = "penalty"
"""The detail of a cancellation that names the item charged for ending early."""


class PenaltyRefused(Refusal):
    """What is charged for ending a binding early is something sold once: an expense."""

    code: ClassVar[str] = "PENALTY_REFUSED"


async def with_binding(
    tx: Tx, subscription: Subscription, *, terms: TermsVersion, offer: Offer
) -> Subscription:
    """Return a new subscription with the minimum term that its terms ask for.

    Raises:
        NotRated: the plan cannot price what is charged for ending early.
    """
    if terms.binding is None:
        return subscription
    penalty = terms.binding.penalty
    product = None
    if penalty is not None:
        product = await penalty_product(
            tx, penalty, offer=offer, terms=terms, path=("billingTerms",)
        )
    zone = subscription.timezone
    return replace(
        subscription,
        bound_from=subscription.starts_at,
        bound_until=term_end(subscription.starts_at, terms.binding.term, zone=zone),
        penalty_product_id=None if product is None else product.id,
    )


def term_end(start: datetime, term: Frequency, *, zone: str) -> datetime:
    """Return the local midnight at which a term from an instant on is over."""
    return start_of_day(term.after(local_day(start, zone), 1), zone)


async def penalty_product(
    tx: Tx, name: Named, *, offer: Offer, terms: TermsVersion, path: tuple[str, ...]
) -> Product:
    """Return what is charged for ending early, or refuse what the plan could not price."""
    product = await named(tx, Product, name, path=path)
    check_product(product, path=path)
    if not is_sold_once(product):
        raise PenaltyRefused(f"{product.code} is no expense; name one", path=path)
    check_rated(product, offer, terms=terms, path=path)
    return product


async def add_penalty(tx: Tx, current: Standing, *, ends_at: datetime) -> Item | None:
    """Add what ending at an instant costs, where that is before the binding's end."""
    owner = current.subscription
    is_early = owner.bound_until is not None and ends_at < owner.bound_until
    if not is_early or owner.penalty_product_id is None or not current.is_begun:
        return None
    if _is_charged(current):
        return None
    product = await head_by_id(tx, Product, owner.penalty_product_id)
    # One that ends now is billed in a period that is over: it has to lie before the end.
    from_at = min(current.now, ends_at - MOMENT)
    item = Item(
        item_id=new_id(),
        revision=1,
        subscription_id=current.id,
        product_id=product.id,
        quantity=ONE,
        from_at=from_at,
        until_at=held_until(product, from_at=from_at, ends_at=ends_at),
    )
    await repository.add_item(tx, item)
    return item


def _is_charged(current: Standing) -> bool:
    """Tell whether this binding's penalty is an item already: billed, then reactivated."""
    owner = current.subscription
    return any(
        item.product_id == owner.penalty_product_id
        and owner.bound_from is not None
        and item.from_at >= owner.bound_from
        for item in current.items
    )


async def take_back_penalty(tx: Tx, current: Standing, item_id: UUID | None) -> None:
    """Remove the penalty of a cancellation that is undone, where it is not billed yet."""
    if item_id is None or await repository.billed_until(tx, item_id) is not None:
        return
    for item in current.items:
        if item.item_id == item_id:
            await repository.remove_item(tx, item)
