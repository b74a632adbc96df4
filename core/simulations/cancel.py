"""Stop a simulation; what it has found so far stays to be read."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core import audit
from core.db import Tx
from core.rows import fetch_record
from core.simulations.errors import SimulationFinished, SimulationNotFound
from core.simulations.records import Simulation
from core.simulations.repository import COLUMNS, simulation

_CANCEL: Final = f"""
UPDATE simulation SET state = 'cancelled', finished_at = $3
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running')
RETURNING {COLUMNS}
"""  # noqa: S608 - our own columns


async def cancel_simulation(tx: Tx, simulation_id: UUID) -> Simulation:
    """Cancel; the chunk that a worker has at hand is not stored any more.

    Raises:
        SimulationNotFound, SimulationFinished
    """
    cancelled = await fetch_record(tx, Simulation, _CANCEL, tx.tenant_id, simulation_id, tx.now)
    if cancelled is not None:
        await audit.record(
            tx, action="simulation.cancelled", subject_type="simulation",
            subject_id=simulation_id,
        )  # fmt: skip
        return cancelled
    known = await simulation(tx, simulation_id)
    if known is None:
        raise SimulationNotFound(
            "there is no such simulation; check its id", path=("simulation",)
        )
    raise SimulationFinished(f"the simulation is {known.state} already", path=("simulation",))
