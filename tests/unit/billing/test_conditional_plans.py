"""A conditional plan over its base plan: who prices what, and how it is kept."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from core.billing.bill import bill
from core.billing.inputs import inputs_to_json, part_from_inputs, plan_ids_of
from core.billing.snapshot import UsageTotal
from core.billing.totals import totals_from_json, totals_to_json
from core.rating.compile import PlansDisagree
from core.rating.plan import Commitment
from core.rating.price_model import RateMissing
from tests.unit.billing.sellers import MONTHLY, YEARLY, fees, invoice, plan, product, usage
from tests.unit.rating.rates import rate

GOLD = product(60, "gold", "termed_service")
SPORT = product(61, "sport", "termed_service")
CALLS = product(62, "calls", "usage_service")
OTHER = product(63, "other", "termed_service")
STANDARD = plan(
    (GOLD, rate("flat", base="25", per_months=1)),
    (SPORT, rate("flat", base="10", per_months=1)),
    (CALLS, rate("flat", driver="usage", base="0.10")),
    yearly=((GOLD, rate("flat", base="250", per_months=12)),),
    number=1,
)
STAFF = plan((GOLD, rate("flat", base="0", per_months=1)), number=2)


def test_the_conditional_plan_prices_what_it_has_and_the_base_the_rest() -> None:
    """Gold is free for staff; sport is 10.00 and 7 calls 0.70 by the base plan."""
    both = STAFF.over(STANDARD)
    draft = bill(invoice(fees(both, (GOLD, "1"), (SPORT, "1")), usage(both, (CALLS, "7"))))
    assert [(line.description, line.amount, line.plan_version_id) for line in draft.lines] == [
        ("gold", Decimal(0), STAFF.id),
        ("sport", Decimal(10), STANDARD.id),
        ("calls", Decimal("0.70"), STANDARD.id),
    ]
    assert [billed.plan_version_id for billed in draft.slices] == [STAFF.id, STANDARD.id]


def test_its_own_price_by_the_month_goes_before_the_base_s_price_by_the_year() -> None:
    """Staff pay 12 x 0 a year, not 250; sport is 12 x 10, by the base."""
    both = STAFF.over(STANDARD)
    gold, times = both.fee_rate(GOLD.id, YEARLY)
    assert (gold.plan_version_id, times) == (STAFF.id, 12)
    sport, times = both.fee_rate(SPORT.id, YEARLY)
    assert (sport.plan_version_id, times) == (STANDARD.id, 12)
    assert both.fee_rate(SPORT.id, MONTHLY) is both.fee_rate(SPORT.id, MONTHLY)


def test_what_neither_prices_is_refused_by_the_base_s_name() -> None:
    """The base plan is where a rate is missing, for it must price everything."""
    both = STAFF.over(STANDARD)
    with pytest.raises(RateMissing, match="price plan plan version 1 has no rate"):
        bill(invoice(fees(both, (OTHER, "1"))))
    assert both.has_dimensions(OTHER.id)
    assert both.unused_rate(OTHER.id) is None


@pytest.mark.parametrize(
    ("own", "expected"),
    [(None, "30.00"), (Commitment(Decimal(50), frozenset({"calls"})), "50.00")],
)
def test_a_commitment_is_the_plan_s_own_or_else_the_base_s(
    own: Commitment | None, expected: str
) -> None:
    """Nothing was used: the minimum of 30, or of 50, is owed in full."""
    base = plan(
        (CALLS, rate("flat", driver="usage", base="0.10")),
        commitment=Commitment(Decimal(30), frozenset({"calls"})),
    )
    over = plan(commitment=own, number=2).over(base)
    (line,) = bill(invoice(usage(over))).lines
    assert (line.kind, line.amount) == ("commitment", Decimal(expected))
    assert line.plan_version_id == (base.id if own is None else over.id)


def test_plans_of_two_currencies_or_tax_modes_do_not_lie_over_each_other() -> None:
    """Nothing converts amounts, and net stands not beside gross."""
    for other in (plan(currency="USD"), plan(tax_mode="inclusive")):
        with pytest.raises(PlansDisagree):
            STAFF.over(other)
    assert STAFF.base is None


def test_late_usage_is_priced_by_what_held_when_the_period_was_billed() -> None:
    """10 calls at 0.05 by the conditional plan, later 20: 0.50 more, and not by the base."""
    cheap = plan((CALLS, rate("flat", driver="usage", base="0.05")), number=5)
    first = bill(invoice(usage(cheap.over(STANDARD), (CALLS, "10"))))
    inputs = inputs_to_json(first.steps[0].part)
    assert plan_ids_of(inputs) == (cheap.id, STANDARD.id)
    part = part_from_inputs(
        inputs,
        period_id=first.steps[0].period_id,
        subscription_id=first.steps[0].part.subscription_id,
        plans={cheap.id: cheap, STANDARD.id: STANDARD},
        products={},
        tax_rates={},
        usage=(UsageTotal(CALLS.id, "unit", "", 0, Decimal(20), 2),),
        billed=totals_from_json(totals_to_json(first.steps[0].totals)),
        seq=2,
    )
    (line,) = bill(invoice(part)).lines
    assert (line.amount, line.plan_version_id) == (Decimal("0.50"), cheap.id)


def test_inputs_of_the_first_version_are_still_read() -> None:
    """They know one plan and no base."""
    first = bill(invoice(usage(STANDARD, (CALLS, "10"))))
    stored = json.loads(inputs_to_json(first.steps[0].part))
    assert (stored["v"], stored["base"]) == (2, None)
    older = {key: value for key, value in stored.items() if key not in ("base", "discounts")}
    assert plan_ids_of(json.dumps({**older, "v": 1})) == (STANDARD.id,)
