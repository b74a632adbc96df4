"""All the SQL by which tasks are read and changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import orjson

from core.db import Tx
from core.fulfilment.records import Task
from core.rows import column_list, fetch_record, to_record

_TASKS: Final = f"""
SELECT {column_list(Task)} FROM fulfilment_task
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""  # noqa: S608 - our own words
_SET: Final = """
UPDATE fulfilment_task SET state = $3, slots = $4::jsonb, booked_for = $5, link = $6,
    link_sent_at = $7, done_at = $8
WHERE tenant_id = $1 AND id = $2
"""


async def tasks_by_ids(tx: Tx, task_ids: Sequence[UUID]) -> dict[UUID, Task]:
    """Return those of these tasks that exist."""
    rows = await tx.fetch(_TASKS, tx.tenant_id, list(task_ids))
    return {row["id"]: to_record(Task, row) for row in rows}


async def task(tx: Tx, task_id: UUID) -> Task | None:
    """Return a task of this tenant."""
    return (await tasks_by_ids(tx, [task_id])).get(task_id)


async def lock_task(tx: Tx, task_id: UUID) -> Task | None:
    """Return a task and keep others from changing it until this transaction ends."""
    return await fetch_record(tx, Task, f"{_TASKS} FOR UPDATE", tx.tenant_id, [task_id])


async def store(tx: Tx, changed: Task) -> None:
    """Store what may change of a task."""
    await tx.execute(
        _SET, tx.tenant_id, changed.id, changed.state, orjson.dumps(changed.slots).decode(),
        changed.booked_for, changed.link, changed.link_sent_at, changed.done_at,
    )  # fmt: skip
