"""Requests to providers as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

State = Literal["waiting", "done", "failed"]


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """What a provider was asked, and how that went; `error` is of the last attempt."""

    id: UUID
    account_id: UUID
    subscription_id: UUID
    order_id: UUID | None
    provider: str
    product_id: UUID
    provisioning_id: str
    action: str
    state: str
    attempts: int
    reference: str
    error: str | None
    created_at: datetime
    settled_at: datetime | None
    facts: Mapping[str, str] = field(default_factory=dict)
