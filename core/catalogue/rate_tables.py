"""Create rate tables and give them new prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from core.catalogue.apply import Applied
from core.catalogue.one_entry import change_entry, create_entry, stored_entry
from core.catalogue.schema import RateTableDefinition, SlotDefinition
from core.db import Tx


async def rate_table_create(tx: Tx, definition: RateTableDefinition) -> Applied:
    """Add a rate table; refused where the code is taken."""
    return await create_entry(tx, "rate_tables", definition)


async def rate_table_slot_add(tx: Tx, code: str, slot: SlotDefinition) -> Applied:
    """Announce prices that an `on_event_date` table will have from a date to come."""
    before: RateTableDefinition = await stored_entry(tx, "rate_tables", code)
    added = replace(before, slots=(*before.slots, slot))
    return await change_entry(tx, "rate_tables", added)


async def rate_table_reprice(
    tx: Tx, code: str, *, rows: Mapping[str, Decimal], default: Decimal | None
) -> Applied:
    """Give a `kept_until_moved` table new prices.

    Every plan that uses it gets a new version; subscribers keep the old one until moved.
    """
    before: RateTableDefinition = await stored_entry(tx, "rate_tables", code)
    return await change_entry(tx, "rate_tables", replace(before, rows=rows, default=default))
