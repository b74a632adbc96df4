"""What every change of a subscription leaves: history, audit entry, notification.

And the tasks that its items open (`core.fulfilment`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from core import outbox
from core.accounts import history
from core.db import Tx
from core.fulfilment.opening import open_and_drop_tasks


async def leave_trace(
    tx: Tx,
    *,
    action: str,
    subscription_id: UUID,
    account_id: UUID,
    details: Mapping[str, Any],
) -> None:
    """Write the account's history (with it the audit entry) and queue the notification."""
    await history.append(
        tx,
        account_id=account_id,
        action=action,
        subject_type="subscription",
        subject_id=subscription_id,
        details=details,
    )
    await outbox.append(
        tx,
        topic=action,
        subject_id=subscription_id,
        payload={"account": account_id, "subscription": subscription_id, **details},
    )
    await open_and_drop_tasks(tx, subscription_id)
