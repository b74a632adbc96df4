"""Create, change and retire products."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.catalogue.apply import BUILT_INS, Applied
from core.catalogue.checks import Installed
from core.catalogue.one_entry import change_entry, create_entry, stored_entry
from core.catalogue.schema import ProductDefinition
from core.db import Tx


async def product_create(
    tx: Tx, definition: ProductDefinition, *, installed: Installed = BUILT_INS
) -> Applied:
    """Add a product; refused where the code is taken."""
    return await create_entry(tx, "products", definition, installed=installed)


async def product_update(tx: Tx, code: str, **changes: Any) -> Applied:
    """Change the named fields of a product; what is for good is refused.

    `product_update(tx, "sms", name="Text messages")`; fields are `ProductDefinition`'s.
    """
    before: ProductDefinition = await stored_entry(tx, "products", code)
    return await change_entry(tx, "products", replace(before, **changes))


async def product_retire(tx: Tx, code: str) -> Applied:
    """Stop offering a product; those who have it keep it."""
    return await product_update(tx, code, state="retired")
