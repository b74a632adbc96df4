"""Payments and what belongs to them as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

MethodKind = Literal["card", "direct_debit", "transfer", "other"]
COLLECTED_KINDS = frozenset({"card", "direct_debit"})


@dataclass(frozen=True, slots=True)
class Credit:
    """Money of an account: its amount, and what of it was used and given back."""

    id: UUID
    account_id: UUID
    currency: str
    kind: str
    amount: Decimal
    used: Decimal
    refunded: Decimal
    at: datetime

    @property
    def left(self) -> Decimal:
        """Return what may still be used."""
        return self.amount - self.used - self.refunded


@dataclass(frozen=True, slots=True)
class Allocation:
    """How much of some money settled which invoice."""

    id: UUID
    credit_id: UUID
    invoice_id: UUID
    amount: Decimal
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Method:
    """A means of payment; `token` is the provider's name for it, never a number."""

    id: UUID
    account_id: UUID
    gateway: str
    kind: str
    token: str
    label: str
    expires_on: date | None
    is_default: bool
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Collection:
    """An amount to be collected for an invoice."""

    id: UUID
    account_id: UUID
    invoice_id: UUID
    method_id: UUID
    gateway: str
    currency: str
    amount: Decimal
    state: str
    attempts: int
    next_at: datetime
    is_test: bool
    reference: str
    reason: str
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that was received; it has the id of the credit that it makes."""

    id: UUID
    account_id: UUID
    method_id: UUID | None
    collection_id: UUID | None
    gateway: str
    reference: str
    currency: str
    amount: Decimal
    received_at: datetime
    note: str
    actor: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back to a customer."""

    id: UUID
    account_id: UUID
    credit_id: UUID
    gateway: str
    currency: str
    amount: Decimal
    state: str
    attempts: int
    next_at: datetime
    is_test: bool
    reference: str
    reason: str
    actor: str
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Dunning:
    """How far reminding of an unpaid invoice has come."""

    invoice_id: UUID
    account_id: UUID
    subscription_id: UUID | None
    policy: Mapping[str, Any]
    step: int
    next_at: datetime | None
    state: str
    has_suspended: bool
    is_test: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DunningAction:
    """Something that was done about an unpaid invoice."""

    id: UUID
    invoice_id: UUID
    step: int
    kind: str
    at: datetime
