"""The roots of subscriptions: usage, alerts, closings, invoices, approvals, simulations.

Each checks who asks and what is named before it begins, so that a refusal comes instead of
a stream; then it tells.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Final

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.closing.types import CLOSE_RUN_ID
from api.features.live.payloads import (
    AlertRaisedEvent,
    ApprovalWaitingEvent,
    CloseProgressedEvent,
    InvoiceFinalisedEvent,
    SimulationProgressedEvent,
    SubscriptionUsageEvent,
)
from api.features.live.showing import (
    named,
    show_alert,
    show_close,
    show_invoice,
    show_simulation,
    showing_approvals,
)
from api.features.live.telling import After, place_of, told, told_until_over
from api.features.live.usage import usage_told
from api.features.simulations.types import SIMULATION_ID, SimulationState
from api.features.subscriptions.types import SUBSCRIPTION_ID
from api.features.tenancy.types import ORG_UNIT_ID
from api.graphql.cost import FieldCost
from api.references import given
from core.alerts.records import ALERT_RAISED
from core.billing_cycles.chunks import PROGRESSED as CLOSE_PROGRESSED
from core.billing_cycles.storing import FINALISED
from core.simulations.run import FINISHED, PROGRESSED
from core.tenancy import Capability

GRANTED: Final = "discount.granted"
_ENDS: Final = (SimulationState.DONE, SimulationState.FAILED, SimulationState.CANCELLED)


@strawberry.type(description="What can be watched.")
class LiveSubscription:
    """Events as they happen, over a socket or as server-sent events."""

    @strawberry.subscription(
        description="A subscription's usage: first as it is, then as it grows, looked at every "
        "two seconds; and when what is not invoiced reaches a threshold.",
        metadata=FieldCost(flat=20).metadata(),
    )
    @requires(Capability.USAGE_READ, customers=True)
    async def subscription_usage(
        self,
        info: Info,
        *,
        subscription: Annotated[
            strawberry.ID, strawberry.argument(description="By id or ref.")
        ],
        after: After = strawberry.UNSET,
    ) -> AsyncGenerator[SubscriptionUsageEvent, None]:
        """Tell usage as it grows."""
        key = await named(
            info, SUBSCRIPTION_ID, subscription, table="subscription", name="subscription"
        )
        return usage_told(info, key, after=await place_of(info, after))

    @strawberry.subscription(
        description="Closings as they get further. One that is named is told as it is first, "
        "and ends the stream when it is done."
    )
    @requires(Capability.INVOICE_READ)
    async def close_progressed(
        self,
        info: Info,
        *,
        run: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Which closing; all of them, when left out."),
        ] = strawberry.UNSET,
        after: After = strawberry.UNSET,
    ) -> AsyncGenerator[CloseProgressedEvent, None]:
        """Tell closings chunk by chunk."""
        place = await place_of(info, after)
        wanted = given(run)
        if wanted is None:
            return told(info, topics=(CLOSE_PROGRESSED,), show=show_close, after=place)
        key = await named(info, CLOSE_RUN_ID, wanted, table="close_run", name="run")
        return told_until_over(
            info,
            topics=(CLOSE_PROGRESSED,),
            subject_id=key,
            show=show_close,
            is_over=lambda payload: payload.run.is_done,
            after=place,
        )

    @strawberry.subscription(
        description="Alerts as they are raised: usage, spend or an allowance that reached a "
        "threshold."
    )
    @requires(Capability.USAGE_READ)
    async def alert_raised(
        self,
        info: Info,
        *,
        account: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only those about this account, by id or ref."),
        ] = strawberry.UNSET,
        subscription: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Only those about this subscription, by id or ref."
            ),
        ] = strawberry.UNSET,
        after: After = strawberry.UNSET,
    ) -> AsyncGenerator[AlertRaisedEvent, None]:
        """Tell alerts."""
        place = await place_of(info, after)
        wanted: dict[str, str] = {}
        for name, kind, text in (
            ("account", ACCOUNT_ID, given(account)),
            ("subscription", SUBSCRIPTION_ID, given(subscription)),
        ):
            if text is not None:
                wanted[name] = str(await named(info, kind, text, table=name, name=name))
        return told(
            info,
            topics=(ALERT_RAISED,),
            matches=lambda each: wanted.items() <= each.payload.items(),
            show=show_alert,
            after=place,
        )

    @strawberry.subscription(description="Invoices as they become final.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def invoice_finalised(
        self,
        info: Info,
        *,
        account: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Whose, by id or ref; everybody's that the caller sees, when left "
                "out."
            ),
        ] = strawberry.UNSET,
        after: After = strawberry.UNSET,
    ) -> AsyncGenerator[InvoiceFinalisedEvent, None]:
        """Tell invoices."""
        place = await place_of(info, after)
        wanted = given(account)
        whose = None
        if wanted is not None:
            whose = await named(info, ACCOUNT_ID, wanted, table="account", name="account")
        return told(
            info,
            topics=(FINALISED,),
            matches=lambda each: whose is None or each.payload.get("account") == str(whose),
            show=show_invoice,
            after=place,
        )

    @strawberry.subscription(
        description="Discounts as they are given and wait to be approved; those decided "
        "meanwhile are not told."
    )
    @requires(Capability.SUBSCRIPTION_READ)
    async def approval_waiting(
        self,
        info: Info,
        *,
        unit: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Only those that this unit approves, by id or code."
            ),
        ] = strawberry.UNSET,
        after: After = strawberry.UNSET,
    ) -> AsyncGenerator[ApprovalWaitingEvent, None]:
        """Tell what waits for a decision."""
        place = await place_of(info, after)
        wanted = given(unit)
        approver = None
        if wanted is not None:
            approver = await named(
                info, ORG_UNIT_ID, wanted, table="org_unit", name="unit", code="code"
            )
        return told(
            info,
            topics=(GRANTED,),
            matches=lambda each: each.payload.get("state") == "pending",
            show=showing_approvals(approver),
            after=place,
        )

    @strawberry.subscription(
        description="A simulation: as it is first, then as it gets further, until it ends."
    )
    @requires(Capability.SIMULATION_RUN)
    async def simulation_progressed(
        self,
        info: Info,
        *,
        simulation: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
        after: After = strawberry.UNSET,
    ) -> AsyncGenerator[SimulationProgressedEvent, None]:
        """Tell a simulation's progress."""
        place = await place_of(info, after)
        key = await named(
            info, SIMULATION_ID, simulation, table="simulation", name="simulation"
        )
        return told_until_over(
            info,
            topics=(PROGRESSED, FINISHED),
            subject_id=key,
            show=show_simulation,
            is_over=lambda payload: payload.simulation.state in _ENDS,
            after=place,
        )
