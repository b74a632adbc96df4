"""Take licences back: the seat is free at once, and stays bought."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from core.db import Tx
from core.kernel.errors import Refusal
from core.licences import repository
from core.licences.records import LicenceAssignment
from core.subscriptions.trace import leave_trace


class AssignmentNotFound(Refusal):
    """No assignment of this tenant has the id."""

    code: ClassVar[str] = "ASSIGNMENT_NOT_FOUND"


async def release_licence(tx: Tx, assignment_id: UUID) -> LicenceAssignment:
    """End an assignment now; one that has ended stays as it was.

    Raises:
        AssignmentNotFound
    """
    found = await repository.assignment(tx, assignment_id)
    if found is None:
        raise AssignmentNotFound(
            "there is no such assignment; check its id", path=("assignment",)
        )
    return await _release(tx, found)


async def release_all_of(tx: Tx, *, account_id: UUID, member_id: UUID) -> None:
    """Take back everything that a member holds: they leave the account."""
    for each in await repository.held_by(tx, account_id, member_id):
        await _release(tx, each)


async def _release(tx: Tx, found: LicenceAssignment) -> LicenceAssignment:
    await repository.lock_seats(tx, found.item_id, found.subscription_id)
    present = await repository.assignment(tx, found.id)  # as it is now that we hold the lock
    assert present is not None
    if present.until_at is not None:
        return present
    item = await repository.item(tx, found.item_id)
    assert item is not None  # an assignment has its item
    until_at = max(item.at, present.from_at)
    await repository.end_assignments(tx, {found.id: until_at}, released_by=tx.actor)
    await repository.recount(tx, found.item_id)
    await leave_trace(
        tx,
        action="licence.released",
        subscription_id=found.subscription_id,
        account_id=found.account_id,
        details={"item": found.item_id, "product": item.product, "member": found.member_id},
    )
    return replace(present, until_at=until_at, released_by=tx.actor)
