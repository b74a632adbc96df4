"""The tables of provisioning, as migration 0011 makes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import INSTANT, JSON


class ProvisioningRequestRow(SQLModel, table=True):
    """What a provider is asked to switch, and how that went."""

    __tablename__ = "provisioning_request"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID
    order_id: UUID | None = None
    provider: str
    product_id: UUID
    provisioning_id: str
    action: str
    facts: dict[str, Any] = Field(sa_type=JSON)
    state: str
    attempts: int
    reference: str
    error: str | None = None
    created_at: datetime = Field(sa_type=INSTANT)
    settled_at: datetime | None = Field(default=None, sa_type=INSTANT)


class ProvisioningLogRow(SQLModel, table=True):
    """What the built-in provisioner was asked; insert-only, once per request."""

    __tablename__ = "provisioning_log"

    tenant_id: UUID = Field(primary_key=True)
    request_id: UUID = Field(primary_key=True)
    provider: str
    account: str
    subscription: str
    product: str
    action: str
    provisioning_id: str
    facts: dict[str, Any] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=INSTANT)
