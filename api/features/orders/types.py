"""Orders, requests to providers and what may be ordered, as the schema shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import ApiContext, Info
from api.features.catalogue.loading import load_products
from api.features.catalogue.types import Product
from api.features.invoices.lines import money
from api.features.tenancy.actors import Actor
from api.features.usage.events import USAGE_EVENT_ID
from api.graphql.ids import IdKind
from api.graphql.money import Money
from api.graphql.nodes import Node
from core.orders.records import Order
from core.provisioning.records import StoredRequest
from core.provisioning.repository import requests_of_orders
from core.tenancy import Capability
from core.usage_catalogues.compiled import ConditionalRate
from core.usage_catalogues.offering import Offer

ORDER_ID: Final = IdKind(prefix="order", type_name="UsageOrder")


@strawberry.enum(description="Where an order is in its life.")
class UsageOrderState(Enum):
    """The states of an order."""

    SCHEDULED = strawberry.enum_value("scheduled", description="It waits for its time.")
    POSTED = strawberry.enum_value("posted", description="It has become an event.")
    CANCELLED = strawberry.enum_value("cancelled", description="It was cancelled before.")
    REFUSED = strawberry.enum_value(
        "refused", description="At its time it could not be given; `reason` says why."
    )


@strawberry.enum(description="What becomes of an order on the bill.")
class UsageDirective(Enum):
    """What an order is to become."""

    BILL = strawberry.enum_value("bill", description="It is charged.")
    CREDIT = strawberry.enum_value("credit", description="Its price is given back.")
    FREE = strawberry.enum_value("free", description="It is provided and costs nothing.")


@strawberry.enum(description="How a request to a provider went.")
class ProvisioningState(Enum):
    """The states of a request."""

    WAITING = strawberry.enum_value(
        "waiting", description="It is on its way, or is tried again; `error` says why."
    )
    DONE = strawberry.enum_value("done", description="The provider has done it.")
    FAILED = strawberry.enum_value("failed", description="The provider refused it.")


@strawberry.type(description="What a provider was asked, and how that went.")
class ProvisioningRequest:
    """A request."""

    provider: str = strawberry.field(description="The provider, as the catalogue names it.")
    provisioning_id: str = strawberry.field(description="The provider's name for the service.")
    action: str = strawberry.field(description="What to do: activate, end, …")
    state: ProvisioningState = strawberry.field(description="How it went.")
    attempts: int = strawberry.field(description="How often the provider was asked.")
    reference: str = strawberry.field(description="The provider's own reference; may be empty.")
    error: str | None = strawberry.field(description="Why it waits or failed.")
    created_at: datetime = strawberry.field(description="When it was made.")
    settled_at: datetime | None = strawberry.field(description="When it was done or failed.")

    @classmethod
    def of(cls, record: StoredRequest) -> ProvisioningRequest:
        """Show a record."""
        return cls(
            provider=record.provider,
            provisioning_id=record.provisioning_id,
            action=record.action,
            state=_PROVISIONING[record.state],
            attempts=record.attempts,
            reference=record.reference,
            error=record.error,
            created_at=record.created_at,
            settled_at=record.settled_at,
        )


@strawberry.type(description="An order of a usage service.")
class UsageOrder(Node):
    """An order."""

    state: UsageOrderState = strawberry.field(description="Where it is in its life.")
    ordered_for: datetime = strawberry.field(description="When the service is provided.")
    udr_type: str = strawberry.field(description="The code of its type of usage record.")
    directive: UsageDirective = strawberry.field(description="What it is on the bill.")
    reason: str | None = strawberry.field(
        description="Why it was refused at its time: a code, and what to do."
    )
    ordered_by: Actor = strawberry.field(description="Who ordered it.")
    created_at: datetime = strawberry.field(description="When it was ordered.")
    settled_at: datetime | None = strawberry.field(
        description="When it was posted, cancelled or refused."
    )
    event_id: strawberry.ID | None = strawberry.field(
        description="The usage event that it became; read it by `node`."
    )
    key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID]
    product_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: Order) -> UsageOrder:
        """Show a record."""
        identity = record.event_identity
        return cls(
            id=ORDER_ID.encode(record.id),
            state=_STATES[record.state],
            ordered_for=record.ordered_for,
            udr_type=record.udr_type,
            directive=_DIRECTIVES[record.directive],
            reason=record.reason,
            ordered_by=Actor.of(record.ordered_by),
            created_at=record.created_at,
            settled_at=record.settled_at,
            event_id=None if identity is None else USAGE_EVENT_ID.encode(identity),
            key=record.id,
            subscription_key=record.subscription_id,
            product_key=record.product_id,
        )

    @strawberry.field(description="The service that was ordered.")
    @requires(Capability.CATALOGUE_READ)
    async def service(self, info: Info) -> Product:
        """Load the product."""
        found = await info.context.loaders.of(load_products).load(self.product_key)
        assert found is not None  # a product is never removed
        return Product.of(found)

    @strawberry.field(description="What its provider was asked, the oldest first.")
    @requires(Capability.USAGE_READ)
    async def provisioning(self, info: Info) -> list[ProvisioningRequest]:
        """Load the requests."""
        key = self.subscription_key, self.key
        found = await info.context.loaders.of(load_requests).load(key)
        return [ProvisioningRequest.of(one) for one in found]


async def load_requests(
    context: ApiContext, keys: list[tuple[UUID, UUID]]
) -> Sequence[list[StoredRequest]]:
    """Load the requests of orders, named by subscription and order."""
    async with context.transaction() as tx:
        found = await requests_of_orders(
            tx,
            subscription_ids={subscription_id for subscription_id, _ in keys},
            order_ids={order_id for _, order_id in keys},
        )
    return [found.get(order_id, []) for _, order_id in keys]


@strawberry.type(description="A price in place of the base price.")
class UsageServiceRate:
    """A conditional rate, named by what it states."""

    name: str = strawberry.field(description="What it states, such as 00:01-06:59.")
    price: Money = strawberry.field(description="The price of one unit.")

    @classmethod
    def of(cls, rate: ConditionalRate, currency: str) -> UsageServiceRate:
        """Show a rate."""
        return cls(name=rate.label, price=money(rate.price, currency))


@strawberry.type(description="A service that a subscription may order.")
class AvailableUsageService:
    """A service of a usage catalogue."""

    catalogue: str = strawberry.field(description="The code of the usage catalogue.")
    provider: str = strawberry.field(description="Who provides it.")
    termed_service: str = strawberry.field(
        description="The code of the subscription's product that it is taken on."
    )
    base_price: Money = strawberry.field(description="The price of one unit.")
    rates: list[UsageServiceRate] = strawberry.field(
        description="Prices in its place, by time, method, device, category or amount."
    )
    orderable_until: datetime | None = strawberry.field(
        description="Until when it can be ordered, exclusive."
    )
    product_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, offer: Offer) -> AvailableUsageService:
        """Show an offer."""
        currency, service = offer.catalogue.currency, offer.service
        return cls(
            catalogue=offer.catalogue.code,
            provider=offer.catalogue.provider,
            termed_service=offer.termed_product,
            base_price=money(Decimal(service.base), currency),
            rates=[UsageServiceRate.of(rate, currency) for rate in service.rates],
            orderable_until=service.orderable.until_at,
            product_key=offer.product_id,
        )

    @strawberry.field(description="The service.")
    @requires(Capability.CATALOGUE_READ)
    async def service(self, info: Info) -> Product:
        """Load the product."""
        found = await info.context.loaders.of(load_products).load(self.product_key)
        assert found is not None  # a product is never removed
        return Product.of(found)


_STATES: Final[dict[Any, UsageOrderState]] = {one.value: one for one in UsageOrderState}
_DIRECTIVES: Final[dict[Any, UsageDirective]] = {one.value: one for one in UsageDirective}
_PROVISIONING: Final[dict[Any, ProvisioningState]] = {
    one.value: one for one in ProvisioningState
}
