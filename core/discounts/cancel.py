"""Cancel a discount that was given; refusing one that waits is the same."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.accounts.clock import now_of_account
from core.catalogue.entries import entries_by_version
from core.db import Tx
from core.discounts import repository
from core.discounts.caps import give_back
from core.discounts.records import DiscountGrant
from core.discounts.refusals import DiscountCancelled
from core.discounts.rules import definition_of
from core.discounts.trace import bill_decided, leave_trace, wake_job
from core.discounts.visible import require_known
from core.jobs.due import JobBilling


async def cancel_discount(
    tx: Tx,
    grant_id: UUID,
    *,
    unit_id: UUID | None = None,
    billing: JobBilling | None = None,
) -> DiscountGrant:
    """Stop a discount, pending or approved; what it took off bills before stays.

    A use that was reserved and not used is given back. `unit_id` is the caller's
    unit; None is the tenant itself. With `billing`, a job that waited
    for this decision alone is billed in this very transaction.

    Raises:
        DiscountNotFound, DiscountCancelled
    """
    found = await repository.locked_grant(tx, grant_id)
    await require_known(tx, found, unit_id=unit_id)
    if found.state == "cancelled":
        raise DiscountCancelled("it is cancelled already", path=("grant",))
    version_id = found.definition_version_id
    definition = definition_of((await entries_by_version(tx, [version_id]))[version_id])
    await give_back(tx, definition, found)
    now = await now_of_account(tx, found.account_id)
    await repository.set_cancelled(tx, found.id, at=now)
    # Before the trace: two that make invoices must not wait for each other's numbers.
    await bill_decided(tx, found, billing)
    await leave_trace(tx, "discount.cancelled", found, uses=found.uses)
    await wake_job(tx, found)
    return replace(found, state="cancelled", cancelled_by=tx.actor, cancelled_at=now)
