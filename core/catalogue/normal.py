"""The normal form of definitions: what two ways of writing the same thing share.

Zones become rows, defaults that depend on something are filled in, dates become instants,
frequencies get one spelling, and lists that have no order are sorted. Only checked
definitions are brought into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from core.catalogue.delays import delay_text, parse_delay
from core.catalogue.schema import (
    RECURRING_KINDS,
    BillingTermsDefinition,
    BindingDefinition,
    Catalogue,
    CommitmentDefinition,
    GrantDefinition,
    PaymentDefinition,
    PricePlanDefinition,
    ProductDefinition,
    RateDefinition,
    RateTableDefinition,
    RateVariantDefinition,
    RestingDefinition,
    TrialDefinition,
    TrialGrantDefinition,
)
from core.kernel.clock import in_utc
from core.kernel.frequency import Frequency
from core.kernel.zones import start_of_day
from core.plugin_api.values import Driver


def normal_catalogue(catalogue: Catalogue, *, zone: str, kinds: Mapping[str, str]) -> Catalogue:
    """Bring a checked catalogue into normal form.

    `zone` is the tenant's, for dates without a time; `kinds` are the kinds of all
    products that rates may name. Entries that are read whole have a normal form of their
    own (`core.catalogue.normal_entries`).
    """
    return Catalogue(
        gauges=catalogue.gauges,
        products=tuple(normal_product(product) for product in catalogue.products),
        rate_tables=tuple(normal_table(table, zone=zone) for table in catalogue.rate_tables),
        price_plans=tuple(
            normal_plan(plan, zone=zone, kinds=kinds) for plan in catalogue.price_plans
        ),
        billing_terms=tuple(normal_terms(terms) for terms in catalogue.billing_terms),
    )


def normal_product(product: ProductDefinition) -> ProductDefinition:
    """Sort the members of a suite, the grants and what a pack needs."""
    grants = (
        replace(grant, valid_for=frequency_text(grant.valid_for)) for grant in product.grants
    )
    return replace(
        product,
        members=listed(product.members),
        grants=tuple(sorted(grants, key=_feature_of)),
        trial=None if product.trial is None else _trial(product.trial),
        needs=listed(product.needs),
    )


def _trial(trial: TrialDefinition) -> TrialDefinition:
    return replace(trial, grants=tuple(sorted(trial.grants, key=_feature_of)))


def _feature_of(grant: GrantDefinition | TrialGrantDefinition) -> str:
    return grant.feature


def normal_table(table: RateTableDefinition, *, zone: str) -> RateTableDefinition:
    """Write zones out as rows and sort the slots by their start."""
    slots = tuple(
        replace(slot, starts=instant(slot.starts, zone), rows=expanded(slot.rows, table.zones))
        for slot in table.slots
    )
    return replace(
        table,
        zones={},
        rows=expanded(table.rows, table.zones),
        slots=tuple(sorted(slots, key=lambda slot: instant(slot.starts, zone))),
    )


def expanded(
    rows: Mapping[str, Decimal], zones: Mapping[str, tuple[str, ...]]
) -> dict[str, Decimal]:
    """Write the rows of zones out: zone-2 at 0.12 is DE, NL, LU and CZ at 0.12."""
    found: dict[str, Decimal] = {}
    for name, price in rows.items():
        for value in zones.get(name, (name,)):
            found[value] = price
    return dict(sorted(found.items()))


def normal_plan(
    plan: PricePlanDefinition, *, zone: str, kinds: Mapping[str, str]
) -> PricePlanDefinition:
    """Fill in what a rate leaves to its product's kind, and sort the rates."""
    rates = [normal_rate(rate, kind=kinds[rate.product]) for rate in plan.rates]
    effective = None if plan.effective_from is None else instant(plan.effective_from, zone)
    commitment = None if plan.commitment is None else _commitment(plan.commitment)
    ordered = tuple(sorted(rates, key=lambda rate: (rate.product, rate.frequency)))
    return replace(
        plan,
        effective_from=effective,
        commitment=commitment,
        rates=ordered,
        units=listed(plan.units),
        rule_sets=dict(sorted(plan.rule_sets.items())),
    )


def normal_rate(rate: RateDefinition, *, kind: str) -> RateDefinition:
    """Fill in model, driver and `per` as the schema's defaults say."""
    frequency = frequency_text(rate.frequency)
    per = (
        "" if frequency or kind not in RECURRING_KINDS else frequency_text(rate.per or "month")
    )
    model = rate.model or ("package" if rate.package is not None else "flat")
    driver = rate.driver or _default_driver(kind)
    own = replace(rate, frequency=frequency, per=per, model=model, driver=driver, variants=())
    variants = tuple(_normal_variant(own, variant, kind=kind) for variant in rate.variants)
    return replace(own, variants=variants)


