"""From definitions in normal form to the frozen values that the engine prices with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.catalogue.delays import parse_delay
from core.catalogue.schema import (
    BillingTermsDefinition,
    BindingDefinition,
    CommitmentDefinition,
    InlineTableDefinition,
    PaymentDefinition,
    RateDefinition,
    RateTableDefinition,
    RestingDefinition,
    SurchargeDefinition,
)
from core.catalogue.schema.fields import BilledIn, TermsKind
from core.catalogue.schema.terms import (
    BelowThreshold,
    ChangeActs,
    DiscountsAllowed,
    EarlyEnd,
    Fewer,
    JobBills,
    More,
)
from core.kernel.frequency import Frequency
from core.kernel.periods import AnchorKind, ProrationPolicy
from core.plugin_api.values import Rate, RateTable, Surcharge, TableSlot, Tier

KEPT_SLOT: Final = 0
"""The number of the only slot of a table that a subscriber keeps until moved."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A minimum term; `penalty` is the code of the expense charged for ending it early."""

    term: Frequency
    penalty: str | None


@dataclass(frozen=True, slots=True)
class Resting:
    """How often, and how many days in all, a subscription may rest in each `per`."""

    times: int | None
    days: int | None
    per: Frequency
    billed: bool
    extends_binding: bool


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """By when an invoice is to be paid, and what follows where it is not.

    `retries` count from the failure of a collection, the others from the instant by which
    it was to be paid; None is never.
    """

    within: timedelta
    retries: tuple[timedelta, ...] = ()
    reminders: tuple[timedelta, ...] = ()
    suspend_after: timedelta | None = None
    end_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class TermsVersion:
    """One version of billing terms, ready for the calendar and the snapshot.

    `plans` are the ids of the price plans that may be used; `usage_frequency` is the
    fees' where the terms name none. The thresholds are those of the terms themselves; usage
    rules may set others where they are None. `term` is None where the subscriber agrees for
    one period at a time, and `notice` where renewal may be turned off until the end.
    """

    id: UUID
    terms_id: UUID
    code: str
    number: int
    frequency: Frequency
    usage_frequency: Frequency
    anchor: AnchorKind
    fixed_charges: BilledIn
    proration: ProrationPolicy
    closes_after: timedelta
    plans: frozenset[UUID]
    default_plan_id: UUID | None
    kind: TermsKind = "normal"
    discounts: DiscountsAllowed = "none"
    max_unbilled_amount: Decimal | None = None
    max_unbilled_events: int | None = None
    below_threshold: BelowThreshold = "bill"
    binding: Binding | None = None
    resting: Resting | None = None
    grace: timedelta = timedelta(0)
    bills: JobBills = "at_once"
    upgrade: ChangeActs = "period_end"
    downgrade: ChangeActs = "period_end"
    fewer: Fewer = "period_end"
    more: More = "at_once"
    early_end: EarlyEnd = "no_credit"
    term: Frequency | None = None
    notice: Frequency | None = None
    no_notice_up_to: int | None = None
    minimum_quantity: bool = False
    payment: PaymentPolicy | None = None


def rate_value(rate: RateDefinition, *, table: RateTable | None) -> Rate:
    """Compile a rate; `table` is the one that its code names."""
    inline = rate.table if isinstance(rate.table, InlineTableDefinition) else None
    package = rate.package
    return Rate(
        model=rate.model,
        driver=rate.driver,
        base=rate.base,
        tiers=tuple(
            Tier(start=tier.start, upto=tier.upto, price=tier.price, fee=tier.fee)
            for tier in rate.tiers
        ),
        package_size=package.size if package is not None else None,
        rounding=package.rounding if package is not None else "up",
        free_units=rate.free_units,
        counts=rate.counts,
        table=kept_table("", inline.rows, inline.default) if inline is not None else table,
        per_months=per_months(rate.frequency or rate.per),
        precision=rate.precision,
        surcharge=_surcharge(rate.surcharge),
        options=dict(rate.options),
    )


def _surcharge(found: SurchargeDefinition | None) -> Surcharge | None:
    return None if found is None else Surcharge(found.percent, found.precision)


