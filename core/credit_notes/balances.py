"""What a line of an invoice has left to give back, and what a part of it is worth. Pure.

Tax is given back cumulatively: tax on everything given back of a line so far less the tax
given back before. Giving back all of a line, in however many parts, gives back its very tax.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple
from uuid import UUID

from core.billing.draft import LineKind
from core.kernel.allocation import allocate
from core.kernel.money import minor_digits, to_minor
from core.kernel.ratios import rounded_share

NOTHING: Final = Decimal(0)


class Amounts(NamedTuple):
    """Amounts of a line: `amount` is its net or its gross, after its plan's tax mode."""

    amount: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal

    def plus(self, other: Amounts) -> Amounts:
        """Return the sums."""
        return Amounts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def minus(self, other: Amounts) -> Amounts:
        """Return the differences."""
        return Amounts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


NO_AMOUNTS: Final = Amounts(NOTHING, NOTHING, NOTHING, NOTHING)


class BilledLine(NamedTuple):
    """A line of an invoice as it was billed, and what was given back of it so far."""

    invoice_id: UUID
    number: int
    kind: LineKind
    subscription_id: UUID | None
    job_id: UUID | None
    product_id: UUID | None
    plan_version_id: UUID
    period_id: UUID | None
    description: str
    quantity: Decimal
    unit: str
    dimension: str
    from_at: datetime
    until_at: datetime
    tax_class: str
    tax_rate: Decimal
    currency: str
    billed: Amounts
    given: Amounts = NO_AMOUNTS

    @property
    def rest(self) -> Amounts:
        """What is left to give back, of the sign of the line."""
        return self.billed.minus(self.given)

    @property
    def is_gross(self) -> bool:
        """Tell whether its amount holds its tax."""
        return self.billed.amount == self.billed.gross

    def less(self, given: Amounts) -> BilledLine:
        """Return the line with more of it given back."""
        return self._replace(given=self.given.plus(given))


def by_amount(line: BilledLine, amount: Decimal) -> Amounts:
    """Return an amount of a line, in its plan's mode, with the tax on it.

    The amount has the line's sign and is no more than its rest.
    """
    if amount == line.rest.amount:
        return line.rest
    tax = _tax(line, line.given.amount + amount, of=line.billed.amount)
    if line.is_gross:
        return Amounts(amount, amount - tax, tax, amount)
    return Amounts(amount, amount, tax, amount + tax)


def by_gross(line: BilledLine, gross: Decimal) -> Amounts:
    """Return the part of a line that is an amount with its tax."""
    if gross == line.rest.gross:
        return line.rest
    tax = _tax(line, line.given.gross + gross, of=line.billed.gross)
    net = gross - tax
    return Amounts(gross if line.is_gross else net, net, tax, gross)


def _tax(line: BilledLine, so_far: Decimal, *, of: Decimal) -> Decimal:
    """Return the tax on what is given back now; never of another sign than the line's."""
    total = line.billed.tax
    if not total or not of:
        return NOTHING
    places = minor_digits(line.currency)
    share = Fraction(so_far) / Fraction(of)
    minor = rounded_share(
        to_minor(total, line.currency), numerator=share.numerator, denominator=share.denominator
    )
    tax = Decimal(minor).scaleb(-places) - line.given.tax
    return tax if tax * total > 0 else NOTHING


def spread(lines: Sequence[BilledLine], gross: Decimal) -> list[Amounts]:
    """Divide an amount with its tax over what lines have left, in proportion."""
    if not lines:
        return []
    currency = lines[0].currency
    places = minor_digits(currency)
    rests = [to_minor(line.rest.gross, currency) for line in lines]
    parts = allocate(to_minor(gross, currency), rests)
    return [
        by_gross(line, Decimal(part).scaleb(-places))
        for line, part in zip(lines, parts, strict=True)
    ]
