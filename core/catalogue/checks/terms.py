"""What billing terms must hold to."""

from __future__ import annotations

from collections.abc import Iterator

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import Path, check_delay, check_frequency
from core.catalogue.checks.terms_changes import check_changes
from core.catalogue.checks.terms_kinds import check_kind
from core.catalogue.errors import BAD_VALUE, MISSING_KEY, NOT_SUPPORTED
from core.catalogue.normal import frequency_text
from core.catalogue.schema import BillingTermsDefinition, PricePlanDefinition
from core.kernel.errors import Problem
from core.kernel.frequency import Frequency, FrequencyRefused


def check_terms(terms: BillingTermsDefinition, known: Known) -> Iterator[Problem]:
    """Check kind, lengths of time and plans."""
    path = ("billing_terms", terms.code)
    yield from check_kind(terms, known, path)
    yield from check_frequency(terms.frequency, (*path, "frequency"), needed=True)
    yield from check_frequency(terms.usage_frequency, (*path, "usage_frequency"))
    at = (*path, "closes_after")
    yield from check_delay(terms.closes_after, at, what="usage may arrive")
    yield from check_changes(terms, path)
    yield from _plans(terms, known, path)


def check_minimums(known: Known) -> Iterator[Problem]:
    """Let a minimum be stated for the period that it is settled with, and know its fees.

    A commitment is settled with the usage of a period, so its minimum is stated for that,
    and what counts towards it is charged by then.
    """
    for terms in known.all("billing_terms").values():
        assert isinstance(terms, BillingTermsDefinition)
        if terms.state == "retired":
            continue
        wanted = terms in known.wanted.billing_terms
        for plan in _usable(terms, known):
            if plan.commitment is None:
                continue
            if not wanted and plan not in known.wanted.price_plans:
                continue
            section, owner = ("billing_terms", terms) if wanted else ("price_plans", plan)
            if terms.kind == "job":
                told = f"{plan.code} has a minimum for each period, and a job has none; use "
                told += "a plan without a commitment"
                yield Problem(NOT_SUPPORTED, told, (section, owner.code))
                continue
            yield from _minimum(terms, plan, (section, owner.code))
            yield from _charged_late(terms, plan, known, (section, owner.code))


def _usable(terms: BillingTermsDefinition, known: Known) -> Iterator[PricePlanDefinition]:
    """Return the plans that the terms list, and the conditional ones that come with them."""
    for plan in known.all("price_plans").values():
        assert isinstance(plan, PricePlanDefinition)
        if plan.code in terms.plans or plan.base in terms.plans:
            yield plan


def _minimum(
    terms: BillingTermsDefinition, plan: PricePlanDefinition, path: Path
) -> Iterator[Problem]:
    assert plan.commitment is not None
    try:
        settled = frequency_text(terms.usage_frequency or terms.frequency)
        stated = frequency_text(plan.commitment.per)
    except FrequencyRefused:
        return  # told where it stands
    if settled != stated:
        told = f"{plan.code} has a minimum per {stated}, and {terms.code} settles usage by the "
        told += f"{settled}; state the minimum for that, or use other terms"
        yield Problem(NOT_SUPPORTED, told, path)


def _charged_late(
    terms: BillingTermsDefinition, plan: PricePlanDefinition, known: Known, path: Path
) -> Iterator[Problem]:
    """Refuse fees in arrears whose period goes on when a minimum over them is settled."""
    assert plan.commitment is not None
    covers = plan.commitment.covers
    try:
        if _meets(terms):
            return
    except FrequencyRefused:
        return  # told where it stands
    for code in sorted({rate.product for rate in plan.rates}):
        product = known.product(code)
        if product is None or product.kind == "usage_service" or product.quantity_from:
            continue
        counts = code in covers.products or product.kind in covers.kinds
        if counts and (product.billed_in or _fixed_charges(terms)) == "arrears":
            told = f"{code} is charged in arrears by the {terms.frequency}, after the minimum "
            told += f"of {plan.code} is settled; bill it in advance, or let it not count"
            yield Problem(NOT_SUPPORTED, told, path)


def _fixed_charges(terms: BillingTermsDefinition) -> str:
    return "advance" if terms.kind == "prepaid" else terms.fixed_charges


def _meets(terms: BillingTermsDefinition) -> bool:
    """Tell whether each period of usage ends together with one of fees."""
    fees = Frequency.parse(terms.frequency)
    usage = Frequency.parse(terms.usage_frequency or terms.frequency)
    if fees.months is None or usage.months is None:
        return fees.days == usage.days
    return usage.months % fees.months == 0


def _plans(terms: BillingTermsDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if not terms.plans:
        told = "no price plan may be used; name at least one"
        yield Problem(MISSING_KEY, told, (*path, "plans"))
    for index, code in enumerate(terms.plans):
        at = (*path, "plans", str(index))
        yield from known.unknown("price_plans", code, at)
        plan = known.all("price_plans").get(code)
        if isinstance(plan, PricePlanDefinition) and plan.base is not None:
            told = f"{code} is a conditional plan, which comes with its base; name {plan.base}"
            yield Problem(BAD_VALUE, told, at)
    if terms.default_plan is not None and terms.default_plan not in terms.plans:
        told = f"{terms.default_plan!r} is not among the plans; add it there, or choose one"
        yield Problem(BAD_VALUE, told, (*path, "default_plan"))
