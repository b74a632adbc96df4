"""The tables of jobs, as migration 0012 makes them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import CURRENCY, DAY, INSTANT, JSON, QUANTITY


class JobRow(SQLModel, table=True):
    """Work done for an account, from draft to completion."""

    __tablename__ = "job"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    ref: str | None = None
    type_id: UUID
    description: str
    state: str
    org_unit_id: UUID
    classification: str | None = None
    attributes: dict[str, Any] = Field(sa_type=JSON)
    is_billable: bool
    currency: str | None = Field(default=None, sa_type=CURRENCY)
    price_plan_version_id: UUID | None = None
    base_plan_version_id: UUID | None = None
    billing_terms_version_id: UUID | None = None
    agreement_date: date = Field(sa_type=DAY)
    starts_at: datetime = Field(sa_type=INSTANT)
    expected_at: datetime = Field(sa_type=INSTANT)
    completed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    due_at: datetime | None = Field(default=None, sa_type=INSTANT)
    is_test: bool
    park_code: str | None = None
    park_reason: str | None = None
    attempts: int
    retry_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)


class JobLineRow(SQLModel, table=True):
    """A product that a job brings: hours, goods, an expense."""

    __tablename__ = "job_line"

    tenant_id: UUID = Field(primary_key=True)
    job_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    product_id: UUID
    quantity: Decimal = Field(sa_type=QUANTITY)
    created_at: datetime = Field(sa_type=INSTANT)


class JobBillingRow(SQLModel, table=True):
    """That a job was billed, and by which invoice; insert-only."""

    __tablename__ = "job_billing"

    tenant_id: UUID = Field(primary_key=True)
    job_id: UUID = Field(primary_key=True)
    invoice_id: UUID | None = None
    created_at: datetime = Field(sa_type=INSTANT)
