"""From rows to the snapshots that `bill` prices: one per invoice. Pure.

An invoice gathers what one subscription (or one account, where it takes one invoice for
all) has in one currency at one due time. What keeps a subscription from being billed is
found here and kept beside the others, so that only that one is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from core.billing.snapshot import (
    Context,
    Discount,
    FeesPart,
    JobPart,
    Snapshot,
    UsagePart,
)
from core.billing_cycles.job_parts import job_part
from core.billing_cycles.parts import parts_of
from core.billing_cycles.prepaid import prepaid_terms
from core.billing_cycles.rows import (
    ClosingRows,
    JobFacts,
    SubscriptionFacts,
)
from core.periods.rows import StoredPeriod


@dataclass(slots=True)
class InvoiceGroup:
    """One invoice to be: its key, and the parts that each of its members brings.

    A member is a subscription or a job.
    """

    account_id: UUID
    subscription_id: UUID | None
    currency: str
    due_at: datetime
    fees: dict[UUID, list[FeesPart]] = field(default_factory=dict)
    usage: dict[UUID, list[UsagePart]] = field(default_factory=dict)
    jobs: dict[UUID, JobPart] = field(default_factory=dict)
    discounts: dict[UUID, tuple[Discount, ...]] = field(default_factory=dict)
    contexts: dict[UUID, Context] = field(default_factory=dict)
    members: list[UUID] = field(default_factory=list)

    def snapshot(self, members: Iterable[UUID] | None = None) -> Snapshot:
        """Return the snapshot of all members, or of just those named."""
        chosen = self.members if members is None else list(members)
        fees = tuple(part for one in chosen for part in self.fees.get(one, ()))
        usage = tuple(part for one in chosen for part in self.usage.get(one, ()))
        jobs = tuple(self.jobs[one] for one in chosen if one in self.jobs)
        parts: list[FeesPart | UsagePart | JobPart] = [*fees[:1], *usage[:1], *jobs[:1]]
        mode = parts[0].plan.tax_mode if parts else "exclusive"
        return Snapshot(
            self.account_id,
            self.subscription_id,
            self.currency,
            mode,
            fees,
            usage,
            jobs,
            discounts=tuple(
                discount for one in chosen for discount in self.discounts.get(one, ())
            ),
            contexts={one: self.contexts[one] for one in chosen if one in self.contexts},
            at=self.due_at,
        )

    def may_reduce(self, member: UUID, rows: ClosingRows) -> None:
        """Take on the discounts of a member, with what their criteria read of it.

        Raises:
            ConditionFailed: a segment that they ask for cannot be decided.
        """
        discounts = rows.discounts.of(member)
        if discounts:
            context = rows.discounts.context(member)
            self.discounts[member] = discounts
            if context is not None:
                self.contexts[member] = context


@dataclass(slots=True)
class Groups:
    """The invoices to be, and the subscriptions that cannot even be put into one."""

    invoices: list[InvoiceGroup]
    faulty: dict[UUID, Exception]


def invoice_groups(rows: ClosingRows) -> Groups:
    """Gather the invoices of periods of which each account has one due time.

    A subscription that a wallet pays has an invoice of its own, whatever its account asks for.
    """
    return _gathered(rows, lambda facts: _joins_account(rows, facts))


def own_invoices(rows: ClosingRows) -> Groups:
    """Give every subscription an invoice of its own, whatever its account asks for."""
    return _gathered(rows, lambda _facts: False)


def _joins_account(rows: ClosingRows, facts: SubscriptionFacts) -> bool:
    return facts.invoice_per == "account" and prepaid_terms(rows, facts.id) is None


def _gathered(rows: ClosingRows, joins: Callable[[SubscriptionFacts], bool]) -> Groups:
    """Gather the invoices; `joins` says which subscriptions share their account's."""
    invoices: dict[tuple[UUID, UUID | None, str], InvoiceGroup] = {}
    faulty: dict[UUID, Exception] = {}
    by_subscription: dict[UUID, list[StoredPeriod]] = defaultdict(list)
    for period in rows.periods:
        by_subscription[period.subscription_id].append(period)
    for subscription_id in sorted(by_subscription, key=lambda one: one.int):
        facts = rows.subscriptions[subscription_id]
        periods = by_subscription[subscription_id]
        try:
            fees, usage = parts_of(rows, facts, periods)
            rows.discounts.context(subscription_id)
        except Exception as error:  # noqa: BLE001 - kept, and told to the operator
            faulty[subscription_id] = error
            continue
        own = None if joins(facts) else subscription_id
        key = (facts.account_id, own, facts.currency)
        group = invoices.setdefault(key, InvoiceGroup(*key, periods[0].due_at))
        group.members.append(subscription_id)
        group.fees[subscription_id] = fees
        group.usage[subscription_id] = usage
        group.may_reduce(subscription_id, rows)
    for job in rows.jobs.values():
        _join(rows, job, invoices=invoices, faulty=faulty)
    return Groups(list(invoices.values()), faulty)


def _join(
    rows: ClosingRows,
    job: JobFacts,
    *,
    invoices: dict[tuple[UUID, UUID | None, str], InvoiceGroup],
    faulty: dict[UUID, Exception],
) -> None:
    """Put a job on the invoice of its account, or on one of its own."""
    try:
        part = job_part(rows, job)
        rows.discounts.context(job.id)
    except Exception as error:  # noqa: BLE001 - kept, and told to the operator
        faulty[job.id] = error
        return
    whole_account = job.invoice_per == "account"
    key = (job.account_id, None if whole_account else job.id, job.currency)
    if key not in invoices:
        invoices[key] = InvoiceGroup(job.account_id, None, job.currency, job.due_at)
    invoices[key].members.append(job.id)
    invoices[key].jobs[job.id] = part
    invoices[key].may_reduce(job.id, rows)
