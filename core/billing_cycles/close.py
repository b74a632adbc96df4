"""Closing periods inside an open transaction: read, price, store, park, go on.

The one place where periods are billed. Chunks, parked subscriptions and test clocks come
here; the order is always: invoices with lines and slices, steps, notifications, marks,
next periods, and the numbers last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from typing import Any, Protocol
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing_cycles.asking import ask_after_closing
from core.billing_cycles.carrying import (
    carried_marks,
    hold_carriers,
    read_to_close,
    store_marks,
)
from core.billing_cycles.consumption import read_consumption
from core.billing_cycles.discounting import (
    read_bill_discounts,
    store_bill_discounts,
    within_windows,
)
from core.billing_cycles.facts import read_gauges, read_parties
from core.billing_cycles.group_pricing import Priced, price_groups
from core.billing_cycles.in_advance import take_requests, trace_requests
from core.billing_cycles.job_rows import add_jobs, jobs_with_closings, rows_of_jobs
from core.billing_cycles.job_storing import park_jobs, store_job_billings
from core.billing_cycles.park import Parked, park, parked_for
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.renewal import renew
from core.billing_cycles.rounds import job_rounds, rounds_of
from core.billing_cycles.rows import ClosingRows, JobFacts
from core.billing_cycles.snapshots import Groups, invoice_groups, own_invoices
from core.billing_cycles.storing import mark_billed, settle_and_announce, store_steps
from core.billing_cycles.wallet_closing import ask_wallets
from core.db import Tx
from core.fault_points import reached
from core.invoices.finalise import FinalInvoice, number_stored, store_invoices
from core.invoices.numbering import Series, issue_date_for
from core.invoices.parties import parties_json
from core.kernel.ids import new_id
from core.kernel.periods import local_day
from core.periods.rows import StoredPeriod

Gather = Callable[[ClosingRows], Groups]
"""Puts what was read upon the invoices to be."""


class Read(Protocol):
    """Reads what a closing of periods needs."""

    async def __call__(
        self,
        tx: Tx,
        periods: Sequence[StoredPeriod],
        *,
        pricing: Pricing,
        carriers: Collection[UUID],
    ) -> ClosingRows:
        """Return the rows; `carriers` are the held subscriptions that carry usage."""


@dataclass(slots=True)
class Closed:
    """What a closing did, and how long each part of it took, in seconds."""

    invoices: list[FinalInvoice] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    parked_jobs: list[UUID] = field(default_factory=list)
    billed_periods: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


async def close_periods(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    run_id: UUID | None,
    pricing: Pricing,
) -> Closed:
    """Bill these periods, each account's due times in order, and number the invoices.

    An account's jobs that are due join them. Commit right afterwards: the series stay locked
    until then.
    """
    return await _closed(
        tx, periods, run_id=run_id, pricing=pricing, read=_with_jobs, gather=invoice_groups
    )


async def close_alone(
    tx: Tx, periods: Sequence[StoredPeriod], *, run_id: UUID | None, pricing: Pricing
) -> Closed:
    """Bill these periods as `close_periods` does, on invoices of their own.

    Neither the account's jobs nor its other subscriptions join them.
    """
    return await _closed(
        tx, periods, run_id=run_id, pricing=pricing, read=read_to_close, gather=own_invoices
    )


async def _closed(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    run_id: UUID | None,
    pricing: Pricing,
    read: Read,
    gather: Gather,
) -> Closed:
    closed = Closed()
    renewing: dict[UUID, ClosingRows] = {}
    carriers = await hold_carriers(tx, periods)
    periods, requests = await take_requests(tx, periods, run_id=run_id)
    for chosen in rounds_of(periods):
        began = perf_counter()
        rows = await read(tx, chosen, pricing=pricing, carriers=carriers)
        closed.seconds["read"] += perf_counter() - began
        await _close_rows(
            tx, rows, run_id=run_id, pricing=pricing, gather=gather, closed=closed
        )
        renewing.update(dict.fromkeys(rows.subscriptions, rows))
    began = perf_counter()
    await renew(tx, renewing)
    await trace_requests(tx, requests)
    await ask_after_closing(tx, renewing, parked=closed.parked, pricing=pricing)
    # After all that takes long: rows that wake others stay locked until the commit.
    await settle_and_announce(tx, closed.invoices)
    closed.seconds["renew"] += perf_counter() - began
    reached("before_numbers")
    began = perf_counter()
    await number_stored(tx, closed.invoices)
    closed.seconds["number"] += perf_counter() - began
    return closed


async def close_jobs(tx: Tx, jobs: Sequence[JobFacts], *, pricing: Pricing) -> Closed:
    """Bill these locked jobs, each account's due times in order, and number the invoices.

    An account that takes one invoice for all has one for all of its jobs here. Commit right
    afterwards: the series stay locked until then.
    """
    closed = Closed()
    for chosen in job_rounds(jobs):
        rows = await rows_of_jobs(tx, chosen, pricing=pricing)
        await _close_rows(
            tx, rows, run_id=None, pricing=pricing, gather=invoice_groups, closed=closed
        )
    await settle_and_announce(tx, closed.invoices)
    reached("before_numbers")
    await number_stored(tx, closed.invoices)
    return closed


async def _with_jobs(
    tx: Tx, periods: Sequence[StoredPeriod], *, pricing: Pricing, carriers: Collection[UUID]
) -> ClosingRows:
    """Read the rows of periods, and of the jobs that their accounts have due with them."""
    rows = await read_to_close(tx, periods, pricing=pricing, carriers=carriers)
    due = {period.account_id: period.due_at for period in periods}
    await add_jobs(tx, rows, await jobs_with_closings(tx, due), pricing=pricing)
    return rows


async def _close_rows(
    tx: Tx,
    rows: ClosingRows,
    *,
    run_id: UUID | None,
    pricing: Pricing,
    gather: Gather,
    closed: Closed,
) -> None:
    """Price what was read and store it; what cannot be billed is parked."""
    faults = await bill_rows(
        tx, rows, run_id=run_id, pricing=pricing, gather=gather, closed=closed
    )
    began = perf_counter()
    await _mark(tx, rows, faults, run_id=run_id, closed=closed)
    await store_marks(tx, rows.marks)
    closed.seconds["write"] += perf_counter() - began


async def bill_rows(
    tx: Tx,
    rows: ClosingRows,
    *,
    run_id: UUID | None,
    pricing: Pricing,
    gather: Gather,
    closed: Closed,
) -> dict[UUID, Exception]:
    """Price what was read and store it; return what could not be billed, and why.

    The periods keep their state; invoices are neither announced nor numbered yet.
    """
    began = perf_counter()
    seller = await read_parties(tx, rows, pricing=pricing)
    await read_gauges(tx, rows)
    await read_consumption(tx, rows)
    await read_bill_discounts(tx, rows)
    reached("after_read")
    read = perf_counter()
    groups = gather(rows)
    faults = dict(groups.faulty)
    priced = await price_groups(groups.invoices, pricing=pricing, faults=faults)
    priced = await within_windows(rows, priced, pricing=pricing, faults=faults)
    done = perf_counter()
    wallets = await ask_wallets(tx, rows, priced, faults=faults)
    await store_priced(tx, rows, priced, seller=seller, run_id=run_id, closed=closed)
    await wallets.make(tx, closed.invoices)
    rows.marks = carried_marks(rows, priced)
    closed.seconds["read"] += read - began
    closed.seconds["price"] += done - read
    closed.seconds["write"] += perf_counter() - done
    return faults


async def store_priced(
    tx: Tx,
    rows: ClosingRows,
    priced: Sequence[Priced],
    *,
    seller: Any,
    run_id: UUID | None,
    closed: Closed,
) -> None:
    """Store what was priced: invoices with their lines, steps, and all that they bill."""
    dates: dict[tuple[Series, date], date] = {}
    parties: dict[UUID, str] = {}
    invoices: list[FinalInvoice] = []
    with_ids: list[tuple[InvoiceDraft, UUID | None]] = []
    jobs: list[tuple[UUID, UUID | None]] = []
    for group, draft in priced:
        if not draft.lines:
            with_ids.append((draft, None))
            jobs += [(job_id, None) for job_id in group.members if job_id in group.jobs]
            continue
        account = rows.accounts[group.account_id]
        if group.account_id not in parties:
            parties[group.account_id] = parties_json(seller, account)
        series: Series = "INV" if account["test_clock"] is None else "TEST"
        today = local_day(account["test_clock"] or tx.now, seller["timezone"])
        if (series, today) not in dates:
            dates[series, today] = await issue_date_for(tx, series, today=today)
        invoice = FinalInvoice(
            new_id(),
            group.account_id,
            group.subscription_id,
            group.due_at,
            series,
            dates[series, today],
            parties[group.account_id],
            draft,
        )
        invoices.append(invoice)
        with_ids.append((draft, invoice.id))
        jobs += [(job_id, invoice.id) for job_id in group.members if job_id in group.jobs]
    await store_invoices(tx, invoices, run_id=run_id)
    reached("after_lines")
    late = {link.usage_period_id: link.billing_period_id for link in rows.late}
    await store_steps(tx, with_ids, billed_by=late)
    await store_job_billings(tx, jobs)
    await store_bill_discounts(tx, rows, with_ids, invoices)
    closed.invoices.extend(invoices)


async def _mark(
    tx: Tx,
    rows: ClosingRows,
    faults: dict[UUID, Exception],
    *,
    run_id: UUID | None,
    closed: Closed,
) -> None:
    billed = [one.id for one in rows.periods if one.subscription_id not in faults]
    await mark_billed(tx, billed)
    closed.billed_periods += len(billed)
    of_jobs = {key: faults.pop(key) for key in list(faults) if key in rows.jobs}
    await park_jobs(tx, of_jobs)
    closed.parked_jobs.extend(of_jobs)
    parked = list(_parked(rows.periods, faults, run_id=run_id))
    left = [one.id for one in rows.periods if one.subscription_id in faults]
    await park(tx, parked, period_ids=left)
    closed.parked.extend(parked)


def _parked(
    periods: Iterable[StoredPeriod], faults: dict[UUID, Exception], *, run_id: UUID | None
) -> Iterable[Parked]:
    first = {period.subscription_id: period for period in periods}
    for subscription_id, error in faults.items():
        period = first[subscription_id]
        yield parked_for(
            error,
            subscription_id=subscription_id,
            account_id=period.account_id,
            due_at=period.due_at,
            run_id=run_id,
        )
