"""What grants are computed from, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core.billing.fixed import CHARGED_ONCE
from core.entitlements.reasons import Reason


class Life(NamedTuple):
    """A subscription as far as it decides what its items grant."""

    id: UUID
    account_id: UUID
    state: str
    timezone: str
    starts_at: datetime
    ends_at: datetime | None
    trial_from: datetime | None
    trial_until: datetime | None
    trial_grants: Mapping[str, object] | None
    is_resting: bool
    period_from: datetime | None
    period_until: datetime | None


class Held(NamedTuple):
    """A revision of an item, with what its product is."""

    item_id: UUID
    subscription_id: UUID
    product_id: UUID
    product: str
    kind: str
    quantity: Decimal
    from_at: datetime
    until_at: datetime | None
    is_trial: bool
    module_item_id: UUID | None

    def holds(self, instant: datetime) -> bool:
        """Tell whether the instant lies in its time; what is sold once stays."""
        if instant < self.from_at:
            return False
        return self.is_sold_once or self.until_at is None or instant < self.until_at

    @property
    def is_sold_once(self) -> bool:
        """Tell whether it is charged once: its item ends as it begins."""
        return self.kind in CHARGED_ONCE


@dataclass(frozen=True, slots=True)
class Source:
    """How much of a feature one item grants in `[from_at, until_at)`.

    `granted` None: any amount. `used` is what was consumed of it. `needs_seat`: only for
    `holders`. `modules`: a member needs a right on one of them. `closed` says why it grants
    nothing at present. Without an item it comes with the subscription itself.
    """

    feature: str
    subscription_id: UUID
    item_id: UUID | None
    product_id: UUID | None
    granted: Decimal | None
    from_at: datetime
    until_at: datetime | None
    renews: bool = False
    is_trial: bool = False
    needs_payment: bool = False
    needs_seat: bool = False
    seats: int = 0
    closed: Reason | None = None
    used: Decimal = Decimal(0)
    holders: frozenset[UUID] = frozenset()
    modules: frozenset[UUID] = frozenset()

    @property
    def left(self) -> Decimal | None:
        """What is left of it; None: any amount."""
        return None if self.granted is None else max(self.granted - self.used, Decimal(0))
