"""Reading stored events: of every identity the revision that holds, and whether it is void.

A correction adds rows and changes none: revision 0 as reported, an odd one takes the one
before it back, an even one above 0 is the new content. So what holds is the row with the
sign 1 that no later content follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from core.db import Tx
from core.rows import all_records
from core.usage.tables import UsageEventRow

_COLUMNS = (
    "identity", "revision", "account_id", "subscription_id", "usage_period_id",
    "billing_period_id", "occurred_at", "received_at", "quantity", "channel", "unit",
    "dimension", "source", "event_id", "payload", "amount", "rating", "tax",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """The revision of an event that holds; a voided one shows what was taken back."""

    identity: UUID
    revision: int
    account_id: UUID
    subscription_id: UUID | None
    usage_period_id: UUID | None
    billing_period_id: UUID | None
    occurred_at: datetime
    received_at: datetime
    quantity: Decimal
    channel: str
    unit: str
    dimension: str
    source: str
    event_id: str
    payload: Mapping[str, Any]
    amount: Decimal | None
    rating: Mapping[str, Any] | None
    tax: Decimal | None
    is_voided: bool


def stored_events(tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
    """Select a tenant's events, each identity once."""
    event = UsageEventRow
    columns: list[Any] = [getattr(event, name) for name in _COLUMNS]
    return select(*columns, _followed_by(1).label("is_voided")).where(
        col(event.tenant_id) == tenant_id, col(event.sign) == 1, ~_followed_by(2), *where
    )


async def events_by_identity(tx: Tx, identities: Sequence[UUID]) -> list[ListedEvent]:
    """Return those of these events that are stored."""
    found = stored_events(tx.tenant_id, col(UsageEventRow.identity).in_(identities))
    return await all_records(tx, ListedEvent, found)


def _followed_by(revisions: int) -> ColumnElement[bool]:
    """Return whether the event has a row so many revisions later."""
    later = aliased(UsageEventRow)
    return exists().where(
        col(later.tenant_id) == col(UsageEventRow.tenant_id),
        col(later.identity) == col(UsageEventRow.identity),
        col(later.revision) == col(UsageEventRow.revision) + revisions,
    )
