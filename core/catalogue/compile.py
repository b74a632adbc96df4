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
    RateDefinition,
    RateTableDefinition,
    RestingDefinition,
)
from core.catalogue.schema.fields import BilledIn, TermsKind
from core.catalogue.schema.terms import DiscountsAllowed, JobBills
from core.kernel.frequency import Frequency
from core.kernel.periods import AnchorKind, ProrationPolicy
from core.plugin_api.values import Rate, RateTable, TableSlot, Tier

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
class TermsVersion:
    """One version of billing terms, ready for the calendar and the snapshot.

    `plans` are the ids of the price plans that may be used; `usage_frequency` is the
    fees' where the terms name none. The thresholds are those of the terms themselves; usage
    rules may set others where they are None.
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
    binding: Binding | None = None
    resting: Resting | None = None
    grace: timedelta = timedelta(0)
    bills: JobBills = "at_once"


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
        options=dict(rate.options),
    )


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
    closes_after, grace = parse_delay(terms.closes_after), parse_delay(terms.grace)
    assert closes_after is not None  # checked when they were stored
    assert grace is not None
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
        closes_after=closes_after,
        plans=frozenset(plan_ids[code] for code in terms.plans),
        default_plan_id=plan_ids[terms.default_plan] if terms.default_plan else None,
        kind=terms.kind,
        discounts=terms.discounts,
        max_unbilled_amount=terms.max_unbilled_amount,
        max_unbilled_events=terms.max_unbilled_events,
        binding=_binding(terms.binding),
        resting=_resting(terms.resting),
        grace=grace,
        bills=terms.bills,
    )


def counts_usage(terms: BillingTermsDefinition) -> bool:
    """Tell whether usage under these terms is counted as it comes, for what it leads to."""
    stated = (terms.max_unbilled_amount, terms.max_unbilled_events)
    return terms.kind == "prepaid" or any(limit is not None for limit in stated)


def _binding(found: BindingDefinition | None) -> Binding | None:
    if found is None:
        return None
    return Binding(term=Frequency.parse(found.term), penalty=found.penalty)


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
