"""A request to be billed for longer than the terms' frequency, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.kernel.frequency import Frequency

RequestState = Literal["waiting", "billed", "rejected", "cancelled"]


@dataclass(frozen=True, slots=True)
class AdvanceRequest:
    """A request as stored; fields are named like the columns.

    `waiting` until a billing takes it (`billed`, with the period that it made longer) or
    rejects it with a `reason`, or until it is cancelled. `months` is its length where that is
    a number of months. `requested_at` is in the account's time.
    """

    id: UUID
    account_id: UUID
    subscription_id: UUID
    definition_version_id: UUID
    duration: str
    months: int | None
    note: str
    state: RequestState
    reason: str | None
    period_id: UUID | None
    requested_by: str
    requested_at: datetime
    settled_by: str | None
    settled_at: datetime | None

    @property
    def length(self) -> Frequency:
        """The duration as a value."""
        return Frequency.parse(self.duration)
