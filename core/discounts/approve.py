"""Approve a discount that waits: from now on it reduces bills."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.accounts.clock import now_of_account
from core.db import Tx
from core.discounts import repository
from core.discounts.records import DiscountGrant
from core.discounts.refusals import DiscountNotPending, NotTheApprover
from core.discounts.trace import bill_decided, leave_trace, wake_job
from core.jobs.due import JobBilling


async def approve_discount(
    tx: Tx, grant_id: UUID, *, unit_id: UUID | None, billing: JobBilling | None = None
) -> DiscountGrant:
    """Approve a pending discount, for staff of the unit that its definition names.

    `unit_id` is the caller's; None is the tenant itself, which may approve everything. With
    `billing`, a job that waited for this alone is billed in this very transaction.

    Raises:
        DiscountNotFound, NotTheApprover, DiscountNotPending
    """
    found = await repository.locked_grant(tx, grant_id)
    if unit_id is not None and found.approver_unit_id != unit_id:
        raise NotTheApprover("another unit's staff approve it; ask them", path=("grant",))
    if found.state != "pending":
        raise DiscountNotPending(f"it is {found.state} already", path=("grant",))
    now = await now_of_account(tx, found.account_id)
    await repository.set_approved(tx, found.id, at=now)
    # Before the trace: two that make invoices must not wait for each other's numbers.
    await bill_decided(tx, found, billing)
    await leave_trace(tx, "discount.approved", found)
    await wake_job(tx, found)
    return replace(found, state="approved", approved_by=tx.actor, approved_at=now)
