"""Exact decimal arithmetic, and decimals that come from outside.

Python's default context keeps 28 digits and rounds the rest silently: a quantity
with 9 places times a rate with 12 loses some. Threads start with that default
again, so what computes money does it inside `exact()`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import ClassVar, Final

from core.kernel.errors import Refusal

PRECISION: Final = 60
"""Digits kept: 13 before the point, 12 and 9 places of a product, and room for sums."""

EXACT: Final = Context(
    prec=PRECISION,
    rounding=ROUND_HALF_UP,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""The context of `exact()`. Pass it where a single operation must not round."""

MAX_TEXT: Final = 128
"""Characters that a decimal from outside may have at most."""

_ASCII_DECIMAL: Final = re.compile(
    r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?"
)


class DecimalRefused(Refusal):
    """A text is no decimal, or one with too many digits or places."""

    code: ClassVar[str] = "DECIMAL_REFUSED"


@contextmanager
def exact() -> Iterator[Context]:
    """Compute with 60 digits; what is invalid, divides by zero or overflows raises."""
    with localcontext(EXACT) as context:
        context.clear_flags()  # the copy brings along what other calls left in EXACT
        yield context


def parse_decimal(
    text: str, *, max_digits: int, max_places: int, path: tuple[str, ...] = ()
) -> Decimal:
    """Read a finite ASCII decimal from outside, or refuse it with the reason.

    `max_digits` bounds the digits before the point, `max_places` those behind it;
    zeros that say nothing (007, 1.50) do not count. The value is kept as written.
    """
    if len(text) > MAX_TEXT:
        raise DecimalRefused(f"a decimal has at most {MAX_TEXT} characters", path=path)
    if not _ASCII_DECIMAL.fullmatch(text):
        raise DecimalRefused(f"{text!r} is no decimal number; write 12.50, say", path=path)
    value = Decimal(text)
    if not value:
        return Decimal(0)
    digits, places = digits_and_places(value)
    if digits > max_digits:
        raise DecimalRefused(
            f"{text} has {digits} digits before the point; at most {max_digits} are taken",
            path=path,
        )
    if places > max_places:
        raise DecimalRefused(
            f"{text} has {places} decimals; at most {max_places} are taken", path=path
        )
    return value


def digits_and_places(value: Decimal) -> tuple[int, int]:
    """Count a finite number's digits before the point and the significant ones behind it."""
    _sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "only finite numbers have digits"
    trailing_zeros = 0
    for digit in reversed(digits):
        if digit:
            break
        trailing_zeros += 1
    return max(0, value.adjusted() + 1), max(0, -(exponent + trailing_zeros))
