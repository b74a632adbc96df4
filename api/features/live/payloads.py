"""What subscriptions tell: an event, the cursor behind it, and the object as it is now."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from api.access import requires
from api.context import Info
from api.features.alerts.types import AlertEvent
from api.features.closing.types import CloseRun
from api.features.discounts.types import DiscountGrant
from api.features.invoices.types import Invoice
from api.features.simulations.types import Simulation
from api.features.subscriptions.types import Subscription
from api.features.usage.current import CurrentUsage, usage_of
from api.graphql.cost import FieldCost
from core.tenancy import Capability


@strawberry.interface(description="Something that happened, as a subscription tells it.")
class LiveEvent:
    """What all of them say."""

    id: strawberry.ID = strawberry.field(
        description="The event's own id: what is told again carries it again."
    )
    cursor: str = strawberry.field(
        description="Subscribe with it as `after` to go on behind this event."
    )
    occurred_at: datetime = strawberry.field(description="When it happened.")


@strawberry.enum(description="Why usage is told.")
class SubscriptionUsageReason(Enum):
    """The reasons."""

    PRESENT = strawberry.enum_value("present", description="It is the first look.")
    CHANGED = strawberry.enum_value("changed", description="It grew, or was corrected.")
    THRESHOLD_REACHED = strawberry.enum_value(
        "threshold_reached",
        description="What is not invoiced yet reached a threshold, and will be invoiced now.",
    )


@strawberry.type(description="What a subscription has used, as it grows.")
class SubscriptionUsageEvent(LiveEvent):
    """A look at usage."""

    reason: SubscriptionUsageReason = strawberry.field(description="Why it is told.")
    subscription: Subscription = strawberry.field(description="Whose usage it is.")

    @strawberry.field(
        description="What it has used in its open period, priced so far; null when it has "
        "none.",
        metadata=FieldCost(flat=20).metadata(),
    )
    @requires(Capability.USAGE_READ, customers=True)
    async def usage(self, info: Info) -> CurrentUsage | None:
        """Price the usage by the same code as the closing."""
        return await usage_of(info.context, self.subscription.key)


@strawberry.type(description="A closing got further.")
class CloseProgressedEvent(LiveEvent):
    """The state of a run."""

    run: CloseRun = strawberry.field(description="The closing, as far as it is now.")


@strawberry.type(description="An alert was raised.")
class AlertRaisedEvent(LiveEvent):
    """What an alert has told."""

    alert_event: AlertEvent = strawberry.field(description="What reached which threshold.")


@strawberry.type(description="An invoice became final.")
class InvoiceFinalisedEvent(LiveEvent):
    """A final invoice."""

    invoice: Invoice = strawberry.field(description="The invoice.")


@strawberry.type(description="A discount was given that waits to be approved.")
class ApprovalWaitingEvent(LiveEvent):
    """A pending grant."""

    grant: DiscountGrant = strawberry.field(description="The discount, pending still.")


@strawberry.type(description="A simulation got further, or ended.")
class SimulationProgressedEvent(LiveEvent):
    """The state of a simulation."""

    simulation: Simulation = strawberry.field(description="The simulation, as it is now.")
