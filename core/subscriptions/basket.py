"""What a subscription begins with: its products, checked together, and their items.

Packs are bound to the item of a module that begins beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.records import Product
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.subscriptions.choices import Named, named
from core.subscriptions.offers import (
    ONE,
    Offer,
    check_distinct,
    check_product,
    check_quantity,
    check_rated,
)
from core.subscriptions.packs import ModuleItem, module_of

MOST_ITEMS: Final = 100


class ItemsRefused(Refusal):
    """A subscription begins with 1 to 100 items."""

    code: ClassVar[str] = "ITEMS_REFUSED"


@dataclass(frozen=True, slots=True)
class NewItem:
    """A product by id or code; a measured one (by usage or a gauge) has the quantity 1.

    A pack names its module by the code of its product, where it could belong to several.
    """

    product: Named
    quantity: Decimal = ONE
    module: Named | None = None


class Chosen(NamedTuple):
    """A product to begin with, under the id of its item, and that of its module's."""

    item_id: UUID
    product: Product
    quantity: Decimal
    module_item_id: UUID | None = None


async def chosen_items(
    tx: Tx,
    items: Sequence[NewItem],
    *,
    offer: Offer,
    terms: TermsVersion,
    known: Mapping[UUID, UUID] | None = None,
) -> list[Chosen]:
    """Check what a subscription is to begin with, and return it with ids.

    `known` are the items that a product has already, by product: they go on.

    Raises:
        ItemsRefused, CatalogueEntryUnknown, NoLongerOffered, InvalidQuantity, NotRated,
        ItemAlreadyThere, NeedsModule
    """
    if not 1 <= len(items) <= MOST_ITEMS:
        raise ItemsRefused(f"give 1 to {MOST_ITEMS} items, not {len(items)}", path=("items",))
    found: list[Chosen] = []
    for number, item in enumerate(items):
        path = ("items", str(number))
        product = await named(tx, Product, item.product, path=(*path, "product"))
        check_product(product, path=(*path, "product"))
        check_quantity(item.quantity, product, path=(*path, "quantity"))
        check_rated(product, offer, terms=terms, path=(*path, "product"))
        taken = {one.item_id for one in found}
        kept = (known or {}).get(product.id)
        item_id = new_id() if kept is None or kept in taken else kept
        found.append(Chosen(item_id, product, item.quantity))
    bound = await _bound(tx, items, found)
    _refuse_twice(bound)
    return bound


async def _bound(tx: Tx, items: Sequence[NewItem], found: Sequence[Chosen]) -> list[Chosen]:
    """Bind packs to the modules that begin beside them; the item of a pack is its own."""
    modules = [ModuleItem(one.item_id, one.product.code) for one in found]
    bound: list[Chosen] = []
    for number, (item, one) in enumerate(zip(items, found, strict=True)):
        beside = [each for each in modules if each.item_id != one.item_id]
        path = ("items", str(number), "module")
        module = await module_of(tx, one.product, named=item.module, modules=beside, path=path)
        bound.append(one._replace(module_item_id=module))
    return bound


def _refuse_twice(bound: Sequence[Chosen]) -> None:
    """Refuse a product twice; each module may have a pack of the same product."""
    modules = dict.fromkeys(one.module_item_id for one in bound)
    for module in modules:
        check_distinct(
            [
                (one.product, ("items", str(number), "product"))
                for number, one in enumerate(bound)
                if one.module_item_id == module
            ]
        )


def told_items(chosen: Sequence[Chosen]) -> list[dict[str, str]]:
    """Return items as a history entry tells them."""
    return [{"product": one.product.code, "quantity": f"{one.quantity:f}"} for one in chosen]
