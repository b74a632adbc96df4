"""Carrying usage on needs a threshold to stay below."""

from __future__ import annotations

import pytest

from tests.unit.catalogue.test_yaml_problems import problems_of, refuse

CARRIED = """
products:
  film: {kind: usage_service, name: Films, meters: {channel: email, unit: email}}
price_plans:
  tv: {name: TV, currency: EUR, rates: {film: {base: 3}}}
billing_terms:
  monthly: {name: Monthly, plans: [tv], below_threshold: carry}
"""
RULE = "usage_rules:\n  five: {name: Five, place: 1, max_unbilled_events: 5}\n"


def test_without_any_threshold_there_is_nothing_to_stay_below() -> None:
    """Neither the terms nor a rule has a maximum."""
    (problem,) = problems_of(CARRIED)
    assert (problem.code, problem.path) == (
        "BAD_VALUE", ("billing_terms", "monthly", "below_threshold"),
    )  # fmt: skip
    assert "usage rule" in problem.message


def test_a_rule_that_is_inactive_is_none() -> None:
    """It would never be reached."""
    (problem,) = problems_of(CARRIED + RULE.replace("}", ", state: inactive}"))
    assert problem.code == "BAD_VALUE"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("below_threshold: carry", "below_threshold: carry, max_unbilled_amount: 30"),
        ("below_threshold: carry", "below_threshold: carry, max_unbilled_events: 5"),
        ("below_threshold: carry", "below_threshold: bill"),
        ("billing_terms:\n", f"{RULE}billing_terms:\n"),
    ],
)
def test_a_maximum_of_the_terms_or_of_an_active_rule_will_do(old: str, new: str) -> None:
    """Billing at the period's end needs none."""
    refuse(CARRIED.replace(old, new, 1))
