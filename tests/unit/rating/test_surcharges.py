"""A provider's rate plus a percentage, each rounded; the working shows both."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.plugin_api.values import RateTable, Surcharge, TableSlot, Usage
from core.rating.price_models import BUILT_IN
from tests.unit.rating.rates import price, price_slice, price_usage, rate, tier

FIFTH = Surcharge(Decimal(20))


@pytest.mark.parametrize(
    ("provider", "extra", "unit"),
    [("0.0732", "0.0146", "0.0878"), ("0.0691", "0.0138", "0.0829"), ("0.03456", "0.0069",
      "0.0415"), ("0", "0", "0")],
)  # fmt: skip
def test_rate_and_percentage_are_rounded_each_by_itself(
    provider: str, extra: str, unit: str
) -> None:
    """0.0732 x 20 % = 0.01464 = 0.0146; 0.03456 is 0.0346, and 20 % of that 0.0069."""
    of = rate("flat", driver="usage", base=provider, surcharge=FIFTH)
    charge = price(rate=of, quantity=Decimal(1000), models=BUILT_IN)
    assert charge.amount == Decimal(unit) * 1000
    added = [step for step in charge.steps if step.kind == "surcharge"]
    assert [step.unit_price for step in added] == ([Decimal(extra)] if Decimal(extra) else [])


def test_the_working_has_the_rate_and_what_is_added_to_it() -> None:
    """100 messages at 0.0732 and 0.0146: 7.32 + 1.46 = 8.78."""
    of = rate("flat", driver="usage", base="0.0732", surcharge=FIFTH)
    charge = price(rate=of, quantity=Decimal(100), models=BUILT_IN)
    assert [(step.kind, step.label, step.unit_price, step.amount) for step in charge.steps] == [
        ("base", "base rate", Decimal("0.0732"), Decimal("7.32")),
        ("surcharge", "plus 20 %", Decimal("0.0146"), Decimal("1.46")),
    ]
    assert charge.amount == Decimal("8.78")


def test_each_row_of_a_table_bears_it() -> None:
    """France 0.0732 + 0.0146, the default row 0.1 + 0.02; 10 messages each."""
    rows = {"FR": Decimal("0.0732")}
    table = RateTable("meta", "on_event_date", (TableSlot(0, None, rows, Decimal("0.1")),))
    of = rate("flat", driver="usage", table=table, surcharge=FIFTH)
    for market, amount in (("FR", "0.878"), ("NO", "1.20")):
        used = Usage(Decimal(10), 10, "message", market)
        charge = price_usage(rate=of, usage=used, models=BUILT_IN)
        assert charge.amount == Decimal(amount)
        kinds = [step.kind for step in charge.steps]
        assert kinds == ["table", "base", "surcharge"]
        assert sum(step.amount for step in charge.steps) == Decimal(amount)


def test_tiers_and_batches_bear_it_and_fixed_fees_do_not() -> None:
    """Two at 1.00 + 0.20, one at 0.50 + 0.10, a fee of 5.00: 2.40 + 0.60 + 5.00 = 8.00."""
    tiers = (tier("1", "2", "1", "5"), tier("3", None, "0.5"))
    of = rate("tiered", *tiers, driver="usage", surcharge=FIFTH)
    charge = price(rate=of, quantity=Decimal(3), models=BUILT_IN)
    assert charge.amount == Decimal(8)
    assert sum(step.amount for step in charge.steps) == Decimal(8)
    batches = rate(
        "package", driver="usage", base="1.90", package_size="1000",
        surcharge=Surcharge(Decimal(10), 2),
    )  # fmt: skip
    # 3 batches at 1.90 + 0.19
    assert price(rate=batches, quantity=Decimal(2001), models=BUILT_IN).amount == Decimal(
        "6.27"
    )


def test_months_of_life_bear_it() -> None:
    """Month 1 at 20.00 + 4.00."""

    class Month:
        number, numerator, denominator = 1, 1, 1

    of = rate("tiered", tier("1", None, "20"), driver="maturity", surcharge=FIFTH)
    charge = price_slice(rate=of, quantity=Decimal(2), months=[Month()], models=BUILT_IN)
    assert charge.amount == Decimal(48)
    assert [step.amount for step in charge.steps] == [Decimal(40), Decimal(8)]
