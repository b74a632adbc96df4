"""What reads many tasks, and their names, at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from api.pages import records_by_key
from core.catalogue.features import load_allowed
from core.fulfilment.records import Task
from core.fulfilment.tables import FulfilmentTaskRow


async def load_tasks(context: ApiContext, keys: list[UUID]) -> Sequence[Task | None]:
    """Load tasks by key."""
    return await records_by_key(context, FulfilmentTaskRow, Task, keys)


async def load_task_names(context: ApiContext, keys: list[UUID]) -> Sequence[str]:
    """Load what products fulfil, by the product's key."""
    async with context.transaction() as tx:
        found = await load_allowed(tx, keys)
    return [found[key].fulfils if key in found else "" for key in keys]
