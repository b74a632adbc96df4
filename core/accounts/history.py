"""An account's history: what happened to it, for its people to read.

Each entry is in the audit trail too, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from core import audit
from core.accounts import repository
from core.accounts.records import HistoryEntry
from core.db import Tx
from core.kernel.ids import new_id


async def append(
    tx: Tx,
    *,
    account_id: UUID,
    action: str,
    subject_type: str,
    subject_id: UUID,
    details: Mapping[str, Any] | None = None,
) -> HistoryEntry:
    """Write that this transaction's actor did something to an account, now.

    An account with a test clock is told its own time; the audit trail keeps the real one.
    It belongs to a subscription where it was done to one, or where `details` name one.
    """
    entry = HistoryEntry(
        id=new_id(),
        account_id=account_id,
        at=tx.now,
        actor=tx.actor,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        details=dict(details or {}),
        subscription_id=_subscription(subject_type, subject_id, details or {}),
    )
    written = await repository.add_history(tx, entry)
    await audit.record(
        tx, action=action, subject_type=subject_type, subject_id=subject_id, details=details
    )
    return written


def _subscription(
    subject_type: str, subject_id: UUID, details: Mapping[str, Any]
) -> UUID | None:
    if subject_type == "subscription":
        return subject_id
    named = details.get("subscription")
    return named if isinstance(named, UUID) else None
