"""The price model never asks for more than its cap."""

from __future__ import annotations

from decimal import Decimal

import pytest
from core.plugin_api import Rate

from forfait_voice.capped import CappedModel

RATE = Rate("voice_capped", "usage", base=Decimal("0.001"), options={"most": "5"})


@pytest.mark.parametrize(("seconds", "price"), [(0, "0"), (4999, "4.999"), (6000, "5")])
def test_it_is_by_the_unit_up_to_the_cap(seconds, price):
    """4999 x 0.001 = 4.999; 6000 x 0.001 = 6.00 is cut to 5."""
    charge = CappedModel().price(RATE, Decimal(seconds))
    assert charge.amount == Decimal(price)
    assert sum((step.amount for step in charge.steps), Decimal(0)) == charge.amount


@pytest.mark.parametrize("options", [{}, {"most": "much"}, {"most": "-1"}])
def test_a_rate_without_a_sound_cap_is_refused(options):
    """When the catalogue is applied, not when it is billed."""
    rate = Rate("voice_capped", "usage", base=Decimal(1), options=options)
    (problem,) = CappedModel().validate(rate)
    assert problem.path == ("options", "most")
