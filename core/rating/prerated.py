"""Usage that a third party has priced: how it stands apart from what we price. Pure.

Its amount, and its tax where that was given too, are billed as given, so it is totalled
apart: by who priced it, which is its dimension, by whether tax was given, and by whether
discounts apply. No row of a rate table prices it; the numbers of those are 0 and above, and
where an event keeps the row that priced it, a pre-rated one has a number below 0, made here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

PRERATED_BY: Final = "pre-rated by "
_HAS_TAX: Final = 1
_TAKES_DISCOUNTS: Final = 2


class Prerated(NamedTuple):
    """How usage was priced by a third party: with its tax or without, discounts or none."""

    has_tax: bool
    takes_discounts: bool

    @property
    def slot(self) -> int:
        """The number that stands for it in place of a rate table's row: -1 to -4."""
        flags = _HAS_TAX * self.has_tax + _TAKES_DISCOUNTS * self.takes_discounts
        return -1 - flags


def prerated(slot: int) -> Prerated | None:
    """Return how usage of a slot was priced by a third party; None where we price it."""
    if slot >= 0:
        return None
    flags = -1 - slot
    return Prerated(bool(flags & _HAS_TAX), bool(flags & _TAKES_DISCOUNTS))


def has_given_tax(slot: int) -> bool:
    """Tell whether tax of usage in a slot is as a third party gave it."""
    found = prerated(slot)
    return found is not None and found.has_tax


def takes_discounts(slot: int) -> bool:
    """Tell whether discounts may reduce usage of a slot."""
    found = prerated(slot)
    return found is None or found.takes_discounts
