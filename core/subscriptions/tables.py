"""The tables of this feature, as the migrations create them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import CURRENCY, DAY, INSTANT, JSON, QUANTITY


class SubscriptionRow(SQLModel, table=True):
    """What an account is subscribed to, from when and until when."""

    __tablename__ = "subscription"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    ref: str | None = None
    type: str | None = None
    state: str
    agreement_date: date = Field(sa_type=DAY)
    org_unit_id: UUID
    currency: str = Field(sa_type=CURRENCY)
    timezone: str
    anchor: date = Field(sa_type=DAY)
    starts_at: datetime = Field(sa_type=INSTANT)
    ends_at: datetime | None = Field(default=None, sa_type=INSTANT)
    classification: str | None = None
    attributes: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=INSTANT)
    bound_from: datetime | None = Field(default=None, sa_type=INSTANT)
    bound_until: datetime | None = Field(default=None, sa_type=INSTANT)
    penalty_product_id: UUID | None = None
    trial_from: datetime | None = Field(default=None, sa_type=INSTANT)
    trial_until: datetime | None = Field(default=None, sa_type=INSTANT)
    trial_grants: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    term_from: datetime | None = Field(default=None, sa_type=INSTANT)


class SubscriptionPhaseRow(SQLModel, table=True):
    """Which plan version and which terms version hold, from when to when."""

    __tablename__ = "subscription_phase"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    subscription_id: UUID
    price_plan_version_id: UUID
    billing_terms_version_id: UUID
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
    base_plan_version_id: UUID | None = None
    anchor: date | None = Field(default=None, sa_type=DAY)


class SubscriptionItemRow(SQLModel, table=True):
    """One revision of an item: a product and a quantity, from when to when."""

    __tablename__ = "subscription_item"

    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    subscription_id: UUID
    product_id: UUID
    quantity: Decimal = Field(sa_type=QUANTITY)
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
    is_trial: bool
    module_item_id: UUID | None = None
    committed: Decimal | None = Field(default=None, sa_type=QUANTITY)


class SubscriptionRestRow(SQLModel, table=True):
    """A time in which a subscription rests."""

    __tablename__ = "subscription_rest"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    subscription_id: UUID
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime | None = Field(default=None, sa_type=INSTANT)
    is_billed: bool
    note: str
    created_at: datetime = Field(sa_type=INSTANT)


class TrialUseRow(SQLModel, table=True):
    """A product that an account tried; insert-only."""

    __tablename__ = "trial_use"

    tenant_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    product_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    subscription_id: UUID
    actor: str
    created_at: datetime = Field(sa_type=INSTANT)
