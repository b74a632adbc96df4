"""Variants of a rate: the first that holds prices in its place, and its working says so."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from core.billing.bill import bill
from core.billing.inputs import inputs_to_json, part_from_inputs
from core.billing.snapshot import FeeItem, LifeMonth, UsageTotal
from core.billing.totals import totals_from_json, totals_to_json
from core.kernel.conditions import ConditionFailed
from core.plugin_api.values import Rate
from core.rating.compile import CompiledPlan, compile_plan
from core.rating.plan import PlanRate, PlanVersion, RateVariant
from core.rating.price_models import BUILT_IN
from tests.unit.billing.sellers import JANUARY, fees, invoice, plan, product, usage
from tests.unit.rating.rates import rate

GOLD = product(70, "gold", "termed_service")
CALLS = product(71, "calls", "usage_service")
OTHER = product(72, "other", "termed_service")
VIP = {"account": {"class": "VIP", "country": "CY"}, "subscription": {"type": ""}}
GREEK = {"account": {"class": "", "country": "GR"}, "subscription": {"type": ""}}
NOBODY = {"account": {"class": "", "country": "CY"}, "subscription": {"type": ""}}


def conditional(
    one: Any, own: Rate, *variants: tuple[str, str, Rate], number: int = 1
) -> CompiledPlan:
    """A plan with one rate and its variants: (name, condition, rate)."""
    row = PlanRate(one.id, own, "", tuple(RateVariant(*each) for each in variants))
    version_id = plan(number=number).id
    version = PlanVersion(version_id, "tv", number, "EUR", "exclusive", (row,))
    return compile_plan(version, BUILT_IN)


GOLD_PLAN = conditional(
    GOLD,
    rate("flat", base="25", per_months=1),
    ("VIPs", 'account.class == "VIP"', rate("flat", base="10", per_months=1)),
    ("", 'account.country == "GR"', rate("flat", base="20", per_months=1)),
    ("jobs", 'job.type == ""', rate("flat", base="1", per_months=1)),
)
CALLS_PLAN = conditional(
    CALLS,
    rate("flat", driver="usage", base="0.10"),
    ("VIPs", 'account.class == "VIP"', rate("flat", driver="usage", base="0.05")),
    number=2,
)


@pytest.mark.parametrize(
    ("context", "amount"),
    [
        (VIP, "10"),
        (GREEK, "20"),
        (NOBODY, "25"),
        # Both hold: the first counts.
        ({"account": {"class": "VIP", "country": "GR"}}, "10"),
        # What speaks of jobs holds for a job, and for no subscription.
        ({"account": {"class": "", "country": ""}, "job": {"type": ""}}, "1"),
    ],
)
def test_the_first_variant_that_holds_prices(context: dict[str, object], amount: str) -> None:
    """Where none holds, the rate itself does: 25.00."""
    draft = bill(invoice(fees(GOLD_PLAN.decided(context), (GOLD, "1"))))
    assert [line.amount for line in draft.lines] == [Decimal(amount)]


def test_the_working_names_the_variant_before_the_price() -> None:
    """By its name, or by its condition where it has none; the rate itself names nothing."""
    told = []
    for context in (VIP, GREEK, NOBODY):
        draft = bill(invoice(fees(GOLD_PLAN.decided(context), (GOLD, "1"))))
        step = json.loads(draft.lines[0].working)[0]
        told.append((step["kind"], step["label"], step["facts"]))
    assert told[0] == ("variant", "VIPs", {"when": 'account.class == "VIP"'})
    assert told[1][:2] == ("variant", 'account.country == "GR"')
    assert told[2][0] != "variant"


def test_a_variant_may_go_by_the_months_of_life() -> None:
    """The rate goes by quantity, its variant by maturity: month 2 of the life costs 9.00."""
    by_life = rate("flat", driver="maturity", base="9", per_months=1)
    of = conditional(GOLD, rate("flat", base="25", per_months=1), ("New", "true", by_life))
    decided = of.decided(NOBODY)
    assert (of.goes_by_maturity(GOLD.id), decided.goes_by_maturity(GOLD.id)) == (False, True)
    item = FeeItem(OTHER.id, 1, GOLD.id, Decimal(1), JANUARY, (LifeMonth(2),))
    draft = bill(invoice(fees(decided, item, products=(GOLD,))))
    assert draft.lines[0].amount == Decimal(9)
    assert [step["label"] for step in json.loads(draft.lines[0].working)] == ["New", "month 2"]


def test_the_same_choice_is_the_same_plan() -> None:
    """Compiled once, whoever it is chosen for; without a choice it is the plan itself."""
    assert GOLD_PLAN.decided(VIP) is GOLD_PLAN.decided({**VIP, "subscription": {"type": "x"}})
    assert GOLD_PLAN.decided(NOBODY) is GOLD_PLAN
    unconditional = plan((GOLD, rate("flat", base="1")))
    assert unconditional.decided({}) is unconditional
    assert (GOLD_PLAN.has_variants, unconditional.has_variants) == (True, False)


def test_an_item_may_be_priced_by_a_plan_of_its_own() -> None:
    """Two items of one part: 10.00 by the variant that asks about it, 25.00 by the rate."""
    one = FeeItem(OTHER.id, 1, GOLD.id, Decimal(1), JANUARY)
    own = one._replace(revision=2, plan=GOLD_PLAN.decided(VIP))
    draft = bill(invoice(fees(GOLD_PLAN, one, own, products=(GOLD,))))
    assert sorted(line.amount for line in draft.lines) == [Decimal(10), Decimal(25)]


def test_what_cannot_be_decided_is_not_guessed() -> None:
    """An attribute that was not given fails, and nothing is priced."""
    cheap = ("", "account.attributes.size > 3", rate("flat", base="1"))
    of = conditional(GOLD, rate("flat", base="25"), cheap)
    with pytest.raises(ConditionFailed, match="there is no 'size'"):
        of.decided({"account": {"attributes": {}}})


def test_late_usage_is_priced_by_the_variant_that_held() -> None:
    """10 calls at 0.05 when VIP; 4 come late, when the class is gone: 4 x 0.05 = 0.20."""
    base = plan((OTHER, rate("flat", base="1")), number=9)
    over = CALLS_PLAN.decided(VIP).over(base)
    step = bill(invoice(usage(over, (CALLS, "10")))).steps[0]
    inputs = inputs_to_json(step.part)
    assert json.loads(inputs)["variants"] == [[[str(CALLS.id), "", 0]], []]
    late = part_from_inputs(
        inputs,
        period_id=step.period_id,
        subscription_id=step.part.subscription_id,
        plans={CALLS_PLAN.id: CALLS_PLAN, base.id: base},
        products={CALLS.id: CALLS},
        tax_rates={"standard": Decimal(20)},
        usage=(UsageTotal(CALLS.id, "unit", "", 0, Decimal(14), 14),),
        billed=totals_from_json(totals_to_json(step.totals)),
        seq=2,
    )
    later = bill(invoice(late))
    assert [line.amount for line in later.lines] == [Decimal("0.20")]


def test_inputs_without_variants_say_so() -> None:
    """A plan without any stores nothing of them."""
    unconditional = plan((CALLS, rate("flat", driver="usage", base="1")))
    draft = bill(invoice(usage(unconditional, (CALLS, "1"))))
    assert json.loads(inputs_to_json(draft.steps[0].part))["variants"] == []
