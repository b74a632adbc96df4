"""Where usage that is judged in windows may be billed: not from a wallet."""

from __future__ import annotations

from collections.abc import Iterator

from core.catalogue.checks.known import Known
from core.catalogue.errors import NOT_SUPPORTED
from core.catalogue.schema import BillingTermsDefinition, PricePlanDefinition
from core.kernel.errors import Problem


def check_windowed_usage(known: Known) -> Iterator[Problem]:
    """Refuse prepaid terms for plans that rate usage of a channel with windows.

    A wallet pays for an event when it comes, and decides then whether it can; what such an
    event costs is known when its neighbours are. Thresholds ask for totals, and take it.
    """
    windowed = known.installed.rule_sets
    if not windowed:
        return
    for terms in known.all("billing_terms").values():
        assert isinstance(terms, BillingTermsDefinition)
        if terms.kind != "prepaid" or terms.state == "retired":
            continue
        wanted = terms in known.wanted.billing_terms
        for plan in known.all("price_plans").values():
            assert isinstance(plan, PricePlanDefinition)
            if plan.code not in terms.plans and plan.base not in terms.plans:
                continue
            if not wanted and plan not in known.wanted.price_plans:
                continue
            channel = _windowed_channel(plan, known)
            if channel:
                path = ("billing_terms", terms.code) if wanted else ("price_plans", plan.code)
                told = f"{plan.code} rates usage of {channel}, whose price is known when its "
                told += f"neighbours are: the wallet of {terms.code} cannot pay at once; "
                told += "use normal terms"
                yield Problem(NOT_SUPPORTED, told, path)


def _windowed_channel(plan: PricePlanDefinition, known: Known) -> str:
    """Return a channel with windows whose usage the plan rates; empty where there is none."""
    windowed = known.installed.rule_sets or {}
    for rate in plan.rates:
        product = known.product(rate.product)
        if product and product.meters and product.meters.channel in windowed:
            return product.meters.channel
    return ""