def kept_table(code: str, rows: Mapping[str, Decimal], default: Decimal | None) -> RateTable:
    """Make a table that does not change under a plan version."""
    slot = TableSlot(number=KEPT_SLOT, starts_at=None, rows=dict(rows), default=default)
    return RateTable(code=code, applies="kept_until_moved", slots=(slot,))


def table_value(table: RateTableDefinition) -> RateTable:
    """Compile a table definition by itself, its slots numbered in the order of their dates.

    For checking; what is stored has numbers of its own.
    """
    if table.applies == "kept_until_moved":
        return kept_table(table.code, table.rows, table.default)
    slots = tuple(
        TableSlot(number=number, starts_at=None, rows=dict(slot.rows), default=slot.default)
        for number, slot in enumerate(table.slots, start=1)
    )
    return RateTable(code=table.code, applies="on_event_date", slots=slots)


def per_months(text: str) -> int | None:
    """Return the months that a price stands for, or None for what does not count in months."""
    return Frequency.parse(text).months if text else None


def commitment_months(commitment: CommitmentDefinition) -> int:
    """Return the months that a minimum stands for."""
    months = Frequency.parse(commitment.per).months
    assert months is not None  # weeks and days were refused
    return months


def terms_value(
    terms: BillingTermsDefinition,
    *,
    id: UUID,  # noqa: A002 - the name of the column
    terms_id: UUID,
    number: int,
    plan_ids: Mapping[str, UUID],
) -> TermsVersion:
    """Compile one version of billing terms."""
    frequency = Frequency.parse(terms.frequency)
    return TermsVersion(
        id=id,
        terms_id=terms_id,
        code=terms.code,
        number=number,
        frequency=frequency,
        usage_frequency=(
            Frequency.parse(terms.usage_frequency) if terms.usage_frequency else frequency
        ),
        anchor=terms.anchor,
        fixed_charges=terms.fixed_charges,
        proration=terms.proration,
        closes_after=_delay(terms.closes_after),
        plans=frozenset(plan_ids[code] for code in terms.plans),
        default_plan_id=plan_ids[terms.default_plan] if terms.default_plan else None,
        kind=terms.kind,
        discounts=terms.discounts,
        max_unbilled_amount=terms.max_unbilled_amount,
        max_unbilled_events=terms.max_unbilled_events,
        below_threshold=terms.below_threshold,
        binding=_binding(terms.binding),
        resting=_resting(terms.resting),
        grace=_delay(terms.grace),
        bills=terms.bills,
        upgrade=terms.upgrade,
        downgrade=terms.downgrade,
        fewer=terms.fewer,
        more=terms.more,
        early_end=terms.early_end,
        term=_length(terms.term),
        notice=_length(terms.notice),
        no_notice_up_to=terms.no_notice_up_to,
        minimum_quantity=terms.minimum_quantity,
        payment=_payment(terms.payment),
    )


def counts_usage(terms: BillingTermsDefinition) -> bool:
    """Tell whether usage under these terms is counted as it comes, for what it leads to."""
    stated = (terms.max_unbilled_amount, terms.max_unbilled_events)
    return terms.kind == "prepaid" or any(limit is not None for limit in stated)


def _binding(found: BindingDefinition | None) -> Binding | None:
    if found is None:
        return None
    return Binding(term=Frequency.parse(found.term), penalty=found.penalty)


def _length(text: str) -> Frequency | None:
    return Frequency.parse(text) if text else None


def _payment(found: PaymentDefinition | None) -> PaymentPolicy | None:
    if found is None:
        return None
    return PaymentPolicy(
        within=_delay(found.within),
        retries=tuple(_delay(text) for text in found.retries),
        reminders=tuple(_delay(text) for text in found.reminders),
        suspend_after=_delay(found.suspend_after) if found.suspend_after else None,
        end_after=_delay(found.end_after) if found.end_after else None,
    )


def _delay(text: str) -> timedelta:
    delay = parse_delay(text)
    assert delay is not None  # checked when it was stored
    return delay


def _resting(found: RestingDefinition | None) -> Resting | None:
    if found is None:
        return None
    return Resting(
        times=found.times,
        days=found.days,
        per=Frequency.parse(found.per),
        billed=found.billed,
        extends_binding=found.extends_binding,
    )
