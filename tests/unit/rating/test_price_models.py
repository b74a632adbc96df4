"""Flat, tiered and package prices: the worked examples and the boundaries of tiers."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.decimals import exact
from core.plugin_api.values import Charge, Rate, Step
from core.rating.price_model import (
    PriceModelFault,
    QuantityRefused,
    RateMissing,
    UnknownPriceModel,
)
from core.rating.price_models import BUILT_IN
from tests.unit.rating.rates import (
    CHANNELS,
    GENERIC,
    GOODS,
    LABOUR,
    price,
    price_slice,
    rate,
    tier,
)


class Month(NamedTuple):
    """A month of an item's life."""

    number: int
    numerator: int = 1
    denominator: int = 1


def amount(of: Rate, quantity: str) -> Decimal:
    """What a quantity costs."""
    return price(rate=of, quantity=Decimal(quantity), models=BUILT_IN).amount


@pytest.mark.parametrize(
    ("of", "quantity", "expected"),
    [
        pytest.param(rate("flat", *LABOUR, driver="duration"), "5", "75", id="repairs: 5 x 15"),
        pytest.param(
            rate("tiered", *LABOUR, driver="duration"),
            "5",
            "80",
            id="installation: 1x20 + 4x15",
        ),
        pytest.param(rate("flat", *GOODS), "3", "24", id="antennas: 3 x 8"),
        pytest.param(rate("tiered", *GOODS), "3", "27", id="decoders: 10 + 9 + 8"),
        pytest.param(rate("flat", *CHANNELS), "4", "8", id="Eurosport: 4 x 2"),
        pytest.param(rate("tiered", *CHANNELS), "4", "14", id="PPV: 5 + 4 + 3 + 2"),
        pytest.param(rate("flat", *GENERIC), "1", "10", id="flat 1"),
        pytest.param(rate("flat", *GENERIC), "2", "16", id="flat 2"),
        pytest.param(rate("flat", *GENERIC), "3", "24", id="flat 3"),
        pytest.param(rate("tiered", *GENERIC), "1", "10", id="tiered 1"),
        pytest.param(rate("tiered", *GENERIC), "2", "18", id="tiered 2"),
        pytest.param(rate("tiered", *GENERIC), "3", "26", id="tiered 3"),
        pytest.param(rate("flat", base="5", driver=None), "1", "5", id="start-up fee"),
        pytest.param(
            rate("package", base="1", package_size="1000"), "12345", "13", id="13 batches"
        ),
        pytest.param(
            rate("package", base="1", package_size="1000", rounding="exact"),
            "12345",
            "12.345",
            id="12.345 batches",
        ),
    ],
)
def test_the_guides_examples_cost_what_they_say(of: Rate, quantity: str, expected: str) -> None:
    """CRM.COM's guide prints these figures; 12,345 e-mails are batches of 1,000."""
    assert amount(of, quantity) == Decimal(expected)


def test_a_year_of_gold_by_maturity_is_nine_paid_months() -> None:
    """Months 1 to 3 are free, then 20: 9 x 20 = 180; tiered and flat agree."""
    months = [Month(number) for number in range(1, 13)]
    tiers = (tier("1", "3", "0"), tier("4", None, "20"))
    for model in ("tiered", "flat"):
        gold = rate(model, *tiers, driver="maturity")
        charge = price_slice(rate=gold, quantity=Decimal(1), months=months, models=BUILT_IN)
        assert charge.amount == 180


def test_maturity_multiplies_by_the_quantity_and_charges_shares_of_months() -> None:
    """Two units: half of month 3 at 0 and 15 of 30 days of month 4: 2 x 20 x 1/2 = 20."""
    gold = rate("flat", tier("1", "3", "0"), tier("4", None, "20"), driver="maturity")
    months = [Month(3, 1, 2), Month(4, 15, 30)]
    charge = price_slice(rate=gold, quantity=Decimal(2), months=months, models=BUILT_IN)
    assert charge.amount == 20
    assert [step.label for step in charge.steps] == ["month 3", "month 4"]


TO_FIVE = (tier("1", "5", "2"), tier("6", "10", "1"))
SAME_NUMBER = (tier("0", "5", "2"), tier("5", "10", "1"))
GAP = (tier("1", "5", "2"), tier("10", "20", "1"))
LATE_START = (tier("3", None, "1"),)


