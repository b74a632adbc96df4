"""Amounts of money: exact decimals in major units, and the only rounding.

Sums keep every digit. An amount is rounded once, half up (away from zero, so
that a line and its correction mirror each other), to the minor unit of its
currency: JPY 0, EUR 2, KWD 3 digits (ISO 4217).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import ClassVar, Final

from iso4217 import Currency

from core.kernel.decimals import EXACT
from core.kernel.errors import Refusal

MAX_AMOUNT: Final = Decimal("1e13")
"""No amount of money lies further from zero than this, in major units."""

MAX_DIGITS: Final = 12
"""Places that a rate may declare at most."""


class CurrencyMismatch(Refusal):
    """Amounts of two currencies were to be added or compared."""

    code: ClassVar[str] = "CURRENCY_MISMATCH"


class UnknownCurrency(Refusal):
    """A code is no ISO 4217 currency with a minor unit."""

    code: ClassVar[str] = "UNKNOWN_CURRENCY"


class AmountOutOfBounds(Refusal):
    """An amount is not finite, or further from zero than `MAX_AMOUNT`."""

    code: ClassVar[str] = "AMOUNT_OUT_OF_BOUNDS"


class AmountTooFine(Refusal):
    """An amount has digits below the currency's minor unit."""

    code: ClassVar[str] = "AMOUNT_TOO_FINE"


_MINOR_DIGITS: Final[dict[str, int]] = {
    currency.code: currency.exponent for currency in Currency if currency.exponent is not None
}
_QUANTA: Final[dict[str, Decimal]] = {
    code: Decimal(1).scaleb(-digits) for code, digits in _MINOR_DIGITS.items()
}


def minor_digits(currency: str) -> int:
    """Return how many decimals the currency's minor unit has: EUR 2, JPY 0."""
    try:
        return _MINOR_DIGITS[currency]
    except KeyError:
        raise _unknown(currency) from None


def _unknown(currency: str) -> UnknownCurrency:
    return UnknownCurrency(f"{currency!r} is no ISO 4217 currency; write EUR, say")


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round half up, away from zero, to the minor unit: 0.125 EUR is 0.13, -0.125 is -0.13.

    A result of zero has no sign. Round a line once, from its exact amount.
    """
    try:
        rounded = amount.quantize(_QUANTA[currency], ROUND_HALF_UP, EXACT)
    except KeyError:
        raise _unknown(currency) from None
    except InvalidOperation:
        raise _out_of_bounds(amount) from None
    return _settled(rounded, amount)


def round_to(amount: Decimal, digits: int) -> Decimal:
    """Round half up to a declared precision: a unit price of 4 decimals, say."""
    try:
        rounded = amount.quantize(_quantum(digits), ROUND_HALF_UP, EXACT)
    except InvalidOperation:
        raise _out_of_bounds(amount) from None
    return _settled(rounded, amount)


@cache
def _quantum(digits: int) -> Decimal:
    if not 0 <= digits <= MAX_DIGITS:
        raise ValueError(f"digits must be 0 to {MAX_DIGITS}, not {digits}")
    return Decimal(1).scaleb(-digits)


def _settled(rounded: Decimal, amount: Decimal) -> Decimal:
    """Drop the sign of a zero and refuse a NaN, which quantize lets through."""
    if rounded:
        if rounded.is_nan():
            raise _out_of_bounds(amount)
        return rounded
    return rounded.copy_abs()


def to_minor(amount: Decimal, currency: str) -> int:
    """Return whole minor units: 12.34 EUR is 1234. 12.345 EUR is refused."""
    scaled = checked_amount(amount).scaleb(minor_digits(currency), EXACT)
    minor = int(scaled)
    if minor != scaled:
        digits = minor_digits(currency)
        raise AmountTooFine(
            f"{amount} {currency} has more than {digits} decimals; round it first"
        )
    return minor


def checked_amount(amount: Decimal, *, path: tuple[str, ...] = ()) -> Decimal:
    """Return the amount, or refuse one that is not finite or beyond `MAX_AMOUNT`."""
    if not amount.is_finite() or amount.copy_abs() > MAX_AMOUNT:
        raise _out_of_bounds(amount, path=path)
    return amount


def _out_of_bounds(amount: Decimal, *, path: tuple[str, ...] = ()) -> AmountOutOfBounds:
    return AmountOutOfBounds(
        f"{amount:.6E} is no amount of money; give a number of at most {MAX_AMOUNT:f}",
        path=path,
    )


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency. Two currencies never add up or compare."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if self.amount.__class__ is not Decimal:
            raise TypeError(f"an amount is a Decimal, not {type(self.amount).__name__}")
        if self.currency not in _QUANTA:
            raise _unknown(self.currency)
        if not self.amount.is_finite():
            raise _out_of_bounds(self.amount)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return nothing of a currency."""
        return cls(Decimal(0), currency)

    def rounded(self) -> Money:
        """Round once, half up, to the minor unit."""
        return Money(round_money(self.amount, self.currency), self.currency)

    def __add__(self, other: Money) -> Money:
        self._refuse_other_currency(other)
        return Money(EXACT.add(self.amount, other.amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        self._refuse_other_currency(other)
        return Money(EXACT.subtract(self.amount, other.amount), self.currency)

    def __neg__(self) -> Money:
        return Money(EXACT.minus(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        self._refuse_other_currency(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._refuse_other_currency(other)
        return self.amount <= other.amount

    def __gt__(self, other: Money) -> bool:
        self._refuse_other_currency(other)
        return self.amount > other.amount

    def __ge__(self, other: Money) -> bool:
        self._refuse_other_currency(other)
        return self.amount >= other.amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def _refuse_other_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                f"{self} and {other} are of different currencies; bill each currency by itself"
            )
