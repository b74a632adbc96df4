"""Rests: times in which a subscription is out of service.

A subscription is `suspended` while a rest holds; that is asked, never stored. Rests of one
subscription do not overlap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.db import Tx
from core.rows import add_row, column_list, to_record
from core.subscriptions.tables import SubscriptionRestRow


@dataclass(frozen=True, slots=True)
class Rest:
    """A rest in `[from_at, until_at)`; without an end it holds until it is ended."""

    id: UUID
    subscription_id: UUID
    from_at: datetime
    until_at: datetime | None
    is_billed: bool
    note: str
    created_at: datetime

    def holds(self, instant: datetime) -> bool:
        """Tell whether the instant lies in the rest."""
        return self.from_at <= instant and (self.until_at is None or instant < self.until_at)


_REST: Final = column_list(Rest)


async def rests_of(tx: Tx, subscription_ids: Sequence[UUID]) -> Mapping[UUID, list[Rest]]:
    """Return all rests of each subscription in the order of their time."""
    rows = await tx.fetch(
        f"SELECT {_REST} FROM subscription_rest WHERE tenant_id = $1"  # noqa: S608
        " AND subscription_id = ANY($2::uuid[]) ORDER BY subscription_id, from_at",
        tx.tenant_id,
        list(subscription_ids),
    )
    found: dict[UUID, list[Rest]] = defaultdict(list)
    for row in rows:
        found[row["subscription_id"]].append(to_record(Rest, row))
    return found


async def is_resting(tx: Tx, subscription_ids: Sequence[UUID], at: datetime) -> frozenset[UUID]:
    """Return those of the subscriptions that rest at an instant of their account's time."""
    rows = await tx.fetch(
        "SELECT subscription_id FROM subscription_rest WHERE tenant_id = $1"
        " AND subscription_id = ANY($2::uuid[]) AND from_at <= $3"
        " AND (until_at IS NULL OR until_at > $3)",
        tx.tenant_id,
        list(subscription_ids),
        at,
    )
    return frozenset(row["subscription_id"] for row in rows)


async def add_rest(tx: Tx, rest: Rest) -> None:
    """Insert a rest."""
    await add_row(tx, SubscriptionRestRow, **asdict(rest), tenant_id=tx.tenant_id)


async def end_rest(tx: Tx, rest: Rest, *, until_at: datetime) -> None:
    """Let a rest end at an instant."""
    await tx.execute(
        "UPDATE subscription_rest SET until_at = $3 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        rest.id,
        until_at,
    )


async def remove_rest(tx: Tx, rest: Rest) -> None:
    """Remove a rest that has not begun."""
    await tx.execute(
        "DELETE FROM subscription_rest WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        rest.id,
    )
