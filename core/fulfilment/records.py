"""Tasks as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Task:
    """Work owed for an item from `opens_at` on.

    `slots` are the times that are offered at present, as text in UTC.
    """

    id: UUID
    account_id: UUID
    subscription_id: UUID
    item_id: UUID
    product_id: UUID
    module_id: UUID | None
    state: str
    slots: tuple[str, ...]
    booked_for: datetime | None
    link: str | None
    link_sent_at: datetime | None
    done_at: datetime | None
    opens_at: datetime
    is_test: bool
    created_at: datetime

    def times(self) -> list[datetime]:
        """Return the offered times."""
        return [datetime.fromisoformat(text) for text in self.slots]
