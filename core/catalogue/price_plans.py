"""Create price plans, publish their versions, and retire them."""

from __future__ import annotations

from dataclasses import replace

from core.catalogue.apply import Applied
from core.catalogue.one_entry import change_entry, create_entry, stored_entry
from core.catalogue.schema import PricePlanDefinition
from core.db import Tx


async def price_plan_create(tx: Tx, definition: PricePlanDefinition) -> Applied:
    """Add a price plan with its first version; refused where the code is taken."""
    return await create_entry(tx, "price_plans", definition)


async def price_plan_version_publish(tx: Tx, definition: PricePlanDefinition) -> Applied:
    """Publish what a plan is to be from now, or from its `effective_from`.

    A new version where prices or the commitment differ; only further products are added to
    the current version. Subscribers keep their version until moved.
    """
    return await change_entry(tx, "price_plans", definition)


async def price_plan_retire(tx: Tx, code: str) -> Applied:
    """Stop offering a plan; its subscribers keep it."""
    before: PricePlanDefinition = await stored_entry(tx, "price_plans", code)
    return await change_entry(tx, "price_plans", replace(before, state="retired"))
