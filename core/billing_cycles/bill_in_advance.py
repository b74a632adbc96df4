"""Billing a request for a longer period at once, on an invoice of its own."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.billing_cycles.close import close_alone
from core.billing_cycles.in_advance import phase_at, store_taking, trace_requests
from core.billing_cycles.pricing import Pricing
from core.buy_in_advance.records import AdvanceRequest
from core.buy_in_advance.refusals import NothingToBillInAdvance
from core.buy_in_advance.repository import request_by_id
from core.buy_in_advance.request import request_in_advance
from core.buy_in_advance.taking import Billed, Rejection, decide, next_at_once
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.periods.lengthening import unbilled_fees
from core.periods.rows import StoredPeriod
from core.subscriptions.repository import phases_of, subscriptions


@dataclass(frozen=True, slots=True)
class BilledAtOnce:
    """The request as it is then, and the invoice; None where nothing was to be paid."""

    request: AdvanceRequest
    invoice_id: UUID | None


async def bill_in_advance(
    tx: Tx, *, subscription_id: UUID, duration: str, note: str = "", pricing: Pricing
) -> BilledAtOnce:
    """Make a request and bill it at once, from where the subscription is billed to.

    Under terms in arrears the present period stays as it is; the long one follows it. Commit
    right afterwards: numbers are given.

    Raises:
        Everything that a request is refused for
        NothingToBillInAdvance: a closing has the next period at hand, which takes requests
            by itself; or the period could not be billed, and nothing was made.
    """
    request = await request_in_advance(
        tx, subscription_id=subscription_id, duration=duration, note=note
    )
    period = await _lengthened(tx, request)
    closed = await close_alone(tx, [period], run_id=None, pricing=pricing)
    if closed.parked:
        raise NothingToBillInAdvance(
            f"the period could not be billed: {closed.parked[0].reason}; settle that first"
        )
    settled = await request_by_id(tx, request.id)
    assert settled is not None  # just made
    invoices = [invoice.id for invoice in closed.invoices]
    return BilledAtOnce(settled, invoices[0] if invoices else None)


async def _lengthened(tx: Tx, request: AdvanceRequest) -> StoredPeriod:
    """Take the request; the subscription is locked, and nothing is frozen meanwhile."""
    owner = (await subscriptions(tx, [request.subscription_id]))[request.subscription_id]
    phases = (await phases_of(tx, [owner.id]))[owner.id]
    versions = await load_terms_versions(
        tx, {phase.billing_terms_version_id for phase in phases}
    )
    unbilled = (await unbilled_fees(tx, [owner.id])).get(owner.id, [])
    terms = versions[phase_at(phases, request.requested_at).billing_terms_version_id]
    period = next_at_once(unbilled, terms, now=request.requested_at)
    if period is None:
        raise NothingToBillInAdvance(
            "the next period is being billed at this moment; make the request without billNow"
        )
    held = phase_at(phases, period.starts_at)
    taking = decide(
        Billed(request, [], unbilled, owner),
        versions[held.billing_terms_version_id],
        (period, request.requested_at),
        anchor=held.anchor or owner.anchor,
    )
    if isinstance(taking, Rejection):
        raise NothingToBillInAdvance(taking.reason)
    longer = await store_taking(tx, taking, run_id=None)
    await trace_requests(tx, [taking])
    return longer
