"""Jobs and their lines as frozen values; fields are named like the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.jobs.lifecycle import State


@dataclass(frozen=True, slots=True)
class Job:
    """Work for an account.

    `due_at` is when it is to be billed: set by completing it, and taken away by the billing.
    `park_code` and `park_reason` say why billing it failed last; it is tried again at
    `retry_at`.
    """

    id: UUID
    account_id: UUID
    ref: str | None
    type_id: UUID
    description: str
    state: State
    org_unit_id: UUID
    classification: str | None
    attributes: Mapping[str, Any]
    is_billable: bool
    currency: str | None
    price_plan_version_id: UUID | None
    base_plan_version_id: UUID | None
    billing_terms_version_id: UUID | None
    agreement_date: date
    starts_at: datetime
    expected_at: datetime
    completed_at: datetime | None
    due_at: datetime | None
    is_test: bool
    park_code: str | None
    park_reason: str | None
    attempts: int
    retry_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A product that a job brings; the quantity of a one-time service is in hours."""

    id: UUID
    job_id: UUID
    product_id: UUID
    quantity: Decimal
