"""Rows of `billing_period` as plain values: to be stored, as stored, and a stream's end."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from core.kernel.periods import Period
from core.periods.schedule import Schedule, Stream


class StreamEnd(NamedTuple):
    """How far the rows of one subscription's stream reach, read for the next ones.

    `whole_end` and `ordinal` are those of the last row; `open_count` counts the unfrozen
    rows, the first of which is due at `first_due`. `ends_at` is the subscription's end.
    """

    account_id: UUID
    subscription_id: UUID
    stream: Stream
    ordinal: int
    whole_end: datetime
    open_count: int
    first_due: datetime | None
    ends_at: datetime | None
    is_test: bool
    schedule: Schedule


class PeriodRow(NamedTuple):
    """A row of `billing_period`, in the order of its columns, ready for COPY."""

    tenant_id: UUID
    id: UUID
    account_id: UUID
    subscription_id: UUID
    stream: Stream
    ordinal: int
    starts_at: datetime
    ends_at: datetime
    whole_starts_at: datetime
    whole_ends_at: datetime
    due_at: datetime
    is_test: bool
    state: str = "open"
    run_id: UUID | None = None
    is_advance: bool = False


class StoredPeriod(NamedTuple):
    """A period as it stands; `state` is open, frozen, parked or billed.

    `is_advance`: it was bought in advance, for longer than the terms' frequency, and its
    fees are owed when it is billed, whatever the terms say.
    """

    id: UUID
    account_id: UUID
    subscription_id: UUID
    stream: Stream
    ordinal: int
    starts_at: datetime
    ends_at: datetime
    whole_starts_at: datetime
    whole_ends_at: datetime
    due_at: datetime
    is_test: bool
    state: str
    run_id: UUID | None
    is_advance: bool = False

    @property
    def part(self) -> Period:
        """The slice that is billed."""
        return Period(self.starts_at, self.ends_at)

    @property
    def whole(self) -> Period:
        """The uncut period, by whose days the slice is prorated."""
        return Period(self.whole_starts_at, self.whole_ends_at)
