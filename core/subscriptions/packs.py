"""Packs belong to a module of the same subscription, and end with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple
from uuid import UUID

from core.catalogue.features import load_allowed
from core.catalogue.records import Product
from core.db import Tx
from core.kernel.errors import Refusal
from core.subscriptions.records import Item

Path = tuple[str, ...]


class NeedsModule(Refusal):
    """A pack needs a module of the same subscription, and nothing else belongs to one."""

    code: ClassVar[str] = "NEEDS_MODULE"


class ModuleItem(NamedTuple):
    """An item that a pack may belong to, with the code of its product."""

    item_id: UUID
    product: str


async def module_of(
    tx: Tx,
    pack: Product,
    *,
    named: UUID | str | None,
    modules: Sequence[ModuleItem],
    path: Path = ("module",),
) -> UUID | None:
    """Return the item that a new item belongs to; None where its product needs none.

    `named` is an item's id or the code of its product. A pack may leave it out where just
    one of the modules that it needs is there.

    Raises:
        NeedsModule: none of them is there, several are, or the named one is no such module.
    """
    needs = (await load_allowed(tx, [pack.id]))[pack.id].needs
    if not needs:
        if named is not None:
            raise NeedsModule(f"{pack.code} belongs to no module; leave it out", path=path)
        return None
    told = " or ".join(needs)
    fitting = [one for one in modules if one.product in needs]
    if named is not None:
        fitting = [one for one in fitting if named in (one.item_id, one.product)]
        if not fitting:
            raise NeedsModule(f"{pack.code} belongs to {told}; name such an item", path=path)
    if not fitting:
        raise NeedsModule(f"{pack.code} needs {told}; add that first", path=path)
    if len(fitting) > 1:
        several = ", ".join(sorted(one.product for one in fitting))
        raise NeedsModule(f"{pack.code} could belong to {several}; name the item", path=path)
    return fitting[0].item_id


def modules_among(items: Sequence[Item], products: Mapping[UUID, Product]) -> list[ModuleItem]:
    """Return the items that a pack could belong to; no pack belongs to a pack."""
    found = {
        item.item_id: ModuleItem(item.item_id, products[item.product_id].code)
        for item in items
        if item.module_item_id is None
    }
    return list(found.values())
