"""What a discount may reduce, and what its criteria may ask: of subscriptions, and of jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.checks.named_segments import check_segments_named
from core.catalogue.checks.parts import (
    Path,
    check_against,
    check_condition,
    check_type_exists,
    kinds_of_type,
)
from core.catalogue.checks.usage_windows import check_usage_windows
from core.catalogue.errors import BAD_VALUE
from core.catalogue.schema import DiscountDefinition
from core.kernel.condition_context import Variable, documented_schema
from core.kernel.conditions import Condition, ConditionRefused
from core.kernel.errors import Problem

ON_JOBS: Final = frozenset({"one_time_service", "expense", "physical_good"})
"""Kinds that a job has lines of."""
_NOT_FOR_JOBS: Final[Mapping[str, str]] = {
    "usage_count": "usage",
    "usage_total": "usage",
    "advance_months": "time bought in advance",
}


def check_targets(discount: DiscountDefinition, known: Known, path: Path) -> Iterator[Problem]:
    """Check scope, products, product types and criteria."""
    if discount.of == "job" and discount.scope == "usage":
        told = "a job has no usage; use scope: any"
        yield Problem(BAD_VALUE, told, (*path, "scope"))
    for index, code in enumerate(discount.products):
        at = (*path, "products", str(index))
        yield from known.unknown("products", code, at)
        product = known.product(code)
        if product is not None:
            yield from _kinds(discount, code, frozenset({product.kind}), path=at)
    for index, name in enumerate(discount.product_types):
        at = (*path, "product_types", str(index))
        yield from check_type_exists(name, known, at)
        kinds = kinds_of_type(name, known)
        yield from _kinds(discount, f"type {name!r}", kinds, path=at)
    yield from _windows(discount, known, (*path, "usage_windows"))
    yield from _criteria(discount, known, (*path, "when"))


def _kinds(
    discount: DiscountDefinition, named: str, kinds: frozenset[str], *, path: Path
) -> Iterator[Problem]:
    """Refuse kinds that the discount could never reduce."""
    for kind in sorted(kinds):
        told = ""
        if discount.of == "job" and kind not in ON_JOBS:
            told = "a job is billed for one-time services, expenses and goods"
        elif discount.of == "subscription" and kind == "physical_good":
            told = "goods of a subscription are never discounted"
        elif discount.scope == "usage" and kind != "usage_service":
            told = "the scope is usage, so name usage services"
        elif discount.scope == "other" and kind == "usage_service":
            told = "the scope is other charges than usage"
        if told:
            yield Problem(BAD_VALUE, f"{named} is a {kind}: {told}; remove it", path)


def _windows(discount: DiscountDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if discount.of == "job" and discount.usage_windows:
        yield Problem(BAD_VALUE, "a job has no usage; remove usage_windows", path)
        return
    yield from check_usage_windows(discount.usage_windows, known, path)


def _criteria(discount: DiscountDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if discount.of == "subscription":
        readable: tuple[Variable, ...] = ("account", "subscription", "bill")
        windows = [window.name for window in discount.usage_windows]
        schema = documented_schema(variables=readable, usage_windows=windows)
        yield from check_against(discount.when, schema, path)
        yield from check_segments_named(discount.when, known, path)
        return
    told = _senseless_for_a_job(discount.when)
    if told:
        yield Problem(BAD_VALUE, told, path)
        return
    asked: tuple[Variable, ...] = ("account", "job", "bill")
    yield from check_condition(discount.when, variables=asked, known=known, path=path)


def _senseless_for_a_job(source: str) -> str:
    """Say what the criteria ask that a job cannot answer; empty where there is nothing."""
    try:
        if not source:
            return ""
        condition = Condition.compile(source, schema=documented_schema())
    except ConditionRefused:
        return ""  # told as what it is
    for name, fields in condition.reads:
        if name == "subscription":
            return (
                "a job has no subscription, no frequency and no binding; ask account, job, bill"
            )
        asked = sorted(set(fields or _NOT_FOR_JOBS) & set(_NOT_FOR_JOBS))
        if name == "bill" and asked:
            return f"a job has no {_NOT_FOR_JOBS[asked[0]]}; remove bill.{asked[0]}"
    return ""
