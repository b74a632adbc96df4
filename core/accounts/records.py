"""What accounts hand out: frozen rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.accounts.attributes import AttributeValue


@dataclass(frozen=True, slots=True)
class Account:
    """The tenant's customer; one with a `test_clock` lives in a time of its own."""

    id: UUID
    ref: str | None
    name: str
    name_key: str
    email: str | None
    country: str
    currency: str
    timezone: str
    org_unit_id: UUID
    classification: str | None
    attributes: Mapping[str, AttributeValue]
    address: Mapping[str, str]
    tax_number: str | None
    invoice_per: str
    test_clock: datetime | None
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Company:
    """A company attached to an account."""

    id: UUID
    account_id: UUID
    name: str
    tax_number: str | None
    country: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A user whom an account declares."""

    id: UUID
    account_id: UUID
    name: str
    email: str
    role: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What happened to an account, by whom and when; to which subscription, if to one."""

    id: UUID
    account_id: UUID
    at: datetime
    actor: str
    action: str
    subject_type: str
    subject_id: UUID
    details: Mapping[str, Any]
    subscription_id: UUID | None = None
