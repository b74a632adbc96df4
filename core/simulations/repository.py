"""Reading simulations."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.db import Tx
from core.rows import column_list, fetch_record
from core.simulations.records import Simulation

COLUMNS: Final = column_list(Simulation)

_ONE: Final = f"""
SELECT {COLUMNS} FROM simulation WHERE tenant_id = $1 AND id = $2
"""  # noqa: S608 - our own columns


async def simulation(tx: Tx, simulation_id: UUID) -> Simulation | None:
    """Return a simulation, or None where there is none."""
    return await fetch_record(tx, Simulation, _ONE, tx.tenant_id, simulation_id)
