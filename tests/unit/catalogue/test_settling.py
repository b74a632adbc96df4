"""What could not be settled when its time comes, and is therefore not taken on."""

from __future__ import annotations

import pytest

from tests.unit.catalogue.test_yaml_problems import problems_of, refuse

SHOP = """\
gauges: {{users: {{name: Users}}}}
products:
  fee: {{kind: termed_service, name: Fee{fee}}}
  users: {{kind: termed_service, name: Users, quantity_from: {{gauge: users}}}}
price_plans:
  basic:
    name: Basic
    currency: EUR
    commitment: {{minimum: 100, covers: {{{covers}}}}}
    rates: {{fee: {{base: 1}}, users: {{base: 1}}}}
billing_terms:
  terms: {{name: Terms, plans: [basic], {terms}}}
"""


def shop(*, terms: str, covers: str = "kinds: [termed_service]", fee: str = "") -> str:
    """A catalogue with a minimum of 100 a month over a fee and a gauge."""
    return SHOP.format(terms=terms, covers=covers, fee=fee)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(shop(terms="frequency: month"), id="the same month"),
        pytest.param(
            shop(terms="frequency: year, usage_frequency: month, fixed_charges: advance"),
            id="charged a year ahead",
        ),
        pytest.param(
            shop(terms="frequency: year, usage_frequency: month", fee=", billed_in: advance"),
            id="the product itself ahead",
        ),
        pytest.param(
            shop(terms="frequency: year, usage_frequency: month", covers="products: [users]"),
            id="only a gauge counts",
        ),
    ],
)
def test_a_minimum_that_counts_what_is_charged_by_then_is_taken(text: str) -> None:
    """Its fees are known when it is settled."""
    refuse(text)


@pytest.mark.parametrize("covers", ["kinds: [termed_service]", "products: [fee]"])
@pytest.mark.parametrize("frequency", ["year", "2 months", "week"])
def test_a_minimum_over_fees_that_come_later_is_refused(covers: str, frequency: str) -> None:
    """A month settled before its year of fees is charged would be topped up in full."""
    terms = f"frequency: {frequency}, usage_frequency: month"
    (problem,) = problems_of(shop(terms=terms, covers=covers))
    assert (problem.code, problem.path) == ("NOT_SUPPORTED", ("billing_terms", "terms"))
    assert "fee is charged in arrears" in problem.message


def test_terms_that_are_no_longer_offered_bind_no_plan() -> None:
    """Nobody new comes under them; who is on them is asked when the plan is chosen."""
    refuse(shop(terms="frequency: 3 months, state: retired"))


def test_a_gauge_has_no_months_of_life() -> None:
    """It was priced by no month at all, so everything measured cost nothing."""
    text = """\
gauges: {users: {name: Users}}
products:
  users: {kind: termed_service, name: Users, quantity_from: {gauge: users}}
price_plans:
  basic:
    name: Basic
    currency: EUR
    rates: {users: {base: 5, driver: maturity}}
"""
    (problem,) = problems_of(text)
    assert problem.code == "DRIVER_NOT_ALLOWED"
    assert problem.path == ("price_plans", "basic", "rates", "users", "driver")
