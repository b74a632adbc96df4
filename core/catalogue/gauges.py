"""Create gauges."""

from __future__ import annotations

from core.catalogue.apply import Applied
from core.catalogue.one_entry import create_entry
from core.catalogue.schema import GaugeDefinition
from core.db import Tx


async def gauge_create(tx: Tx, definition: GaugeDefinition) -> Applied:
    """Declare a gauge; refused where the code is taken."""
    return await create_entry(tx, "gauges", definition)
