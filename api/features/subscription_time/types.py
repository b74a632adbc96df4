"""Bindings and rests as the schema shows them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.loading import load_products
from api.features.catalogue.types import Product
from api.features.subscriptions.loading import load_rests
from api.features.subscriptions.types import Subscription
from api.linked import linked
from core.subscriptions import rests
from core.tenancy import Capability


@strawberry.type(description="A time in which a subscription is out of service.")
class SubscriptionRest:
    """A rest."""

    from_at: datetime = strawberry.field(description="Its first instant.")
    until_at: datetime | None = strawberry.field(
        description="The first instant behind it; null: until it is resumed."
    )
    is_billed: bool = strawberry.field(description="Whether its days are owed all the same.")
    note: str = strawberry.field(description="A word of whoever agreed it.")

    @classmethod
    def of(cls, record: rests.Rest) -> SubscriptionRest:
        """Show a record."""
        return cls(
            from_at=record.from_at,
            until_at=record.until_at,
            is_billed=record.is_billed,
            note=record.note,
        )


@strawberry.type(description="A subscription's binding and rests.")
class SubscriptionTime:
    """Fields of `Subscription`."""

    @strawberry.field(description="From when on it is bound; null: it never was.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def bound_from(
        self,
        info: Info,
        root: strawberry.Parent[Subscription],
    ) -> datetime | None:
        """Return the start of the minimum term."""
        return root.record.bound_from

    @strawberry.field(
        description="Until when it is bound: ending before costs the penalty product."
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def bound_until(
        self,
        info: Info,
        root: strawberry.Parent[Subscription],
    ) -> datetime | None:
        """Return the end of the minimum term."""
        return root.record.bound_until

    @strawberry.field(description="What is charged for ending before the binding is over.")
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def penalty_product(
        self, info: Info, root: strawberry.Parent[Subscription]
    ) -> Product | None:
        """Load the product."""
        return await linked(
            info, load_products, key=root.record.penalty_product_id, show=Product.of
        )

    @strawberry.field(description="Its rests in the order of their time.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def rests(
        self, info: Info, root: strawberry.Parent[Subscription]
    ) -> list[SubscriptionRest]:
        """Load the rests."""
        found = await info.context.loaders.of(load_rests).load(root.key)
        return [SubscriptionRest.of(each) for each in found]