@pytest.mark.parametrize(
    ("tiers", "quantity", "flat", "tiered"),
    [
        (TO_FIVE, "0", "0", "0"),
        (TO_FIVE, "0.5", "1", "1"),
        (TO_FIVE, "1", "2", "2"),
        (TO_FIVE, "5", "10", "10"),
        (TO_FIVE, "5.5", "5.5", "10.5"),  # 5.5 x 1 | 5x2 + 0.5x1
        (TO_FIVE, "6", "6", "11"),
        (TO_FIVE, "10", "10", "15"),
        (TO_FIVE, "12", "108", "33"),  # outside: 12 x 9 | 15 + 2x9
        (SAME_NUMBER, "5", "10", "10"),  # the repeated number is the lower tier's
        (SAME_NUMBER, "5.000000001", "5.000000001", "10.000000001"),
        (GAP, "5", "10", "10"),
        (GAP, "7", "63", "28"),  # 7 x 9 | 10 + 2x9
        (GAP, "9", "81", "46"),  # 9 x 9 | 10 + 4x9
        (GAP, "10", "10", "47"),  # 10 x 1 | 10 + 4x9 + 1
        (GAP, "21", "189", "66"),  # 21 x 9 | 10 + 36 + 11 + 9
        (LATE_START, "2", "18", "18"),
        (LATE_START, "3", "3", "19"),
    ],
)
def test_every_quantity_has_one_tier_or_the_base_rate(
    tiers: tuple[object, ...], quantity: str, flat: str, tiered: str
) -> None:
    """The base rate of 9 prices gaps and what lies outside all tiers."""
    assert amount(rate("flat", *tiers, base="9"), quantity) == Decimal(flat)  # type: ignore[arg-type]
    assert amount(rate("tiered", *tiers, base="9"), quantity) == Decimal(tiered)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("quantity", "flat", "tiered"),
    [
        ("0", "7", "7"),  # the first fee is owed at 0 too
        ("1", "9", "9"),  # 7 + 2
        ("5", "17", "17"),
        ("6", "9", "21"),  # 3 + 6x1 | 7 + 10 + 3 + 1
        ("8", "11", "23"),
    ],
)
def test_a_tier_s_fee_is_owed_once_when_it_is_reached(
    quantity: str, flat: str, tiered: str
) -> None:
    """Tier one costs 7 and 2 a unit, tier two 3 and 1 a unit."""
    tiers = (tier("1", "5", "2", fee="7"), tier("6", None, "1", fee="3"))
    assert amount(rate("flat", *tiers), quantity) == Decimal(flat)
    assert amount(rate("tiered", *tiers), quantity) == Decimal(tiered)


@pytest.mark.parametrize(
    ("quantity", "started", "pro_rata"),
    [
        ("0", "0", "0"),
        ("500", "0", "0"),  # all free
        ("501", "3", "0.003"),
        ("1500", "3", "3"),
        ("1500.5", "6", "3.0015"),
        ("1501", "6", "3.003"),
    ],
)
def test_free_units_come_off_before_batches_are_counted(
    quantity: str, started: str, pro_rata: str
) -> None:
    """500 free, then 3.00 for each 1,000."""
    batches = rate("package", base="3", package_size="1000", free_units="500")
    shares = rate("package", base="3", package_size="1000", free_units="500", rounding="exact")
    assert amount(batches, quantity) == Decimal(started)
    assert amount(shares, quantity) == Decimal(pro_rata)


def test_a_third_of_a_batch_makes_an_exact_half_cent() -> None:
    """1 of 3 units at 0.015 is 0.005, which rounds up; a division first would lose it."""
    thirds = rate("package", base="0.015", package_size="3", rounding="exact")
    assert amount(thirds, "1") == Decimal("0.005")


@pytest.mark.parametrize(
    ("quantity", "package", "tiered"),
    [
        ("2000", "10", "10"),  # 2 x 5
        ("2001", "12", "14"),  # 3 batches x 4 | 2x5 + 1x4
        ("3500", "16", "18"),  # 4 x 4 | 10 + 2x4
    ],
)
def test_tier_limits_of_packages_count_units(quantity: str, package: str, tiered: str) -> None:
    """Up to 2,000 units a batch is 5, above 4; only tiered rounds up in each tier."""
    tiers = (tier("1", "2000", "5"), tier("2001", None, "4"))
    assert amount(rate("package", *tiers, package_size="1000"), quantity) == Decimal(package)
    assert amount(rate("tiered", *tiers, package_size="1000"), quantity) == Decimal(tiered)


def test_free_units_shift_the_tiers() -> None:
    """6 with 1 free are 5: the flat tier up to 5 prices them, 5 x 2 = 10."""
    free = {"free_units": "1", "base": "9"}
    assert amount(rate("flat", *TO_FIVE, **free), "6") == 10
    assert amount(rate("tiered", *TO_FIVE, **free), "7") == 11
    assert amount(rate("tiered", *TO_FIVE, **free), "0.5") == 0


@pytest.mark.parametrize(
    ("precision", "expected"), [(None, "0.087840"), (4, "0.0878"), (2, "0.09")]
)
def test_a_declared_precision_rounds_the_unit_price(
    precision: int | None, expected: str
) -> None:
    """0.08784 to 4 decimals is 0.0878; nothing else is rounded before the line."""
    of = rate("flat", base="0.08784", precision=precision)
    assert amount(of, "1") == Decimal(expected)
    assert amount(of, "1000") == Decimal(expected) * 1000


