"""Orders as values, and what is refused about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from core.kernel.errors import Refusal
from core.plugin_api import Directive
from core.usage.records import Verdict

SOURCE: Final = "order"
"""The source of events that were ordered; their event id is the order's."""
ORDERS_KIND: Final = "orders"
"""Under which workers find tenants with orders that are due."""


class OrderNotFound(Refusal):
    """There is no such order."""

    code: ClassVar[str] = "ORDER_NOT_FOUND"


class OrderNotScheduled(Refusal):
    """The order has become an event, or was cancelled or refused."""

    code: ClassVar[str] = "ORDER_NOT_SCHEDULED"


class OrderInThePast(Refusal):
    """An order is for now or for later."""

    code: ClassVar[str] = "ORDER_IN_THE_PAST"


class NotOrderable(Refusal):
    """The product's channel takes no orders."""

    code: ClassVar[str] = "NOT_ORDERABLE"


class OrderRefused(Refusal):
    """The order cannot be given; `verdict` is that of the event it would have become."""

    code: ClassVar[str] = "ORDER_REFUSED"

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"{verdict.reason}: {verdict.message}", path=verdict.path)
        self.verdict = verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """An order of a service by its product's code; empty texts are what is not said.

    Without `ordered_for` it is given now. `unit_id` is the unit whose staff orders.
    """

    subscription_id: UUID
    service: str
    udr_type: str
    termed_service: str = ""
    method: str = ""
    device: str = ""
    source_system: str = ""
    source_category: str = ""
    destination_category: str = ""
    amount: Decimal | None = None
    ordered_for: datetime | None = None
    directive: Directive = "bill"
    unit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order; `event` is `{channel: {…}}`, as the event of it will be stored.

    `reason` says why a refused one could not be given.
    """

    id: UUID
    account_id: UUID
    subscription_id: UUID
    termed_item_id: UUID
    product_id: UUID
    catalogue_version_id: UUID
    udr_type: str
    directive: str
    state: str
    ordered_for: datetime
    event_identity: UUID | None
    reason: str | None
    ordered_by: str
    is_test: bool
    created_at: datetime
    settled_at: datetime | None
    event: Mapping[str, Any] = field(default_factory=dict)
