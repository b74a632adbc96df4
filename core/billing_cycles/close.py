"""Closing periods inside an open transaction: read, price, store, park, go on.

The one place where periods are billed. Chunks, parked subscriptions and test clocks come
here; the order is always: invoices with lines and slices, steps, notifications, marks,
next periods, and the numbers last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from time import perf_counter
from typing import Any
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing_cycles.discounting import (
    read_bill_discounts,
    store_bill_discounts,
    within_windows,
)
from core.billing_cycles.facts import parties_json, read_gauges, read_parties
from core.billing_cycles.in_advance import take_requests, trace_requests
from core.billing_cycles.job_rows import add_jobs, jobs_with_closings, rows_of_jobs
from core.billing_cycles.job_storing import park_jobs, store_job_billings
from core.billing_cycles.park import Parked, park, parked_for
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import read_rows
from core.billing_cycles.renewal import renew
from core.billing_cycles.rows import ClosingRows, JobFacts
from core.billing_cycles.snapshots import InvoiceGroup, invoice_groups
from core.billing_cycles.storing import announce, mark_billed, store_steps
from core.billing_cycles.wallet_closing import ask_wallets
from core.db import Tx
from core.fault_points import reached
from core.invoices.finalise import FinalInvoice, number_stored, store_invoices
from core.invoices.numbering import Series, issue_date_for
from core.kernel.ids import new_id
from core.kernel.periods import local_day
from core.periods.rows import StoredPeriod

MAX_ROUNDS = 200
"""Due times of one account that one closing goes through."""

Priced = tuple[InvoiceGroup, InvoiceDraft]


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
    alone: bool = False,
) -> Closed:
    """Bill these periods, each account's due times in order, and number the invoices.

    Commit right afterwards: the series stay locked until then.
    """
    closed = Closed()
    renewing: dict[UUID, ClosingRows] = {}
    periods, requests = await take_requests(tx, periods, run_id=run_id)
    for chosen in rounds_of(periods):
        rows = await _close_round(
            tx, chosen, run_id=run_id, pricing=pricing, alone=alone, closed=closed
        )
        renewing.update(dict.fromkeys(rows.subscriptions, rows))
    began = perf_counter()
    await renew(tx, renewing)
    await trace_requests(tx, requests)
    # After all that takes long: rows that wake others stay locked until the commit.
    await announce(tx, closed.invoices)
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
        await _close_rows(tx, rows, run_id=None, pricing=pricing, alone=False, closed=closed)
    await announce(tx, closed.invoices)
    reached("before_numbers")
    await number_stored(tx, closed.invoices)
    return closed


def job_rounds(jobs: Sequence[JobFacts]) -> list[list[JobFacts]]:
    """Split jobs so that each round has one due time per account, the earliest first.

    All jobs of an account that takes one invoice are in its first round, due with the last.
    """
    last: dict[UUID, datetime] = {}
    for job in jobs:
        last[job.account_id] = max(job.due_at, last.get(job.account_id, job.due_at))
    by_account: dict[UUID, dict[datetime, list[JobFacts]]] = defaultdict(dict)
    for job in jobs:
        due_at = last[job.account_id] if job.invoice_per == "account" else job.due_at
        at_once = by_account[job.account_id].setdefault(due_at, [])
        at_once.append(job._replace(due_at=due_at))
    rounds: dict[int, list[JobFacts]] = defaultdict(list)
    for by_due in by_account.values():
        for place, due_at in enumerate(sorted(by_due)):
            rounds[place].extend(by_due[due_at])
    return [rounds[place] for place in sorted(rounds)]


def rounds_of(periods: Sequence[StoredPeriod]) -> list[list[StoredPeriod]]:
    """Split periods so that each round has one due time per account, the earliest first.

    A later invoice of an account needs what the earlier one has charged.
    """
    by_account: dict[UUID, dict[datetime, list[StoredPeriod]]] = defaultdict(dict)
    for period in periods:
        by_account[period.account_id].setdefault(period.due_at, []).append(period)
    rounds: dict[int, list[StoredPeriod]] = defaultdict(list)
    for by_due in by_account.values():
        for place, due_at in enumerate(sorted(by_due)):
            rounds[place].extend(by_due[due_at])
    if len(rounds) > MAX_ROUNDS:
        raise ValueError(f"an account has {len(rounds)} due times at once")
    return [rounds[place] for place in sorted(rounds)]


async def _close_round(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    run_id: UUID | None,
    pricing: Pricing,
    alone: bool,
    closed: Closed,
) -> ClosingRows:
    began = perf_counter()
    rows = await read_rows(tx, periods, pricing=pricing)
    if not alone:
        due = {period.account_id: period.due_at for period in periods}
        await add_jobs(tx, rows, await jobs_with_closings(tx, due), pricing=pricing)
    closed.seconds["read"] += perf_counter() - began
    await _close_rows(tx, rows, run_id=run_id, pricing=pricing, alone=alone, closed=closed)
    return rows


async def _close_rows(
    tx: Tx,
    rows: ClosingRows,
    *,
    run_id: UUID | None,
    pricing: Pricing,
    alone: bool,
    closed: Closed,
) -> None:
    """Price what was read and store it; what cannot be billed is parked."""
    began = perf_counter()
    seller = await read_parties(tx, rows)
    await read_gauges(tx, rows)
    await read_bill_discounts(tx, rows)
    reached("after_read")
    read = perf_counter()
    groups = invoice_groups(rows, alone=alone)
    faults = dict(groups.faulty)
    priced = await _priced(groups.invoices, pricing=pricing, faults=faults)
    priced = await within_windows(rows, priced, pricing=pricing, faults=faults)
    done = perf_counter()
    wallets = await ask_wallets(tx, rows, priced, faults=faults)
    await store_priced(tx, rows, priced, seller=seller, run_id=run_id, closed=closed)
    await wallets.make(tx, closed.invoices)
    await _mark(tx, rows, faults, run_id=run_id, closed=closed)
    closed.seconds["read"] += read - began
    closed.seconds["price"] += done - read
    closed.seconds["write"] += perf_counter() - done


async def _priced(
    groups: Sequence[InvoiceGroup], *, pricing: Pricing, faults: dict[UUID, Exception]
) -> list[Priced]:
    """Price all; where one invoice of several subscriptions fails, find the offender."""
    drafts = await pricing.price([group.snapshot() for group in groups])
    found: list[Priced] = []
    for group, draft in zip(groups, drafts, strict=True):
        if isinstance(draft, InvoiceDraft):
            found.append((group, draft))
        elif len(group.members) == 1:
            faults[group.members[0]] = draft
        else:
            found.extend(await _without_offenders(group, draft, pricing, faults))
    return found


async def _without_offenders(
    group: InvoiceGroup, error: Exception, pricing: Pricing, faults: dict[UUID, Exception]
) -> list[Priced]:
    alone = await pricing.price([group.snapshot([member]) for member in group.members])
    failed = {
        member: draft
        for member, draft in zip(group.members, alone, strict=True)
        if isinstance(draft, Exception)
    }
    group.members = [member for member in group.members if member not in failed]
    faults.update(failed)
    if not group.members:
        return []
    if failed:
        (draft,) = await pricing.price([group.snapshot()])
        if isinstance(draft, InvoiceDraft):
            return [(group, draft)]
        error = draft
    faults.update(dict.fromkeys(group.members, error))  # each is sound; together they are not
    return []


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
