"""Licence assignments as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_members
from api.features.accounts.types import Member
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import ITEM_ID, Subscription
from api.features.tenancy.actors import Actor
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from core.licences import records
from core.tenancy import Capability

ASSIGNMENT_ID: Final = IdKind(prefix="seat", type_name="LicenceAssignment")


@strawberry.type(description="One member who holds one seat of a licence item.")
class LicenceAssignment(Node):
    """An assignment."""

    item: strawberry.ID = strawberry.field(description="The licence item.")
    from_at: datetime = strawberry.field(description="From when, in the account's time.")
    until_at: datetime | None = strawberry.field(
        description="The first instant behind it; null: nobody has taken it back."
    )
    assigned_by: Actor = strawberry.field(description="Who gave it.")
    released_by: Actor | None = strawberry.field(
        description="Who took it back; `fewer seats` where none was left for it."
    )
    key: strawberry.Private[UUID]
    member_key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.LicenceAssignment) -> LicenceAssignment:
        """Show a record."""
        return cls(
            id=ASSIGNMENT_ID.encode(record.id),
            item=ITEM_ID.encode(record.item_id),
            from_at=record.from_at,
            until_at=record.until_at,
            assigned_by=Actor.of(record.assigned_by),
            released_by=Actor.maybe(record.released_by),
            key=record.id,
            member_key=record.member_id,
            subscription_key=record.subscription_id,
        )

    @strawberry.field(description="Who holds it.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def member(self, info: Info) -> Member | None:
        """Load the member."""
        return await linked(info, load_members, key=self.member_key, show=Member.of)

    @strawberry.field(description="The subscription that has the item.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.subscription_key, show=Subscription.of
        )