def rate_of_variant(rate: RateDefinition, variant: RateVariantDefinition) -> RateDefinition:
    """Return the rate that a variant puts in another's place.

    What a quantity is, and the time that a price stands for, are the rate's own where the
    variant says nothing else.
    """
    return RateDefinition(
        product=rate.product,
        frequency=rate.frequency,
        model=variant.model,
        driver=variant.driver or rate.driver,
        base=variant.base,
        tiers=variant.tiers,
        package=variant.package,
        free_units=variant.free_units,
        counts=variant.counts or rate.counts,
        precision=variant.precision,
        per=variant.per or rate.per,
        table=variant.table,
        options=variant.options,
        surcharge=variant.surcharge,
    )


def _normal_variant(
    rate: RateDefinition, variant: RateVariantDefinition, *, kind: str
) -> RateVariantDefinition:
    full = normal_rate(rate_of_variant(rate, variant), kind=kind)
    return replace(
        variant, model=full.model, driver=full.driver, counts=full.counts, per=full.per
    )


def normal_terms(terms: BillingTermsDefinition) -> BillingTermsDefinition:
    """Give frequencies and delays one spelling, and the only plan as default."""
    frequency, usage = frequency_text(terms.frequency), frequency_text(terms.usage_frequency)
    plans = tuple(sorted(set(terms.plans)))
    return replace(
        terms,
        frequency=frequency,
        usage_frequency="" if usage == frequency else usage,
        closes_after=_delay(terms.closes_after),
        plans=plans,
        default_plan=terms.default_plan or (plans[0] if len(plans) == 1 else None),
        fixed_charges="advance" if terms.kind == "prepaid" else terms.fixed_charges,
        binding=_binding(terms.binding),
        resting=_resting(terms.resting),
        grace=_delay(terms.grace),
        term=frequency_text(terms.term),
        notice=frequency_text(terms.notice),
        payment=None if terms.payment is None else _payment(terms.payment),
    )


def _payment(payment: PaymentDefinition) -> PaymentDefinition:
    return PaymentDefinition(
        within=_delay(payment.within),
        retries=_delays(payment.retries),
        reminders=_delays(payment.reminders),
        suspend_after=_delay(payment.suspend_after),
        end_after=_delay(payment.end_after),
    )


def _delays(texts: Iterable[str]) -> tuple[str, ...]:
    """Put delays in the order in which they come about, each once."""
    found = {delay for text in texts if (delay := parse_delay(text)) is not None}
    return tuple(delay_text(delay) for delay in sorted(found))


def _delay(text: str) -> str:
    """Give a delay its one spelling: `24 hours` is `1 day`; empty stays."""
    delay = parse_delay(text)
    assert delay is not None  # checked
    return delay_text(delay)


def _binding(binding: BindingDefinition | None) -> BindingDefinition | None:
    return None if binding is None else replace(binding, term=frequency_text(binding.term))


def _resting(resting: RestingDefinition | None) -> RestingDefinition | None:
    return None if resting is None else replace(resting, per=frequency_text(resting.per))


def listed(names: Iterable[str]) -> tuple[str, ...]:
    """Return names that have no order in the one that they are stored in."""
    return tuple(sorted(set(names)))


def frequency_text(text: str) -> str:
    """Give a frequency its one spelling: `P12M` and `12 months` are `year`; empty stays."""
    if not text:
        return ""
    frequency = Frequency.parse(text)
    months, days = frequency.months, frequency.days
    if months is not None and months % 12 == 0:
        return str(Frequency(months // 12, "year"))
    if days is not None and days % 7 == 0:
        return str(Frequency(days // 7, "week"))
    return str(frequency)


def instant(moment: date | datetime, zone: str) -> datetime:
    """Return an instant in UTC; a date is its first instant in the zone."""
    if isinstance(moment, datetime):
        return in_utc(moment)
    return start_of_day(moment, zone)


def _commitment(commitment: CommitmentDefinition) -> CommitmentDefinition:
    covers = replace(
        commitment.covers,
        products=tuple(sorted(set(commitment.covers.products))),
        kinds=tuple(sorted(set(commitment.covers.kinds))),
    )
    return replace(commitment, per=frequency_text(commitment.per), covers=covers)


def _default_driver(kind: str) -> Driver | None:
    if kind == "expense":
        return None
    return "usage" if kind == "usage_service" else "quantity"
