"""What each kind of billing terms may say: normal, prepaid, and those for jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import Path, check_delay, check_length, check_positive
from core.catalogue.errors import BAD_VALUE
from core.catalogue.schema import (
    BillingTermsDefinition,
    BindingDefinition,
    RestingDefinition,
    UsageRuleDefinition,
)
from core.kernel.errors import Problem

_THRESHOLDS: Final = ("max_unbilled_amount", "max_unbilled_events")
_CHANGES: Final = (
    "upgrade",
    "downgrade",
    "fewer",
    "more",
    "early_end",
    "term",
    "notice",
    "no_notice_up_to",
    "minimum_quantity",
)
_OF_THRESHOLDS: Final = (*_THRESHOLDS, "below_threshold")
_SENSELESS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "normal": ("are under normal terms without a meaning", ("grace", "bills")),
    "prepaid": (
        "are without a meaning where a wallet pays at once",
        (*_OF_THRESHOLDS, "bills", "payment"),
    ),
    "job": (
        "are without a meaning for jobs, which have no periods",
        (
            "frequency",
            "usage_frequency",
            "anchor",
            "fixed_charges",
            "proration",
            "closes_after",
            *_OF_THRESHOLDS,
            "binding",
            "resting",
            "grace",
            *_CHANGES,
        ),
    ),
}
"""For each kind: why, and the keys that it does not take."""


def check_kind(terms: BillingTermsDefinition, known: Known, path: Path) -> Iterator[Problem]:
    """Check what the kind of the terms brings with it."""
    why, senseless = _SENSELESS[terms.kind]
    defaults = {found.name: found.default for found in fields(terms)}
    for name in senseless:
        if getattr(terms, name) != defaults[name]:
            told = f"such keys {why}; remove {name}, or choose another kind"
            yield Problem(BAD_VALUE, told, (*path, name))
    for name in _THRESHOLDS:
        yield from check_positive(getattr(terms, name), (*path, name))
    yield from check_delay(terms.grace, (*path, "grace"), what="a wallet may fall short")
    if terms.binding is not None:
        yield from _binding(terms.binding, known, (*path, "binding"))
    if terms.resting is not None:
        yield from _resting(terms.resting, (*path, "resting"))
    if terms.kind == "normal" and terms.below_threshold == "carry":
        yield from _carry(terms, known, (*path, "below_threshold"))


def _carry(terms: BillingTermsDefinition, known: Known, path: Path) -> Iterator[Problem]:
    """Nothing stays below a threshold where there is none."""
    if any(getattr(terms, name) is not None for name in _THRESHOLDS):
        return
    rules = known.all("usage_rules").values()
    if not any(isinstance(one, UsageRuleDefinition) and one.state == "active" for one in rules):
        told = "there is no threshold to stay below; give a maximum, or an active usage rule"
        yield Problem(BAD_VALUE, told, path)


def _binding(binding: BindingDefinition, known: Known, path: Path) -> Iterator[Problem]:
    yield from check_length(binding.term, (*path, "term"))
    if binding.penalty is None:
        return
    at = (*path, "penalty")
    yield from known.unknown("products", binding.penalty, at)
    product = known.product(binding.penalty)
    if product is not None and product.kind != "expense":
        told = f"{product.code} is a {product.kind}; a penalty is an expense"
        yield Problem(BAD_VALUE, told, at)


def _resting(resting: RestingDefinition, path: Path) -> Iterator[Problem]:
    yield from check_positive(resting.times, (*path, "times"))
    yield from check_positive(resting.days, (*path, "days"))
    yield from check_length(resting.per, (*path, "per"))
