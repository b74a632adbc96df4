"""The roots of `Subscription`: closings, invoices, approvals, simulations, usage.

Each checks who asks and what is named before it begins, so that a refusal comes instead of
a stream; then it tells.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.closing.types import CLOSE_RUN_ID, CloseRun
from api.features.discounts.loading import load_grants
from api.features.discounts.types import DiscountGrant
from api.features.invoices.loading import load_invoices
from api.features.invoices.types import Invoice
from api.features.live.payloads import (
    ApprovalWaitingEvent,
    CloseProgressedEvent,
    InvoiceFinalisedEvent,
    SimulationProgressedEvent,
    SubscriptionUsageEvent,
)
from api.features.live.telling import After, Heard, Show, place_of, told, told_until_over
from api.features.live.usage import usage_told
from api.features.simulations.loading import load_simulations
from api.features.simulations.types import SIMULATION_ID, Simulation, SimulationState
from api.features.subscriptions.types import SUBSCRIPTION_ID
from api.features.tenancy.types import ORG_UNIT_ID
from api.graphql.cost import FieldCost
from api.graphql.ids import IdKind
from api.references import given, key_of
from api.refusals import NotFound
from core.billing_cycles.chunks import PROGRESSED as CLOSE_PROGRESSED
from core.billing_cycles.repository import run_progress
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
        key = await _named(
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
            return told(info, topics=(CLOSE_PROGRESSED,), show=_close, after=place)
        key = await _named(info, CLOSE_RUN_ID, wanted, table="close_run", name="run")
        return told_until_over(
            info,
            topics=(CLOSE_PROGRESSED,),
            subject_id=key,
            show=_close,
            is_over=lambda payload: payload.run.is_done,
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
            whose = await _named(info, ACCOUNT_ID, wanted, table="account", name="account")
        return told(
            info,
            topics=(FINALISED,),
            matches=lambda each: whose is None or each.payload.get("account") == str(whose),
            show=_invoice,
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
            approver = await _named(
                info, ORG_UNIT_ID, wanted, table="org_unit", name="unit", code="code"
            )
        return told(
            info,
            topics=(GRANTED,),
            matches=lambda each: each.payload.get("state") == "pending",
            show=_approvals_of(approver),
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
        key = await _named(
            info, SIMULATION_ID, simulation, table="simulation", name="simulation"
        )
        return told_until_over(
            info,
            topics=(PROGRESSED, FINISHED),
            subject_id=key,
            show=_simulation,
            is_over=lambda payload: payload.simulation.state in _ENDS,
            after=place,
        )


@requires(Capability.INVOICE_READ)
async def _close(*, info: Info, event: Heard) -> CloseProgressedEvent | None:
    async with info.context.transaction() as tx:
        found = await run_progress(tx, event.subject_id)
    if found is None:
        return None
    return CloseProgressedEvent(**event.told(), run=CloseRun.of(found))


@requires(Capability.INVOICE_READ, customers=True)
async def _invoice(*, info: Info, event: Heard) -> InvoiceFinalisedEvent | None:
    found = await info.context.loaders.of(load_invoices).load(event.subject_id)
    if found is None:
        return None
    return InvoiceFinalisedEvent(**event.told(), invoice=Invoice.of(found))


@requires(Capability.SIMULATION_RUN)
async def _simulation(*, info: Info, event: Heard) -> SimulationProgressedEvent | None:
    found = await info.context.loaders.of(load_simulations).load(event.subject_id)
    if found is None:
        return None
    return SimulationProgressedEvent(**event.told(), simulation=Simulation.of(found))


def _approvals_of(unit_id: UUID | None) -> Show[ApprovalWaitingEvent]:
    """Return what shows pending grants that a unit approves, or everybody's."""

    @requires(Capability.SUBSCRIPTION_READ)
    async def show(*, info: Info, event: Heard) -> ApprovalWaitingEvent | None:
        found = await info.context.loaders.of(load_grants).load(event.subject_id)
        if found is None or found.state != "pending":
            return None
        if unit_id is not None and found.approver_unit_id != unit_id:
            return None
        return ApprovalWaitingEvent(**event.told(), grant=DiscountGrant.of(found))

    return show


async def _named(
    info: Info, kind: IdKind, text: str, *, table: str, name: str, code: str | None = None
) -> UUID:
    """Return the key of an object that the caller sees.

    Raises:
        NotFound: there is none; another seller's looks the same.
    """
    path = (name,)
    async with info.context.transaction() as tx:
        if code is None and table not in {"account", "subscription"}:
            key: UUID | None = kind.parse(text, path=path)
        else:
            key = await key_of(tx, kind, text, table=table, code=code or "ref", path=path)
        seen = f"SELECT true FROM {table} WHERE tenant_id = $1 AND id = $2"  # noqa: S608 - ours
        if key is None or not await tx.fetchval(seen, tx.tenant_id, key):
            raise NotFound(f"there is nothing with the id {text!r} to watch", path=path)
    return key