def test_what_no_price_covers_is_refused() -> None:
    """Nothing says what the 11th costs: both models refuse, and price the 10th."""
    for model in ("flat", "tiered"):
        of = rate(model, *TO_FIVE)
        with pytest.raises(RateMissing, match="above 10"):
            amount(of, "11")
        assert amount(of, "10") > 0
    with pytest.raises(RateMissing):
        amount(rate("tiered", tier("3", None, "1")), "5")  # passes through an unpriced gap


@pytest.mark.parametrize("quantity", ["-1", "-0.000000001", "NaN", "Infinity"])
def test_a_quantity_that_is_none_is_refused(quantity: str) -> None:
    """Negative, endless and not-a-number quantities have no price."""
    with pytest.raises(QuantityRefused):
        amount(rate("flat", base="1"), quantity)


def test_an_unknown_model_is_refused_by_name() -> None:
    """The refusal lists the models that exist."""
    with pytest.raises(UnknownPriceModel, match="flat, package, tiered"):
        amount(rate("volume", base="1"), "1")


class Doubling:
    """A plugin's model: twice the base, for as many units."""

    name = "doubling"

    def __init__(self, factor: object = Decimal(2)) -> None:
        """Price by a factor, which a test may spoil."""
        self.factor = factor

    def validate(self, rate: Rate) -> list[object]:
        """Accept everything."""
        del rate
        return []

    def price(self, rate: Rate, quantity: Decimal) -> Charge:
        """Twice the base."""
        assert rate.base is not None
        total = quantity * rate.base * self.factor  # type: ignore[operator]
        return Charge(total, (Step("doubled", "twice", quantity, rate.base, total),))


def test_a_plugin_s_model_prices_by_its_name() -> None:
    """3 x 5 x 2 = 30."""
    models = {"doubling": Doubling()}
    charge = price(rate=rate("doubling", base="5"), quantity=Decimal(3), models=models)
    assert charge.amount == 30


@pytest.mark.parametrize("factor", [Decimal(-1), Decimal("Infinity")])
def test_a_plugin_s_unsound_charge_is_refused(factor: Decimal) -> None:
    """A model may return neither negative nor endless amounts."""
    models = {"doubling": Doubling(factor)}
    with pytest.raises(PriceModelFault, match="doubling"):
        price(rate=rate("doubling", base="5"), quantity=Decimal(3), models=models)


@given(
    limits=st.lists(st.integers(1, 1000), min_size=1, max_size=6, unique=True).map(sorted),
    prices=st.lists(st.decimals(0, 100, places=4), min_size=7, max_size=7),
    fees=st.lists(st.decimals(0, 100, places=2), min_size=7, max_size=7),
    lower=st.decimals(0, 2000, places=3),
    more=st.decimals(0, 500, places=3),
)
def test_a_tiered_price_never_falls_as_usage_grows(
    limits: list[int],
    prices: list[Decimal],
    fees: list[Decimal],
    lower: Decimal,
    more: Decimal,
) -> None:
    """Whatever the tiers, fees and free units: more never costs less."""
    starts = ["1", *(str(limit + 1) for limit in limits)]
    ends: list[str | None] = [*map(str, limits), None]
    tiers = [
        tier(start, end, str(one), str(fee))
        for start, end, one, fee in zip(starts, ends, prices, fees, strict=False)
    ]
    of = rate("tiered", *tiers, free_units="3")
    assert amount(of, str(lower)) <= amount(of, str(lower + more))


@given(quantity=st.decimals(0, 100_000, places=9))
def test_steps_add_up_to_the_charge(quantity: Decimal) -> None:
    """The working of every built-in model sums to its amount."""
    tiers = (tier("1", "5", "2", fee="7"), tier("10", "500", "1.237"), tier("501", None, "1"))
    for model in ("flat", "tiered"):
        of = rate(model, *tiers, base="9", free_units="2.5")
        charge = price(rate=of, quantity=quantity, models=BUILT_IN)
        with exact():
            assert sum((step.amount for step in charge.steps), Decimal(0)) == charge.amount


def test_a_fresh_thread_prices_the_same_to_the_last_digit() -> None:
    """A quantity of 9 places times a rate of 12 needs 31 digits; threads start with 28."""
    of = rate("tiered", tier("1", "5", "0.123456789012"), tier("6", None, "0.987654321098"))
    found: list[Decimal] = []
    thread = threading.Thread(target=lambda: found.append(amount(of, "9999999999.123456789")))
    thread.start()
    thread.join()
    with exact():
        by_hand = 5 * Decimal("0.123456789012") + Decimal("9999999994.123456789") * Decimal(
            "0.987654321098"
        )
    assert found == [by_hand]
