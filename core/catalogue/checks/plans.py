"""What a price plan must hold to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from core.catalogue.checks.conditional_plans import check_conditional
from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import Path, check_currency, check_frequency, check_months
from core.catalogue.checks.pass_through import check_rule_sets, check_surcharge
from core.catalogue.checks.variants import check_variants
from core.catalogue.compile import rate_value, table_value
from core.catalogue.errors import BAD_VALUE, DUPLICATE_KEY, MISSING_KEY
from core.catalogue.normal import frequency_text, normal_rate, normal_table, rate_of_variant
from core.catalogue.schema import (
    RECURRING_KINDS,
    CommitmentDefinition,
    PricePlanDefinition,
    RateDefinition,
)
from core.kernel.errors import Problem
from core.plugin_api.values import RateTable
from core.rating.validation import validate_rate

_KEYS: Mapping[str, Path] = {
    "": (),
    "package_size": ("package", "size"),
    "per_months": ("per",),
}
"""Where the engine's names for a part of a rate differ from the catalogue's keys."""


def check_plan(plan: PricePlanDefinition, known: Known) -> Iterator[Problem]:
    """Check a plan's currency, commitment and each of its rates."""
    path = ("price_plans", plan.code)
    yield from check_currency(plan.currency, (*path, "currency"))
    yield from check_conditional(plan, known, path)
    yield from check_rule_sets(plan, known, (*path, "rule_sets"))
    if plan.commitment is not None:
        yield from _commitment(plan, plan.commitment, known, (*path, "commitment"))
    seen: set[tuple[str, str]] = set()
    for rate in plan.rates:
        at = rate_path(path, rate)
        problems = [*_timing(rate, known, at)]
        yield from problems
        if not problems:
            yield from _priced(rate, known, at)
            yield from _variants(rate, known, at)
            identity = (rate.product, frequency_text(rate.frequency))
            if identity in seen:
                told = "the product has another rate for this frequency; keep one"
                yield Problem(DUPLICATE_KEY, told, at)
            seen.add(identity)


def rate_path(plan: Path, rate: RateDefinition) -> Path:
    """Return the path of a rate: by product, and by frequency where it has one."""
    path = (*plan, "rates", rate.product)
    return (*path, rate.frequency) if rate.frequency else path


def _timing(rate: RateDefinition, known: Known, path: Path) -> Iterator[Problem]:
    """Check the product's existence, and the time that the price stands for."""
    yield from known.unknown("products", rate.product, path)
    yield from check_frequency(rate.frequency, (*path, "frequency"))
    yield from check_months(rate.per, (*path, "per"))
    if rate.per and rate.frequency:
        told = "a rate for one frequency stands for that time; remove per"
        yield Problem(BAD_VALUE, told, (*path, "per"))
    product = known.product(rate.product)
    if product is None or product.kind in RECURRING_KINDS:
        return
    for name in ("per", "frequency"):
        if getattr(rate, name):
            told = f"a {product.kind} does not recur; remove {name}"
            yield Problem(BAD_VALUE, told, (*path, name))


def _priced(rate: RateDefinition, known: Known, path: Path) -> Iterator[Problem]:
    """Check the rate as the engine will see it."""
    yield from check_surcharge(rate, path)
    product = known.product(rate.product)
    table: RateTable | None = None
    if isinstance(rate.table, str):
        problems = known.unknown("rate_tables", rate.table, (*path, "table"))
        yield from problems
        definition = known.table(rate.table)
        if definition is None:
            return
        table = table_value(normal_table(replace(definition), zone=known.zone))
    if product is None:
        return
    if rate.driver == "maturity" and product.quantity_from is not None:
        told = f"{rate.product} takes its quantity from a gauge, which has no months of life; "
        told += "price it by quantity"
        yield Problem("DRIVER_NOT_ALLOWED", told, (*path, "driver"))
    alone = replace(rate, variants=())  # they are checked one by one
    value = rate_value(normal_rate(alone, kind=product.kind), table=table)
    found = validate_rate(value, kind=product.kind, models=known.installed.models)
    for problem in found:
        first, *rest = problem.path or ("",)
        yield Problem(
            problem.code, problem.message, (*path, *_KEYS.get(first, (first,)), *rest)
        )


def _variants(rate: RateDefinition, known: Known, path: Path) -> Iterator[Problem]:
    """Check each variant as the rate that it would be in the rate's place."""
    product = known.product(rate.product)
    if product is None or not rate.variants:
        return
    yield from check_variants(rate, product, known, path)
    for index, variant in enumerate(rate.variants):
        at = (*path, "variants", str(index))
        timing = [*_timing(rate_of_variant(rate, variant), known, at)] if variant.per else []
        yield from timing
        if not timing:
            yield from _priced(rate_of_variant(rate, variant), known, at)


def _commitment(
    plan: PricePlanDefinition, commitment: CommitmentDefinition, known: Known, path: Path
) -> Iterator[Problem]:
    if commitment.minimum <= 0:
        told = f"{commitment.minimum} commits to nothing; give an amount above 0"
        yield Problem(BAD_VALUE, told, (*path, "minimum"))
    yield from check_months(commitment.per, (*path, "per"))
    covers = commitment.covers
    if not covers.products and not covers.kinds:
        told = "name what counts: products, kinds, or both"
        yield Problem(MISSING_KEY, told, (*path, "covers"))
    rated = {rate.product for rate in plan.rates}
    for index, code in enumerate(covers.products):
        at = (*path, "covers", "products", str(index))
        unknown = known.unknown("products", code, at)
        yield from unknown
        if not unknown and code not in rated and not known.is_broken("price_plans", plan.code):
            yield Problem(BAD_VALUE, f"the plan has no rate for {code}; add one", at)
