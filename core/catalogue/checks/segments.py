"""What segments, usage rules, UDR types and job types must hold to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import (
    check_against,
    check_condition,
    check_length,
    check_once,
    check_positive,
)
from core.catalogue.checks.usage_windows import check_usage_windows
from core.catalogue.errors import BAD_VALUE, DUPLICATE_KEY, MISSING_KEY
from core.catalogue.schema import (
    BillingTermsDefinition,
    JobTypeDefinition,
    SegmentDefinition,
    UdrTypeDefinition,
    UsageRuleDefinition,
)
from core.kernel.condition_context import Variable, segment_schema
from core.kernel.errors import Problem

_ATTRIBUTES: Final = (
    "methods",
    "devices",
    "source_systems",
    "source_categories",
    "destination_categories",
)


def check_segment(segment: SegmentDefinition, known: Known) -> Iterator[Problem]:
    """Check the condition of a segment, which reads no segments, and its windows of usage."""
    path = ("segments", segment.code)
    if segment.of == "job" and segment.usage_windows:
        told = "a job has no usage; remove usage_windows"
        yield Problem(BAD_VALUE, told, (*path, "usage_windows"))
        return
    yield from check_usage_windows(segment.usage_windows, known, (*path, "usage_windows"))
    if not segment.when.strip():
        told = "say who is in it, as account.class == 'VIP'"
        yield Problem(MISSING_KEY, told, (*path, "when"))
        return
    windows = [window.name for window in segment.usage_windows]
    schema = segment_schema(segment.of, usage_windows=windows)
    yield from check_against(segment.when, schema, (*path, "when"))


def check_usage_rule(rule: UsageRuleDefinition, known: Known) -> Iterator[Problem]:
    """Check the thresholds of a rule, its condition and its place."""
    path = ("usage_rules", rule.code)
    yield from check_positive(rule.max_unbilled_amount, (*path, "max_unbilled_amount"))
    yield from check_positive(rule.max_unbilled_events, (*path, "max_unbilled_events"))
    if rule.max_unbilled_amount is None and rule.max_unbilled_events is None:
        told = "the rule limits nothing; give max_unbilled_amount, max_unbilled_events, or both"
        yield Problem(MISSING_KEY, told, (*path, "max_unbilled_amount"))
    at = (*path, "when")
    asked: tuple[Variable, ...] = ("account", "subscription")
    yield from check_condition(rule.when, variables=asked, known=known, path=at)
    for other in known.all("usage_rules").values():
        assert isinstance(other, UsageRuleDefinition)
        both = other.state == rule.state == "active" and other.code != rule.code
        if both and other.place == rule.place:
            told = f"{other.code} has place {rule.place} too; give each a place of its own"
            yield Problem(DUPLICATE_KEY, told, (*path, "place"))


def check_udr_type(udr_type: UdrTypeDefinition, _known: Known) -> Iterator[Problem]:
    """Check the values of each attribute."""
    for name in _ATTRIBUTES:
        attribute = getattr(udr_type, name)
        if attribute is not None:
            at = ("udr_types", udr_type.code, name, "values")
            if attribute.values == ():
                told = "no value is allowed; list some, or leave `values` out to allow any"
                yield Problem(BAD_VALUE, told, at)
            yield from check_once(attribute.values or (), at)


def check_job_type(job_type: JobTypeDefinition, known: Known) -> Iterator[Problem]:
    """Check the estimate and the default terms of a job type."""
    path = ("job_types", job_type.code)
    yield from check_length(job_type.estimate, (*path, "estimate"))
    if job_type.terms is None:
        return
    at = (*path, "terms")
    if not job_type.billable:
        yield Problem(BAD_VALUE, "its jobs are not billed, so they need no terms", at)
    yield from known.unknown("billing_terms", job_type.terms, at)
    terms = known.all("billing_terms").get(job_type.terms)
    if isinstance(terms, BillingTermsDefinition) and terms.kind != "job":
        told = f"{terms.code} are {terms.kind} terms; name terms of kind: job"
        yield Problem(BAD_VALUE, told, at)
