"""What reads the failures of several plugins at once."""

from __future__ import annotations

from collections.abc import Sequence

from api.context import ApiContext
from api.plugin_failures import (
    ParkedBy,
    RejectedOn,
    parked_by_plugin,
    rejected_by_channel,
)


async def load_parked_by(context: ApiContext, names: list[str]) -> Sequence[ParkedBy | None]:
    """Load what plugins have parked of the caller's seller, by their names."""
    async with context.transaction() as tx:
        found = await parked_by_plugin(tx)
    return [found.get(name) for name in names]


async def load_rejected_on(
    context: ApiContext, channels: list[str]
) -> Sequence[RejectedOn | None]:
    """Load what was rejected lately of the caller's seller, by channel."""
    async with context.transaction() as tx:
        found = await rejected_by_channel(tx)
    return [found.get(channel) for channel in channels]
