"""What each event shows to one caller, read in a transaction of theirs; and what is named."""

from __future__ import annotations

from uuid import UUID

from api.access import requires
from api.context import Info
from api.features.alerts.loading import load_alert_events
from api.features.alerts.types import AlertEvent
from api.features.closing.types import CloseRun
from api.features.discounts.loading import load_grants
from api.features.discounts.types import DiscountGrant
from api.features.invoices.loading import load_invoices
from api.features.invoices.types import Invoice
from api.features.live.payloads import (
    AlertRaisedEvent,
    ApprovalWaitingEvent,
    CloseProgressedEvent,
    InvoiceFinalisedEvent,
    SimulationProgressedEvent,
)
from api.features.live.telling import Heard, Show
from api.features.simulations.loading import load_simulations
from api.features.simulations.types import Simulation
from api.graphql.ids import IdKind
from api.references import key_of
from api.refusals import NotFound
from core.billing_cycles.repository import run_progress
from core.tenancy import Capability


@requires(Capability.INVOICE_READ)
async def show_close(*, info: Info, event: Heard) -> CloseProgressedEvent | None:
    """Show how far a closing is."""
    async with info.context.transaction() as tx:
        found = await run_progress(tx, event.subject_id)
    if found is None:
        return None
    return CloseProgressedEvent(**event.told(), run=CloseRun.of(found))


@requires(Capability.INVOICE_READ, customers=True)
async def show_invoice(*, info: Info, event: Heard) -> InvoiceFinalisedEvent | None:
    """Show an invoice that the caller sees."""
    found = await info.context.loaders.of(load_invoices).load(event.subject_id)
    if found is None:
        return None
    return InvoiceFinalisedEvent(**event.told(), invoice=Invoice.of(found))


@requires(Capability.SIMULATION_RUN)
async def show_simulation(*, info: Info, event: Heard) -> SimulationProgressedEvent | None:
    """Show how far a simulation is."""
    found = await info.context.loaders.of(load_simulations).load(event.subject_id)
    if found is None:
        return None
    return SimulationProgressedEvent(**event.told(), simulation=Simulation.of(found))


@requires(Capability.USAGE_READ)
async def show_alert(*, info: Info, event: Heard) -> AlertRaisedEvent | None:
    """Show what an alert has told of a subscription that the caller sees."""
    found = await info.context.loaders.of(load_alert_events).load(event.subject_id)
    if found is None:
        return None
    return AlertRaisedEvent(**event.told(), alert_event=AlertEvent.of(found))


def showing_approvals(unit_id: UUID | None) -> Show[ApprovalWaitingEvent]:
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


async def named(
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
