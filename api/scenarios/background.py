"""What workers do in the background, done at once, so that the next step sees it."""

from __future__ import annotations

from typing import Final

from api.scenarios.public import PublicFace
from core.billing_cycles.pricing import Pricing
from core.simulations.run import run_next_chunk

STARTS_SIMULATION: Final = "simulationStart"
MOST_CHUNKS: Final = 100


async def run_simulations(face: PublicFace) -> None:
    """Run the simulations that wait, as a worker does."""
    application, tenant_id = face.application, face.principal.tenant_id
    assert tenant_id is not None  # a scenario's seller
    pricing = Pricing(application.host, application.pool)
    for _chunk in range(MOST_CHUNKS):
        ran = await run_next_chunk(
            application.database,
            tenant_id,
            pricing=pricing,
            installed=application.installed,
            clock=application.clock,
        )
        if ran is None:
            return
