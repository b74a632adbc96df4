"""From rows to the snapshots that `bill` prices: one per invoice. Pure.

An invoice gathers what one subscription (or one account, where it takes one invoice for
all) has in one currency at one due time. What keeps a subscription from being billed is
found here and kept beside the others, so that only that one is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

from core.billing.inputs import part_from_inputs
from core.billing.snapshot import (
    ONE_FREQUENCY,
    ChargedFee,
    Context,
    Discount,
    FeesPart,
    GaugeItem,
    JobLine,
    JobPart,
    Snapshot,
    Terms,
    UsagePart,
)
from core.billing.totals import NOTHING_BILLED, totals_from_json
from core.billing_cycles.conditional import plan_of, plan_of_job, variants_of
from core.billing_cycles.fees import USAGE_KIND, candidate_periods, fee_items
from core.billing_cycles.phases import phase_at, sides
from core.billing_cycles.prepaid import prepaid_terms
from core.billing_cycles.rows import (
    ClosingRows,
    ItemFacts,
    JobFacts,
    PhaseFacts,
    ProductFacts,
    SubscriptionFacts,
)
from core.buy_in_advance.length import spans
from core.catalogue.compile import TermsVersion
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod
from core.rating.compile import CompiledPlan


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


def invoice_groups(rows: ClosingRows, *, alone: bool = False) -> Groups:
    """Gather the invoices of periods of which each account has one due time.

    `alone` gives a subscription an invoice of its own whatever its account asks for; one that
    a wallet pays always has its own.
    """
    invoices: dict[tuple[UUID, UUID | None, str], InvoiceGroup] = {}
    faulty: dict[UUID, Exception] = {}
    by_subscription: dict[UUID, list[StoredPeriod]] = defaultdict(list)
    for period in rows.periods:
        by_subscription[period.subscription_id].append(period)
    for subscription_id in sorted(by_subscription, key=lambda one: one.int):
        facts = rows.subscriptions[subscription_id]
        periods = by_subscription[subscription_id]
        try:
            fees, usage = _parts(rows, facts, periods)
            rows.discounts.context(subscription_id)
        except Exception as error:  # noqa: BLE001 - kept, and told to the operator
            faulty[subscription_id] = error
            continue
        is_alone = alone or prepaid_terms(rows, subscription_id) is not None
        group = _group(invoices, facts, due_at=periods[0].due_at, alone=is_alone)
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
        part = _job_part(rows, job)
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


def _job_part(rows: ClosingRows, job: JobFacts) -> JobPart:
    return JobPart(
        job_id=job.id,
        completed_at=job.completed_at,
        zone=job.timezone,
        plan=plan_of_job(rows, job),
        products=rows.engine_products,
        tax_rates=rows.tax_rates[job.account_id],
        lines=tuple(_job_line(rows, job, line) for line in rows.job_lines.get(job.id, ())),
    )


def _job_line(rows: ClosingRows, job: JobFacts, line: JobLine) -> JobLine:
    """Give a line the plan of its own where a variant asks about it."""
    variants = rows.job_variants.get(job.id)
    if variants is None:
        return line
    facts = rows.products[line.product_id]
    plan = variants.plan_for(facts.product, line.quantity, type=facts.type)
    return line._replace(plan=plan)


def _group(
    invoices: dict[tuple[UUID, UUID | None, str], InvoiceGroup],
    facts: SubscriptionFacts,
    *,
    due_at: datetime,
    alone: bool,
) -> InvoiceGroup:
    whole_account = facts.invoice_per == "account" and not alone
    subscription_id = None if whole_account else facts.id
    key = (facts.account_id, subscription_id, facts.currency)
    if key not in invoices:
        invoices[key] = InvoiceGroup(*key, due_at)
    return invoices[key]


def _parts(
    rows: ClosingRows, facts: SubscriptionFacts, periods: list[StoredPeriod]
) -> tuple[list[FeesPart], list[UsagePart]]:
    due_at = periods[0].due_at
    usage = [_usage_part(rows, facts, one) for one in periods if one.stream == "usage"]
    usage += _late_parts(rows, facts, periods)
    return _fees_parts(rows, facts, periods, due_at=due_at), usage


def _fees_parts(
    rows: ClosingRows,
    facts: SubscriptionFacts,
    periods: list[StoredPeriod],
    *,
    due_at: datetime,
) -> list[FeesPart]:
    selected = {period.id for period in periods}
    found: list[FeesPart] = []
    for period in candidate_periods(periods, rows.fees_periods.get(facts.id, ())):
        is_selected = period.id in selected
        for side, phase in sides(rows, facts, period, is_needed=is_selected):
            plan, terms = _plan_and_terms(rows, phase)
            items = fee_items(
                rows,
                side,
                is_selected=is_selected,
                plan=plan,
                billed_in=terms.fixed_charges,
                due_at=due_at,
                proration=terms.proration,
                variants=variants_of(rows, phase),
            )
            if items:
                found.append(
                    FeesPart(
                        period.id,
                        facts.id,
                        side.part,
                        period.whole,
                        facts.timezone,
                        _terms(terms),
                        plan,
                        rows.engine_products,
                        rows.tax_rates[facts.account_id],
                        items,
                        _spans(period, terms, phase.anchor or facts.anchor, facts.timezone),
                        _billed_time(rows, facts, side.part),
                    )
                )
    return found


def _billed_time(
    rows: ClosingRows, facts: SubscriptionFacts, part: Period
) -> tuple[Period, ...]:
    """Return the time of a period that is on invoices already; only discounts ask for it."""
    if not rows.discounts.of(facts.id):
        return ()
    times = (one.slice for one in rows.charged.get(facts.id, ()) if one.kind == "fee")
    return tuple(dict.fromkeys(time for time in times if time.overlap(part) is not None))


def _spans(period: StoredPeriod, terms: TermsVersion, anchor: date, zone: str) -> Fraction:
    if not period.is_advance:
        return ONE_FREQUENCY
    return spans(period.whole, terms.frequency, anchor=anchor, zone=zone)


def _usage_part(rows: ClosingRows, facts: SubscriptionFacts, period: StoredPeriod) -> UsagePart:
    phase = phase_at(rows, facts, period, is_needed=True)
    assert phase is not None
    plan, terms = _plan_and_terms(rows, phase)
    part = period.part
    items = [(item, held) for item in rows.items.get(facts.id, ())
             if (held := _held(item, part)) is not None]  # fmt: skip
    last = rows.steps.get(period.id)  # of an interim invoice
    return UsagePart(
        period_id=period.id,
        subscription_id=facts.id,
        period=part,
        whole=period.whole,
        zone=facts.timezone,
        terms=_terms(terms),
        plan=plan,
        products=rows.engine_products,
        tax_rates=rows.tax_rates[facts.account_id],
        usage=rows.usage.get(period.id, ()),
        gauges=_gauges(rows, period, items),
        offered=_offered(rows, plan, items),
        fees=_charged_fees(rows, facts, part) if plan.commitment is not None else (),
        billed=NOTHING_BILLED if last is None else totals_from_json(last.totals),
        seq=1 if last is None else last.seq + 1,
    )


def _held(item: ItemFacts, part: Period) -> Period | None:
    start = max(item.from_at, part.start)
    end = part.end if item.until_at is None else min(item.until_at, part.end)
    return Period(start, end) if start < end else None


def gauge_slices(
    products: Mapping[UUID, ProductFacts], items: Iterable[tuple[ItemFacts, Period]]
) -> dict[UUID, Period]:
    """Return the time in which each product priced by a gauge was held, in a period.

    A change of revision does not interrupt it: from the first to the last.
    """
    found: dict[UUID, Period] = {}
    for item, held in items:
        if products[item.product_id].gauge_id is None:
            continue
        known = found.get(item.product_id)
        if known is not None:
            held = Period(min(known.start, held.start), max(known.end, held.end))  # noqa: PLW2901
        found[item.product_id] = held
    return found


def _gauges(
    rows: ClosingRows, period: StoredPeriod, items: list[tuple[ItemFacts, Period]]
) -> tuple[GaugeItem, ...]:
    return tuple(
        GaugeItem(product_id, rows.gauges[period.id, product_id], held)
        for product_id, held in gauge_slices(rows.products, items).items()
    )


def _offered(
    rows: ClosingRows, plan: CompiledPlan, items: list[tuple[ItemFacts, Period]]
) -> tuple[UUID, ...]:
    """Return the usage products held that owe something even when nothing was used."""
    found = {
        item.product_id: None
        for item, _held_for in items
        if rows.products[item.product_id].product.kind == USAGE_KIND
        and plan.unused_rate(item.product_id) is not None
    }
    return tuple(found)


def _charged_fees(
    rows: ClosingRows, facts: SubscriptionFacts, part: Period
) -> tuple[ChargedFee, ...]:
    return tuple(
        ChargedFee(charged.product_id, charged.slice, charged.amount)
        for charged in rows.charged.get(facts.id, ())
        if charged.slice.overlap(part) is not None
    )


def _late_parts(
    rows: ClosingRows, facts: SubscriptionFacts, periods: list[StoredPeriod]
) -> list[UsagePart]:
    """Rebuild the billed periods whose late usage is billed now, with their own inputs.

    A period without a first billing is itself parked or waiting; it bills all of its
    usage when its turn comes.
    """
    at_hand = {period.id for period in periods}
    found: dict[UUID, UsagePart] = {}
    for link in rows.late:
        step = rows.steps.get(link.usage_period_id)
        if link.billing_period_id not in at_hand or step is None:
            continue
        found[link.usage_period_id] = part_from_inputs(
            step.inputs,
            period_id=link.usage_period_id,
            subscription_id=link.subscription_id,
            plans=rows.plans,
            products=rows.engine_products,
            tax_rates=rows.tax_rates[facts.account_id],
            usage=rows.usage.get(link.usage_period_id, ()),
            billed=totals_from_json(step.totals),
            seq=step.seq + 1,
        )
    return list(found.values())


def _plan_and_terms(rows: ClosingRows, phase: PhaseFacts) -> tuple[CompiledPlan, TermsVersion]:
    return plan_of(rows, phase), rows.terms[phase.terms_version_id]


def _terms(terms: TermsVersion) -> Terms:
    return Terms(terms.id, terms.frequency, terms.usage_frequency, terms.proration)
