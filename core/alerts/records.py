"""Alerts and what they found, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

Measure = Literal["usage_amount", "next_invoice", "quantity", "allowance"]

MOST_THRESHOLDS: Final = 10
MOST_ALERTS: Final = 1_000
"""Active alerts of one tenant."""
ALERT_RAISED: Final = "alert.raised"
"""The outbox's topic; its subject is the event's id."""
ALERT_DUE: Final = "alert"
"""The kind under which workers find tenants whose usage is to be looked at."""
LOOK_EVERY: Final = timedelta(seconds=15)
MEASURES_OF_MONEY: Final = frozenset({"usage_amount", "next_invoice"})
MEASURES_OF_USAGE: Final = frozenset({"usage_amount", "quantity"})
"""Those that ask what was used in a period."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is watched, of whom, and at which thresholds.

    Of one subscription, of every subscription of an account, of every subscription that
    holds a product or is on a price plan, or, with none of the four, of all. A subscription's
    alert names its account too. Thresholds are amounts, quantities, or percents: of `budget`
    where there is one, of what is granted with an allowance.
    """

    id: UUID
    name: str
    measure: Measure
    account_id: UUID | None
    subscription_id: UUID | None
    holds_product_id: UUID | None
    price_plan_id: UUID | None
    product_id: UUID | None
    feature: str | None
    currency: str | None
    budget: Decimal | None
    thresholds: tuple[Decimal, ...]
    state: str
    created_at: datetime
    defined_by: str


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """A threshold was reached: `value` is what was measured, `level` what had to be.

    `level` is the threshold, but for percents of a budget. `period_until` is None where an
    allowance has no end.
    """

    id: UUID
    alert_id: UUID
    account_id: UUID
    subscription_id: UUID
    threshold: Decimal
    level: Decimal
    value: Decimal
    currency: str | None
    period_from: datetime
    period_until: datetime | None
    period_id: UUID | None
    raised_at: datetime
