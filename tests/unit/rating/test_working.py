"""The working of a charge reads as JSON and as a sentence."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from core.plugin_api.values import Step
from core.rating.price_models import BUILT_IN
from core.rating.working import plain, sentence, working_json
from tests.unit.rating.rates import LABOUR, price, rate


def test_five_hours_of_installation_show_their_working() -> None:
    """1 x 20 and 4 x 15."""
    installation = rate("tiered", *LABOUR, driver="duration")
    charge = price(rate=installation, quantity=Decimal(5), models=BUILT_IN)
    assert json.loads(working_json(charge.steps)) == [
        {
            "kind": "tier",
            "label": "1 to 1",
            "quantity": "1",
            "unitPrice": "20",
            "amount": "20",
            "facts": {},
        },
        {
            "kind": "tier",
            "label": "2 to 5",
            "quantity": "4",
            "unitPrice": "15",
            "amount": "60",
            "facts": {},
        },
    ]
    assert sentence(charge.steps) == "1 to 1: 1 × 20 = 20; 2 to 5: 4 × 15 = 60"


def test_a_plugin_s_kind_of_step_may_hold_any_text() -> None:
    """A quote in it must not make an invoice that the database cannot read."""
    steps = (Step('the "best" kind', "10", None, None, Decimal(1)),)
    assert json.loads(working_json(steps))[0]["kind"] == 'the "best" kind'


def test_labels_and_facts_may_hold_any_text() -> None:
    """Quotes and control characters are escaped; NUL, which jsonb refuses, goes."""
    step = Step("table", 'a "b" \\ \n é \0', None, None, Decimal(0), (("k\t", '"'),))
    (read,) = json.loads(working_json([step]))
    assert read["label"] == 'a "b" \\ \n é '
    assert read["facts"] == {"k\t": '"'}
    assert read["quantity"] is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("24.00", "24"),
        ("0E-9", "0"),
        ("1E+3", "1000"),
        ("5.500000000", "5.5"),
        ("-0.10", "-0.1"),
        ("100", "100"),
        ("13.33333333333333333333333333333333", "13.333333333333"),
    ],
)
def test_decimals_are_written_plainly(value: str, text: str) -> None:
    """No exponents, no idle zeros, endless fractions to 12 places."""
    assert plain(Decimal(value)) == text
