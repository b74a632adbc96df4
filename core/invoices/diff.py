"""Why one invoice comes to another amount than an earlier one. Pure.

Lines are matched by what they charge for, and the difference of each charge is divided into
causes. Causes add up to the cent, net and with tax, and so do all lines to the totals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.invoices.diff_causes import NOTHING_HELD, Cause, Held, causes_of
from core.invoices.diff_lines import NOTHING, Charged, DiffLine, Key, charges_of


@dataclass(frozen=True, slots=True)
class LineDifference:
    """One charge on both invoices; None where it is on one only."""

    key: Key
    title: str
    before: Charged | None
    after: Charged | None
    causes: tuple[Cause, ...]

    @property
    def net(self) -> Decimal:
        """Return how much more it is, without tax."""
        return sum((cause.net for cause in self.causes), NOTHING)

    @property
    def gross(self) -> Decimal:
        """Return how much more it is, with tax."""
        return sum((cause.gross for cause in self.causes), NOTHING)


def differences(
    before: Iterable[DiffLine],
    after: Iterable[DiffLine],
    *,
    currency: str,
    held: Held = NOTHING_HELD,
) -> list[LineDifference]:
    """Compare two invoices of one currency; the greatest difference first."""
    old, new = charges_of(before), charges_of(after)
    titles = {**old.titles, **new.titles}
    found = [
        LineDifference(
            key,
            title,
            old.charged.get(key),
            new.charged.get(key),
            causes_of(
                key, old.charged.get(key), new.charged.get(key), currency=currency, held=held
            ),
        )
        for key, title in titles.items()
    ]
    return sorted(found, key=lambda one: (-abs(one.gross), one.key))
