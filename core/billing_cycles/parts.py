"""From rows to the parts of a snapshot: what one subscription is charged for. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

from core.billing.inputs import part_from_inputs
from core.billing.snapshot import (
    ONE_FREQUENCY,
    ChargedFee,
    FeesPart,
    GaugeItem,
    Terms,
    UsagePart,
)
from core.billing.totals import NOTHING_BILLED, totals_from_json
from core.billing_cycles.conditional import plan_of, variants_of
from core.billing_cycles.fees import USAGE_KIND, candidate_periods, fee_items
from core.billing_cycles.layers import LiveSpan, live_spans
from core.billing_cycles.phases import phase_at, sides
from core.billing_cycles.rows import (
    ChargedSlice,
    ClosingRows,
    ItemFacts,
    PhaseFacts,
    ProductFacts,
    SubscriptionFacts,
)
from core.buy_in_advance.length import spans
from core.catalogue.compile import TermsVersion
from core.kernel.gaps import gaps
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod
from core.rating.compile import CompiledPlan


def parts_of(
    rows: ClosingRows, facts: SubscriptionFacts, periods: list[StoredPeriod]
) -> tuple[list[FeesPart], list[UsagePart]]:
    """Return what a subscription is charged for these periods: its fees, and its usage.

    Raises:
        Whatever keeps it from being billed: it is told to the operator as it is.
    """
    due_at = periods[0].due_at
    _raise_window_fault(rows, facts, periods)
    usage = [_usage_part(rows, facts, one) for one in periods if one.stream == "usage"]
    usage += _late_parts(rows, facts, periods)
    return _fees_parts(rows, facts, periods, due_at=due_at), usage


def _raise_window_fault(
    rows: ClosingRows, facts: SubscriptionFacts, periods: list[StoredPeriod]
) -> None:
    """Raise what kept usage of a windowed channel from being judged."""
    if not rows.window_faults:
        return
    late = [one.usage_period_id for one in rows.late if one.subscription_id == facts.id]
    for period_id in (*(one.id for one in periods), *late):
        if period_id in rows.window_faults:
            raise rows.window_faults[period_id]


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
    fees = [one for one in rows.charged.get(facts.id, ()) if one.kind == "fee"]
    by_item: dict[UUID, list[ChargedSlice]] = defaultdict(list)
    for one in fees:
        if one.slice.overlap(part) is not None:
            by_item[one.item_id].append(one)
    return tuple(
        dict.fromkeys(
            span.period
            for own in by_item.values()
            for span in _charged_spans(own)
            if span.quantity
        )
    )


def _charged_spans(charged: list[ChargedSlice]) -> list[LiveSpan]:
    """Return how many units of an item are charged, from its first slice to its last."""
    first = min(one.slice.start for one in charged)
    last = max(one.slice.end for one in charged)
    return live_spans(Period(first, last), charged)


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
    rests = _rests(rows, facts, part)
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
        offered=_offered(rows, plan, items) if gaps(part, rests) else (),
        fees=_charged_fees(rows, facts, part) if plan.commitment is not None else (),
        billed=NOTHING_BILLED if last is None else totals_from_json(last.totals),
        seq=1 if last is None else last.seq + 1,
        rests=rests,
        consumption=rows.consumption.get(period.id, ()),
        carries=facts.id in rows.carrying,
    )


def _rests(rows: ClosingRows, facts: SubscriptionFacts, part: Period) -> tuple[Period, ...]:
    """Return the time of a period in which its subscription rests without being billed."""
    shared = (rest.overlap(part) for rest in rows.rests.get(facts.id, ()))
    return tuple(rest for rest in shared if rest is not None)


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
        ChargedFee(
            charged.product_id,
            charged.slice,
            -charged.amount if charged.is_credit else charged.amount,
        )
        for charged in rows.charged.get(facts.id, ())
        if charged.slice.overlap(part) is not None
    )


def _late_parts(
    rows: ClosingRows, facts: SubscriptionFacts, periods: list[StoredPeriod]
) -> list[UsagePart]:
    """Rebuild the settled periods of which usage is billed now, with their own inputs.

    It came late, or was carried on; a subscription that carries it on bills none. A period
    without a first billing is itself parked or waiting; it bills all of its usage when its
    turn comes.
    """
    if facts.id in rows.carrying:
        return []
    at_hand = {period.id for period in periods}
    found: dict[UUID, UsagePart] = {}
    for link in rows.late:
        step = rows.steps.get(link.usage_period_id)
        if link.billing_period_id not in at_hand or step is None:
            continue
        part = part_from_inputs(
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
        if link.usage_period_id in rows.carried:
            part = part._replace(is_late=False, is_carried=True)
        found[link.usage_period_id] = part
    return list(found.values())


def _plan_and_terms(rows: ClosingRows, phase: PhaseFacts) -> tuple[CompiledPlan, TermsVersion]:
    return plan_of(rows, phase), rows.terms[phase.terms_version_id]


def _terms(terms: TermsVersion) -> Terms:
    return Terms(terms.id, terms.frequency, terms.usage_frequency, terms.proration)
