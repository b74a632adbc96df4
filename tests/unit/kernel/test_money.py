"""Amounts are exact, rounded once and half up, and never of two currencies."""

from __future__ import annotations

import threading
from decimal import Decimal, Inexact, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.decimals import DecimalRefused, exact, parse_decimal
from core.kernel.money import (
    AmountOutOfBounds,
    AmountTooFine,
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    checked_amount,
    minor_digits,
    round_money,
    round_to,
    to_minor,
)

AMOUNTS = st.decimals(min_value=-(10**10), max_value=10**10, places=6)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.125", "EUR", "0.13"),
        ("-0.125", "EUR", "-0.13"),
        ("0.1249999999999999999999999999999999999", "EUR", "0.12"),
        ("2.5", "JPY", "3"),
        ("-2.5", "JPY", "-3"),
        ("1.0005", "KWD", "1.001"),
        ("7", "EUR", "7.00"),
        ("-0.001", "EUR", "0.00"),
    ],
)
def test_an_amount_is_rounded_half_away_from_zero(amount, currency, rounded):
    """To the digits of its currency: EUR 2, JPY 0, KWD 3; zero has no sign."""
    assert str(round_money(Decimal(amount), currency)) == rounded


@given(AMOUNTS, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_a_correction_mirrors_its_line(amount, currency):
    """What is taken back is what was charged, to the cent."""
    assert round_money(-amount, currency) == -round_money(amount, currency)


@given(AMOUNTS, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_a_rounded_amount_is_whole_in_minor_units(amount, currency):
    """Nothing is lost on the way: as many units as the amount's digits say."""
    rounded = round_money(amount, currency)
    assert to_minor(rounded, currency) == int(str(rounded).replace(".", ""))


def test_minor_units_are_literal_numbers():
    """12.34 EUR are 1234 cents, 12 JPY are 12."""
    assert to_minor(Decimal("12.34"), "EUR") == 1234
    assert to_minor(Decimal(12), "JPY") == 12
    assert to_minor(Decimal("-0.005"), "KWD") == -5
    assert (minor_digits("EUR"), minor_digits("JPY"), minor_digits("KWD")) == (2, 0, 3)


def test_digits_below_the_minor_unit_are_refused():
    """Nothing is lost on the way to minor units: round first."""
    with pytest.raises(AmountTooFine):
        to_minor(Decimal("12.345"), "EUR")


@pytest.mark.parametrize("currency", ["EURO", "eur", "", "XAU", "XXX"])
def test_what_is_no_currency_with_a_minor_unit_is_refused(currency):
    """Gold (XAU) is in ISO 4217 but has no minor unit to round to."""
    with pytest.raises(UnknownCurrency):
        round_money(Decimal(1), currency)
    with pytest.raises(UnknownCurrency):
        Money(Decimal(1), currency)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1e70"])
def test_what_is_no_amount_is_refused(amount):
    """Neither rounded nor turned into minor units."""
    for refused in (
        lambda value: round_money(value, "EUR"),
        lambda value: to_minor(value, "EUR"),
        lambda value: round_to(value, 4),
        checked_amount,
    ):
        with pytest.raises(AmountOutOfBounds):
            refused(Decimal(amount))


def test_the_largest_amount_is_ten_to_the_thirteenth():
    """The bound itself passes, a cent more does not; the path leads to the field."""
    assert checked_amount(Decimal("-1e13")) == Decimal(-10000000000000)
    with pytest.raises(AmountOutOfBounds) as refusal:
        checked_amount(Decimal("10000000000000.01"), path=("lines", "0", "amount"))
    assert refusal.value.path == ("lines", "0", "amount")


def test_a_unit_price_is_rounded_to_its_declared_precision():
    """0.05125 plus 20 % is 0.0615; 0.06155 to 4 decimals is 0.0616."""
    assert str(round_to(Decimal("0.05125") * Decimal("1.2"), 4)) == "0.0615"
    assert str(round_to(Decimal("0.06155"), 4)) == "0.0616"


def test_money_adds_subtracts_and_compares_in_one_currency():
    """1.10 + 2.20 = 3.30 exactly, where floats give 3.3000000000000003."""
    one, two = Money(Decimal("1.10"), "EUR"), Money(Decimal("2.20"), "EUR")
    assert one + two == Money(Decimal("3.30"), "EUR")
    assert one - two == -Money(Decimal("1.1"), "EUR")
    assert one < two <= Money(Decimal("2.2"), "EUR")
    assert two > one >= Money(Decimal("1.1"), "EUR")
    assert not Money.zero("EUR")
    assert str(Money(Decimal("0.125"), "EUR").rounded()) == "0.13 EUR"


@pytest.mark.parametrize(
    "operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"]
)
def test_two_currencies_never_meet(operation):
    """Neither summed nor compared; only equality answers, with no."""
    euros, yen = Money(Decimal(1), "EUR"), Money(Decimal(1), "JPY")
    with pytest.raises(CurrencyMismatch):
        getattr(euros, operation)(yen)
    assert euros != yen
    assert euros == Money(Decimal(1), "EUR")


def test_a_float_is_no_amount():
    """0.1 as a float is not a tenth."""
    with pytest.raises(TypeError):
        Money(0.1, "EUR")


def test_a_fresh_thread_computes_with_sixty_digits():
    """9 places times 12 places keeps all 21; outside `exact`, 28 digits would round."""
    quantity, rate = Decimal("1234567890123.123456789"), Decimal("0.000000000001")
    results: list[Decimal] = []

    def compute() -> None:
        with exact() as context:
            results.append((quantity + 1) * (rate + 1))
            results.append(Decimal(int(context.flags[Inexact])))
        results.append((quantity + 1) * (rate + 1))
        results.append(round_money(Decimal("1234567890123.1250000000000000000001"), "EUR"))

    thread = threading.Thread(target=compute)
    thread.start()
    thread.join()
    # 1234567890124.123456789 x 1.000000000001, written out
    assert results[0] == Decimal("1234567890125.358024679124123456789")
    assert results[1] == 0
    assert results[2] != results[0]
    assert results[3] == Decimal("1234567890123.13")


def test_invalid_operations_rise_inside_exact():
    """Nothing turns into NaN on the way to a bill."""
    with exact(), pytest.raises(InvalidOperation):
        Decimal("Infinity") - Decimal("Infinity")


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.50", "12.50"), ("-0.005", "-0.005"), ("1e3", "1000"), (".5", "0.5"), ("5.", "5"),
     ("007", "7"), ("1.500000", "1.5"), ("0e999", "0"), ("-0", "0"), ("+3", "3")],
)  # fmt: skip
def test_decimals_from_outside_are_read(text, value):
    """Any finite ASCII spelling within the bounds; zeros that say nothing do not count."""
    read = parse_decimal(text, max_digits=4, max_places=3)
    assert read == Decimal(value)
    assert read.is_signed() == (value[0] == "-")


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "NaN", "Infinity", "1_000", "1,5", "٣", "0x10", "--1", ".", "1e", "12345",
     "1e4", "0.0001", "1e-9999", "1e9999", "1e99999", "1" * 129],
)  # fmt: skip
def test_other_texts_are_refused_with_the_reason(text):
    """Not finite, not ASCII, too large or too fine: refused, never clipped."""
    with pytest.raises(DecimalRefused) as refusal:
        parse_decimal(text, max_digits=4, max_places=3, path=("quantity",))
    assert refusal.value.path == ("quantity",)
    assert refusal.value.message
