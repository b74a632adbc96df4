"""What a rate may be: every refusal is a row, with the path that a catalogue names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.plugin_api.values import Rate, RateTable, TableSlot
from core.rating.price_models import BUILT_IN
from core.rating.validation import row_problems, validate_rate
from tests.unit.rating.rates import LABOUR, rate, tier

ONE_ROW = {"FR": Decimal("0.06")}


def table(applies: str, *slots: TableSlot) -> RateTable:
    """A rate table."""
    return RateTable("t", applies, slots)  # type: ignore[arg-type]


def found(of: Rate, kind: str) -> list[tuple[str, str]]:
    """The codes and paths of all problems."""
    return [
        (problem.code, ".".join(problem.path))
        for problem in validate_rate(of, kind=kind, models=BUILT_IN)
    ]


ALL_DRIVERS = ("quantity", "duration", "maturity", "usage", None)
ALLOWED = {
    "one_time_service": {"duration", "quantity"},
    "module": {"quantity", "maturity"},
    "pack": {"quantity", "maturity"},
    "licence": {"quantity", "maturity"},
    "termed_service": {"quantity", "maturity"},
    "physical_good": {"quantity"},
    "usage_service": {"usage"},
    "expense": {None},
}


@pytest.mark.parametrize("kind", ALLOWED)
@pytest.mark.parametrize("driver", ALL_DRIVERS)
def test_each_kind_of_product_has_its_drivers(kind: str, driver: str | None) -> None:
    """All 40 pairs: what is listed passes, everything else is refused at `driver`."""
    problems = found(rate("flat", driver=driver, base="1"), kind)
    expected = [] if driver in ALLOWED[kind] else [("DRIVER_NOT_ALLOWED", "driver")]
    assert problems == expected


def test_a_refused_driver_says_which_are_allowed() -> None:
    """The message lists them."""
    of = rate("flat", driver="usage", base="1")
    (problem,) = validate_rate(of, kind="one_time_service", models=BUILT_IN)
    assert problem.message == (
        "a rate for a one_time_service goes by duration or quantity, not by usage"
    )


@pytest.mark.parametrize(
    ("tiers", "problem"),
    [
        ((tier("1", "5", "1"), tier("5", "9", "1")), None),
        ((tier("1", "5", "1"), tier("6", None, "1")), None),
        ((tier("1", "5", "1"), tier("9", None, "1")), None),
        ((tier("0", None, "1"),), None),
        ((tier("1", "5", "1"), tier("4", "9", "1")), ("TIERS_OVERLAP", "tiers.1.from")),
        ((tier("6", "9", "1"), tier("1", "5", "1")), ("TIERS_OVERLAP", "tiers.1.from")),
        ((tier("1", None, "1"), tier("6", None, "1")), ("TIERS_OVERLAP", "tiers.1")),
        ((tier("5", "1", "1"),), ("TIERS_DESCEND", "tiers.0.to")),
        ((tier("0", "0", "1"),), ("TIER_EMPTY", "tiers.0.to")),
        ((tier("1", "5", "1"), tier("5", "5", "1")), ("TIER_EMPTY", "tiers.1.to")),
        ((tier("1", "5", "-1"),), ("PRICE_REFUSED", "tiers.0.price")),
        ((tier("1", "5", "NaN"),), ("PRICE_REFUSED", "tiers.0.price")),
        ((tier("1", "5", "Infinity"),), ("PRICE_REFUSED", "tiers.0.price")),
        ((tier("1", "5", "1", fee="-2"),), ("PRICE_REFUSED", "tiers.0.fee")),
        ((tier("-1", "5", "1"),), ("TIER_REFUSED", "tiers.0.from")),
        ((tier("NaN", "5", "1"),), ("TIER_REFUSED", "tiers.0.from")),
    ],
)
def test_tiers_ascend_without_overlap(
    tiers: tuple[Any, ...], problem: tuple[str, str] | None
) -> None:
    """A problem names the tier and the field."""
    of = rate("tiered", *tiers, base="1")
    assert found(of, "module") == ([] if problem is None else [problem])


@pytest.mark.parametrize(
    ("tiers", "nowhere"),
    [
        ((tier("1", "10", "1"), tier("20", None, "1")), "above 10 and up to 19"),
        ((tier("1", "10", "1"),), "above 10"),
        ((tier("5", None, "1"),), "above 0 and up to 4"),
    ],
)
@pytest.mark.parametrize("model", ["flat", "tiered"])
def test_a_quantity_without_any_price_is_refused_on_the_way_in(
    model: str, tiers: tuple[Any, ...], nowhere: str
) -> None:
    """A gap, what lies above and what lies below; a base price fills each."""
    (problem,) = validate_rate(rate(model, *tiers), kind="module", models=BUILT_IN)
    assert (problem.code, problem.path) == ("PRICE_MISSING", ("tiers",))
    assert nowhere in problem.message
    assert validate_rate(rate(model, *tiers, base="1"), kind="module", models=BUILT_IN) == []


@pytest.mark.parametrize(
    ("of", "kind", "problem"),
    [
        (rate("flat", *LABOUR, driver=None), "expense", ("TIERS_NOT_ALLOWED", "tiers")),
        (rate("flat"), "module", ("PRICE_MISSING", "base")),
        (rate("flat", base="-1"), "module", ("PRICE_REFUSED", "base")),
        (rate("flat", base="NaN"), "module", ("PRICE_REFUSED", "base")),
        (rate("flat", base="1E13"), "module", ("PRICE_REFUSED", "base")),
        (rate("flat", base="1", free_units="-1"), "module", ("PRICE_REFUSED", "free_units")),
        (rate("package", base="1"), "module", ("PACKAGE_SIZE_MISSING", "package_size")),
        (
            rate("package", base="1", package_size="0"),
            "module",
            ("PACKAGE_SIZE_REFUSED", "package_size"),
        ),
        (
            rate("flat", base="1", package_size="10"),
            "module",
            ("PACKAGE_SIZE_NOT_ALLOWED", "package_size"),
        ),
        (
            rate("tiered", *LABOUR, package_size="10", rounding="exact"),
            "module",
            ("ROUNDING_NOT_ALLOWED", "rounding"),
        ),
        (rate("volume", base="1"), "module", ("UNKNOWN_PRICE_MODEL", "model")),
        (rate("flat", base="1", precision=13), "module", ("PRECISION_REFUSED", "precision")),
        (rate("flat", base="1", per_months=0), "module", ("PER_MONTHS_REFUSED", "per_months")),
        (
            rate("flat", base="1", per_months=1),
            "physical_good",
            ("PER_MONTHS_REFUSED", "per_months"),
        ),
        (rate("flat", base="1", counts="events"), "module", ("COUNTS_NOT_ALLOWED", "counts")),
        (
            rate("package", base="1", package_size="2", driver="maturity"),
            "module",
            ("MODEL_NOT_ALLOWED", "model"),
        ),
        (
            rate("flat", tier("1", None, "0", fee="2"), driver="maturity"),
            "module",
            ("FEE_NOT_ALLOWED", "tiers.0.fee"),
        ),
        (rate("flat", base="1"), "gift", ("UNKNOWN_PRODUCT_KIND", "")),
    ],
)
def test_an_unsound_rate_is_refused_where_it_is_wrong(
    of: Rate, kind: str, problem: tuple[str, str]
) -> None:
    """One fault, one problem."""
    assert found(of, kind) == [problem]


def test_a_table_that_changes_on_the_event_s_date_has_no_tiers() -> None:
    """Tiers would start again at each date; with a kept table they are allowed."""
    slot = TableSlot(1, None, ONE_ROW)
    dated = rate("tiered", *LABOUR, driver="usage", table=table("on_event_date", slot))
    assert found(dated, "usage_service") == [("TIERS_NOT_ALLOWED", "tiers")]
    kept = rate("tiered", *LABOUR, driver="usage", table=table("kept_until_moved", slot))
    assert found(kept, "usage_service") == []


def test_a_table_that_changes_on_the_event_s_date_has_no_free_units() -> None:
    """They would be given anew at each date; with a kept table they are those of a row."""
    slot = TableSlot(1, None, ONE_ROW)
    dated = rate("flat", driver="usage", free_units="100", table=table("on_event_date", slot))
    assert found(dated, "usage_service") == [("FREE_UNITS_NOT_ALLOWED", "free_units")]
    kept = rate("flat", driver="usage", free_units="100", table=table("kept_until_moved", slot))
    assert found(kept, "usage_service") == []


@pytest.mark.parametrize(
    ("of", "problem"),
    [
        (table("kept_until_moved"), ("SLOTS_REFUSED", "table.slots")),
        (
            table("kept_until_moved", TableSlot(0, None, ONE_ROW), TableSlot(1, None, ONE_ROW)),
            ("SLOTS_NOT_ALLOWED", "table.slots"),
        ),
        (
            table("on_event_date", TableSlot(1, None, ONE_ROW), TableSlot(1, None, ONE_ROW)),
            ("SLOTS_REFUSED", "table.slots"),
        ),
        (
            table("on_event_date", TableSlot(1, None, {})),
            ("PRICE_MISSING", "table.slots.0.rows"),
        ),
        (
            table("on_event_date", TableSlot(1, None, {"FR": Decimal(-1)})),
            ("PRICE_REFUSED", "table.slots.0.rows.FR"),
        ),
        (
            table("on_event_date", TableSlot(1, None, ONE_ROW, Decimal("NaN"))),
            ("PRICE_REFUSED", "table.slots.0.default"),
        ),
    ],
)
def test_an_unsound_table_is_refused_where_it_is_wrong(
    of: RateTable, problem: tuple[str, str]
) -> None:
    """Rows and the default are prices too."""
    assert found(rate("flat", driver="usage", table=of), "usage_service") == [problem]


def test_a_dimension_given_twice_is_refused() -> None:
    """Rows are checked as pairs, before a mapping hides the first."""
    rows = (("FR", Decimal(1)), ("DE", Decimal(1)), ("FR", Decimal(2)))
    (problem,) = row_problems(rows, None, path=("table",))
    assert (problem.code, problem.path) == ("DUPLICATE_ROW", ("table", "rows", "FR"))


@pytest.mark.parametrize(("count", "refused"), [(100, False), (101, True)])
def test_a_rate_has_at_most_a_hundred_tiers(count: int, refused: bool) -> None:
    """The hundredth passes."""
    tiers = [tier(str(n), str(n), "1") for n in range(1, count + 1)]
    expected = [("TOO_MANY_TIERS", "tiers")] if refused else []
    assert found(rate("tiered", *tiers, base="1"), "module") == expected


@pytest.mark.parametrize(("count", "refused"), [(2000, False), (2001, True)])
def test_a_table_has_at_most_two_thousand_rows(count: int, refused: bool) -> None:
    """The two-thousandth passes."""
    rows = tuple((str(n), Decimal(1)) for n in range(count))
    codes = [problem.code for problem in row_problems(rows, None)]
    assert codes == (["TOO_MANY_ROWS"] if refused else [])
