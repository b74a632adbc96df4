"""Change what describes a job: its text, its classification and its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from core.accounts.attributes import checked_attributes
from core.accounts.update_account import UNCHANGED, Unchanged
from core.contact_details import optional_line
from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import job_at_hand, leave_trace
from core.jobs.records import Job


@dataclass(frozen=True, slots=True)
class UpdateJob:
    """What to change; `attributes` replace all that the job had."""

    job_id: UUID
    description: str | Unchanged | None = UNCHANGED
    classification: str | Unchanged | None = UNCHANGED
    attributes: Mapping[str, object] | Unchanged = UNCHANGED


async def update_job(tx: Tx, command: UpdateJob) -> Job:
    """Change a job that is not billed and return it; no change writes nothing.

    Also a completed one: conditions that are asked when it is billed read what it is by then.

    Raises:
        JobNotFound, JobBilled, WrongJobState, InvalidText, InvalidAttribute
    """
    at_hand = await job_at_hand(tx, command.job_id, verb="update")
    before = at_hand.job
    changes = {
        name: value
        for name, value in _wanted(command).items()
        if getattr(before, name) != value
    }
    if not changes:
        return before
    after = replace(before, **changes)
    await repository.set_description(tx, after)
    await leave_trace(
        tx,
        action="job.updated",
        job_id=at_hand.id,
        account_id=at_hand.account.id,
        details={"changed": sorted(changes)},  # names only, as for accounts
    )
    return after


def _wanted(command: UpdateJob) -> dict[str, Any]:
    """Return the columns that the command mentions, checked."""
    wanted: dict[str, Any] = {}
    if not isinstance(command.description, Unchanged):
        text = optional_line(command.description, path=("description",))
        wanted["description"] = "" if text is None else text
    if not isinstance(command.classification, Unchanged):
        wanted["classification"] = optional_line(
            command.classification, path=("classification",)
        )
    if not isinstance(command.attributes, Unchanged):
        wanted["attributes"] = checked_attributes(command.attributes)
    return wanted
