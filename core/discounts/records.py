"""Discounts that were given, and what they took off, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

GrantState = Literal["pending", "approved", "cancelled"]
TargetKind = Literal["subscription", "job"]


@dataclass(frozen=True, slots=True)
class DiscountGrant:
    """A discount given to a subscription or to a job; fields are named like the columns."""

    id: UUID
    definition_id: UUID
    definition_version_id: UUID
    account_id: UUID
    subscription_id: UUID | None
    job_id: UUID | None
    method: str
    percent: Decimal | None
    amount: Decimal | None
    currency: str | None
    effective_from: datetime
    expires_at: datetime | None
    state: GrantState
    approver_unit_id: UUID | None
    uses: int
    uses_allowed: int | None
    note: str
    provided_by: str
    provided_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    cancelled_by: str | None
    cancelled_at: datetime | None

    @property
    def lasts(self) -> bool:
        """Tell whether it may reduce more than one bill."""
        return self.uses_allowed is None or self.uses_allowed > 1


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """What a discount took off an invoice."""

    id: UUID
    grant_id: UUID
    definition_version_id: UUID
    invoice_id: UUID
    amount: Decimal
    free_time: Decimal | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """What a discount is given to, as far as discounts must know it.

    `now` is the account's: its test clock, or the transaction's instant. `terms_version_id`
    is of the terms that hold; None where nothing is billed.
    """

    id: UUID
    kind: TargetKind
    account_id: UUID
    currency: str | None
    zone: str
    starts_at: datetime
    agreement_date: date
    terms_version_id: UUID | None
    is_open: bool
    now: datetime
