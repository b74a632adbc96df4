"""What every change of a discount that was given leaves: history, audit, notification."""

from __future__ import annotations

from typing import Any

from core import outbox
from core.accounts import history
from core.db import Tx
from core.discounts.records import DiscountGrant
from core.jobs.due import JobBilling, wake_jobs


async def bill_decided(
    tx: Tx, decided: DiscountGrant, billing: JobBilling | None = None
) -> None:
    """Bill the job that waited for the decision about a discount.

    Only a pending discount holds a job back, and billing locks the account before the
    discounts that it takes: asked for one that is approved, the two could wait for each
    other.
    """
    if billing is not None and decided.job_id is not None and decided.state == "pending":
        await billing.bill_now(tx, decided.job_id)


async def leave_trace(tx: Tx, action: str, changed: DiscountGrant, **details: Any) -> None:
    """Write the account's history (with it the audit entry) and queue the notification."""
    about = {"subscription": changed.subscription_id, "job": changed.job_id, **details}
    told = {name: value for name, value in about.items() if value is not None}
    await history.append(
        tx,
        account_id=changed.account_id,
        action=action,
        subject_type="discount_grant",
        subject_id=changed.id,
        details=told,
    )
    await outbox.append(
        tx, topic=action, subject_id=changed.id, payload={"account": changed.account_id, **told}
    )


async def wake_job(tx: Tx, decided: DiscountGrant) -> None:
    """Let the workers bill the job that waited for this decision. Commit soon."""
    if decided.job_id is not None:
        await wake_jobs(tx)
