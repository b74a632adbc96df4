"""Seats and who holds them, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LicenceAssignment:
    """One member who holds one seat of a licence item in `[from_at, until_at)`."""

    id: UUID
    account_id: UUID
    subscription_id: UUID
    item_id: UUID
    member_id: UUID
    from_at: datetime
    until_at: datetime | None
    assigned_by: str
    released_by: str | None
    created_at: datetime


class Seats(NamedTuple):
    """The locked seats of an item, and what is held of them at `at`, the account's time."""

    item_id: UUID
    subscription_id: UUID
    account_id: UUID
    product: str
    seats: int
    held: tuple[LicenceAssignment, ...]
    at: datetime

    @property
    def free(self) -> int:
        """How many nobody holds."""
        return self.seats - len(self.held)

    def holder(self, member_id: UUID) -> LicenceAssignment | None:
        """Return what a member holds of them."""
        return next((each for each in self.held if each.member_id == member_id), None)
