"""What thresholds and budgets may be. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.alerts.records import MOST_THRESHOLDS, Measure
from core.alerts.refusals import InvalidBudget, InvalidThresholds

MOST: Final = Decimal(10) ** 15
"""The largest threshold or budget."""
PLACES: Final = 9


def checked_thresholds(given: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return thresholds as they are kept.

    Raises:
        InvalidThresholds: none, too many, not above 0, or not ascending.
    """
    if not 1 <= len(given) <= MOST_THRESHOLDS:
        raise InvalidThresholds(f"give 1 to {MOST_THRESHOLDS} thresholds", path=("thresholds",))
    before = Decimal(0)
    for place, each in enumerate(given):
        path = ("thresholds", str(place))
        if not _fits(each):
            raise InvalidThresholds(
                f"give a number above 0, with {PLACES} decimals at most", path=path
            )
        if each <= before:
            raise InvalidThresholds("let thresholds ascend, each one once", path=path)
        before = each
    return tuple(given)


def checked_budget(measure: Measure, budget: Decimal | None) -> Decimal | None:
    """Return a budget as it is kept.

    Raises:
        InvalidBudget: it is not above 0, or makes no sense with what is measured.
    """
    if budget is None:
        return None
    if measure == "allowance":
        raise InvalidBudget("an allowance is its own budget; leave it out", path=("budget",))
    if not _fits(budget):
        raise InvalidBudget(
            f"give a number above 0, with {PLACES} decimals at most", path=("budget",)
        )
    return budget


def _fits(number: Decimal) -> bool:
    if not number.is_finite() or not 0 < number <= MOST:
        return False
    exponent = number.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -PLACES
