"""What billing terms and a price plan let a subscription sell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core.catalogue.compile import TermsVersion
from core.catalogue.records import PricePlan, Product
from core.kernel.frequency import Frequency
from core.rating.plan import Commitment, PlanRate, PlanVersion
from core.subscriptions.offers import Offer, check_plan, check_rated
from core.subscriptions.refusals import NotRated, PlanNotAllowed
from tests.unit.rating.rates import rate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MONTH, YEAR, WEEK = Frequency(1, "month"), Frequency(1, "year"), Frequency(1, "week")
PLAN_ID = UUID(int=7)
SEAT = Product(
    UUID(int=1), "seat", "licence", None, "Seat", "", "", "standard", None, None, None, None,
    None, "active", NOW,
)  # fmt: skip
PROFILES = replace(SEAT, code="profiles", gauge_id=UUID(int=2), gauge_policy="max")
MAILS = replace(SEAT, kind="usage_service", meters_channel="email", meters_unit="email")
SETUP = replace(SEAT, kind="expense")


def terms(frequency: Frequency, usage_frequency: Frequency | None = None) -> TermsVersion:
    """Terms that allow the plan, by their lengths of time."""
    return TermsVersion(
        UUID(int=3), UUID(int=4), "terms", 1, frequency, usage_frequency or frequency,
        "calendar", "arrears", "day", timedelta(0), frozenset({PLAN_ID}), None,
    )  # fmt: skip


def offer(*frequencies: str, commitment: Commitment | None = None) -> Offer:
    """A plan that rates the product by these frequencies; an empty one is by the month."""
    rates = tuple(
        PlanRate(SEAT.id, rate("flat", base="29"), frequency) for frequency in frequencies
    )
    return Offer(
        PricePlan(PLAN_ID, "plan", "Plan", None, None, "EUR", "exclusive", "active", NOW),
        PlanVersion(UUID(int=8), "plan", 1, "EUR", "exclusive", rates, commitment),
    )


@pytest.mark.parametrize(
    ("product", "frequencies", "of"),
    [
        pytest.param(SEAT, ("",), terms(MONTH), id="a month"),
        pytest.param(SEAT, ("",), terms(YEAR), id="a year of months"),
        pytest.param(SEAT, ("week",), terms(WEEK), id="a week by its own rate"),
        pytest.param(PROFILES, ("",), terms(WEEK, MONTH), id="a gauge by the month"),
        pytest.param(PROFILES, ("week",), terms(MONTH, WEEK), id="a gauge by its own rate"),
        pytest.param(MAILS, ("",), terms(WEEK), id="usage of a week"),
        pytest.param(SETUP, ("",), terms(WEEK), id="sold once"),
    ],
)
def test_what_can_be_priced_is_sold(
    product: Product, frequencies: tuple[str, ...], of: TermsVersion
) -> None:
    """A price by the month makes any number of months; usage and one-offs have no length."""
    check_rated(product, offer(*frequencies), terms=of, path=())


@pytest.mark.parametrize(
    ("product", "frequencies", "of"),
    [
        pytest.param(SEAT, (), terms(MONTH), id="no rate"),
        pytest.param(SEAT, ("year",), terms(MONTH), id="a rate for a year alone"),
        pytest.param(SEAT, ("",), terms(WEEK), id="no week in a month"),
        pytest.param(PROFILES, ("",), terms(MONTH, WEEK), id="a gauge by the week"),
        pytest.param(MAILS, (), terms(WEEK), id="usage without a rate"),
    ],
)
def test_what_no_bill_could_price_is_refused(
    product: Product, frequencies: tuple[str, ...], of: TermsVersion
) -> None:
    """A price by the month cannot become one by the week: every invoice would be held."""
    with pytest.raises(NotRated, match="has no rate for"):
        check_rated(product, offer(*frequencies), terms=of, path=("items", "0"))


def test_a_minimum_is_settled_by_the_time_that_it_is_stated_for() -> None:
    """12,000 a year settled every month would be owed twelve times."""
    yearly = offer("", commitment=Commitment(Decimal(12_000), per_months=12))
    check_plan(yearly, terms=terms(YEAR))
    with pytest.raises(PlanNotAllowed, match=r"a minimum for 12 months.*by the month"):
        check_plan(yearly, terms=terms(YEAR, MONTH))
