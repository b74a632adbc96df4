"""A subscription's trial and the length that its terms agree, as the schema shows them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.access import requires
from api.context import Info
from api.features.subscriptions.types import Subscription
from core.tenancy import Capability


@strawberry.type(description="A subscription's trial.")
class SubscriptionTrial:
    """Fields of `Subscription`."""

    @strawberry.field(description="From when on it was tried; null: it never was.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def trial_from(
        self, info: Info, root: strawberry.Parent[Subscription]
    ) -> datetime | None:
        """Return the beginning of the trial."""
        return root.record.trial_from

    @strawberry.field(
        description="Until when it is or was tried: the order, where it came before."
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def trial_until(
        self, info: Info, root: strawberry.Parent[Subscription]
    ) -> datetime | None:
        """Return the end of the trial."""
        return root.record.trial_until
