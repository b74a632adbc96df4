"""What billing terms must hold to."""

from __future__ import annotations

from collections.abc import Iterator

from core.catalogue.checks.known import Known
from core.catalogue.delays import LONGEST, parse_delay
from core.catalogue.errors import BAD_VALUE, MISSING_KEY, NOT_A_CHOICE, NOT_SUPPORTED
from core.catalogue.normal import frequency_text
from core.catalogue.schema import BillingTermsDefinition, PricePlanDefinition
from core.kernel.errors import Problem
from core.kernel.frequency import Frequency, FrequencyRefused

Path = tuple[str, ...]


def check_terms(terms: BillingTermsDefinition, known: Known) -> Iterator[Problem]:
    """Check kind, lengths of time and plans."""
    path = ("billing_terms", terms.code)
    yield from _kind(terms, path)
    for name, required in (("frequency", True), ("usage_frequency", False)):
        text = getattr(terms, name)
        try:
            if text or required:
                Frequency.parse(text)
        except FrequencyRefused as refusal:
            yield Problem(refusal.code, refusal.message, (*path, name))
    delay = parse_delay(terms.closes_after)
    if delay is None:
        told = f"{terms.closes_after[:40]!r} is no length of time; write 3 days, or 12 hours"
        yield Problem(BAD_VALUE, told, (*path, "closes_after"))
    elif delay > LONGEST:
        told = f"usage may arrive for {LONGEST.days} days at most; shorten it"
        yield Problem(BAD_VALUE, told, (*path, "closes_after"))
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
        for code in terms.plans:
            plan = known.all("price_plans").get(code)
            if not isinstance(plan, PricePlanDefinition) or plan.commitment is None:
                continue
            if not wanted and plan not in known.wanted.price_plans:
                continue
            section, owner = ("billing_terms", terms) if wanted else ("price_plans", plan)
            yield from _minimum(terms, plan, (section, owner.code))
            yield from _charged_late(terms, plan, known, (section, owner.code))


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
        if counts and (product.billed_in or terms.fixed_charges) == "arrears":
            told = f"{code} is charged in arrears by the {terms.frequency}, after the minimum "
            told += f"of {plan.code} is settled; bill it in advance, or let it not count"
            yield Problem(NOT_SUPPORTED, told, path)


def _meets(terms: BillingTermsDefinition) -> bool:
    """Tell whether each period of usage ends together with one of fees."""
    fees = Frequency.parse(terms.frequency)
    usage = Frequency.parse(terms.usage_frequency or terms.frequency)
    if fees.months is None or usage.months is None:
        return fees.days == usage.days
    return usage.months % fees.months == 0


def _kind(terms: BillingTermsDefinition, path: Path) -> Iterator[Problem]:
    if terms.kind in {"prepaid", "job"}:
        told = f"{terms.kind} terms are not supported yet; use kind: normal"
        yield Problem(NOT_SUPPORTED, told, (*path, "kind"))
    elif terms.kind != "normal":
        told = f"{terms.kind[:40]!r} is no kind of billing terms; use kind: normal"
        yield Problem(NOT_A_CHOICE, told, (*path, "kind"))


def _plans(terms: BillingTermsDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if not terms.plans:
        told = "no price plan may be used; name at least one"
        yield Problem(MISSING_KEY, told, (*path, "plans"))
    for index, code in enumerate(terms.plans):
        yield from known.unknown("price_plans", code, (*path, "plans", str(index)))
    if terms.default_plan is not None and terms.default_plan not in terms.plans:
        told = f"{terms.default_plan!r} is not among the plans; add it there, or choose one"
        yield Problem(BAD_VALUE, told, (*path, "default_plan"))
