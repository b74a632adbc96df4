"""Tasks as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.catalogue.loading import load_products
from api.features.catalogue.types import Product
from api.features.fulfilment import loading
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from core.fulfilment import records
from core.tenancy import Capability

TASK_ID: Final = IdKind(prefix="task", type_name="FulfilmentTask")


@strawberry.enum(description="How far a task is.")
class FulfilmentState(Enum):
    """The states of a task."""

    OPEN = strawberry.enum_value("open", description="No time is offered yet.")
    OFFERED = strawberry.enum_value("offered", description="The customer may book a time.")
    BOOKED = strawberry.enum_value("booked", description="A time is booked.")
    DONE = strawberry.enum_value("done", description="It is done.")
    CANCELLED = strawberry.enum_value("cancelled", description="It was given up.")


@strawberry.type(description="Work that is owed once for an item: a first training, say.")
class FulfilmentTask(Node):
    """A task."""

    state: FulfilmentState = strawberry.field(description="How far it is.")
    opens_at: datetime = strawberry.field(
        description="When its item begins, and the work is owed."
    )
    slots: list[datetime] = strawberry.field(description="The times that are offered.")
    booked_for: datetime | None = strawberry.field(description="The time that is booked.")
    link: str | None = strawberry.field(description="The link to join, once it was sent.")
    link_sent_at: datetime | None = strawberry.field(description="When the link was sent.")
    done_at: datetime | None = strawberry.field(description="When it was done.")
    created_at: datetime = strawberry.field(description="When it was bought.")
    account_key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID]
    product_key: strawberry.Private[UUID]
    module_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.Task) -> FulfilmentTask:
        """Show a record."""
        return cls(
            id=TASK_ID.encode(record.id),
            state=FulfilmentState(record.state),
            opens_at=record.opens_at,
            slots=record.times(),
            booked_for=record.booked_for,
            link=record.link,
            link_sent_at=record.link_sent_at,
            done_at=record.done_at,
            created_at=record.created_at,
            account_key=record.account_id,
            subscription_key=record.subscription_id,
            product_key=record.product_id,
            module_key=record.module_id,
        )

    @strawberry.field(description="What is to be done, as the product names it.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def name(self, info: Info) -> str:
        """Load the name."""
        return await info.context.loaders.of(loading.load_task_names).load(self.product_key)

    @strawberry.field(description="Whose it is.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)

    @strawberry.field(description="The subscription with its item.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.subscription_key, show=Subscription.of
        )

    @strawberry.field(description="The product that was bought.")
    @requires(Capability.CATALOGUE_READ)
    async def product(self, info: Info) -> Product | None:
        """Load the product."""
        return await linked(info, load_products, key=self.product_key, show=Product.of)

    @strawberry.field(description="The module that it is about; null where it is about none.")
    @requires(Capability.CATALOGUE_READ)
    async def module(self, info: Info) -> Product | None:
        """Load the module."""
        return await linked(info, load_products, key=self.module_key, show=Product.of)
