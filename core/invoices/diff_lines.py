"""What a comparison needs of an invoice: its lines, and the charges that they make. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple
from uuid import UUID

NOTHING: Final = Decimal(0)
WHOLE: Final = Fraction(1)


class DiffLine(NamedTuple):
    """A line of an invoice, as far as a comparison needs it.

    `name` tells apart what has no product, or more than one line for it: a discount. `share`
    is what of its period it charges, `prices` the unit prices of its working, `plan` the plan
    and version that priced it, in words. `is_inclusive` tells that its prices include tax.
    """

    kind: str
    product: str
    name: str
    unit: str
    dimension: str
    is_late: bool
    quantity: Decimal
    net: Decimal
    tax: Decimal
    tax_rate: Decimal
    plan_version_id: UUID
    plan: str
    share: Fraction = WHOLE
    prices: frozenset[Decimal] = frozenset()
    is_inclusive: bool = False


class Key(NamedTuple):
    """What makes lines of two invoices the same charge."""

    kind: str
    product: str
    unit: str
    dimension: str
    name: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Charged:
    """All lines of one key on one invoice."""

    quantity: Decimal
    net: Decimal
    tax: Decimal
    tax_rate: Decimal
    plan_version_ids: frozenset[UUID]
    plan: str
    share: Fraction
    prices: frozenset[Decimal]
    is_inclusive: bool

    @property
    def gross(self) -> Decimal:
        """Return the amount with tax."""
        return self.net + self.tax


class Charges(NamedTuple):
    """What one invoice charges, and how it calls each charge."""

    charged: dict[Key, Charged]
    titles: dict[Key, str]


def charges_of(lines: Iterable[DiffLine]) -> Charges:
    """Put the lines of an invoice together by what they charge for."""
    grouped: dict[Key, list[DiffLine]] = defaultdict(list)
    for line in lines:
        # The name of a product may change; what it is stays.
        name = line.name if not line.product or line.kind == "discount" else ""
        key = Key(line.kind, line.product, line.unit, line.dimension, name, line.is_late)
        grouped[key].append(line)
    return Charges(
        {key: _together(own) for key, own in grouped.items()},
        {key: own[0].name for key, own in grouped.items()},
    )


def _together(lines: Sequence[DiffLine]) -> Charged:
    """Sum lines of one charge; several slices of a time count by their shares of it."""
    if len(lines) == 1:
        quantity, share = lines[0].quantity, lines[0].share
    else:
        weighed = sum((Fraction(line.quantity) * line.share for line in lines), Fraction(0))
        quantity = Decimal(weighed.numerator) / weighed.denominator
        share = WHOLE
    return Charged(
        quantity,
        sum((line.net for line in lines), NOTHING),
        sum((line.tax for line in lines), NOTHING),
        lines[-1].tax_rate,
        frozenset(line.plan_version_id for line in lines),
        lines[-1].plan,
        share,
        frozenset(price for line in lines for price in line.prices),
        all(line.is_inclusive for line in lines),
    )
