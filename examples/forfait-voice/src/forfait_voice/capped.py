"""A price model of its own: by the unit, and never more than a most a period."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.plugin_api import Charge, DecimalRefused, Problem, Rate, Step, parse_decimal

MOST: Final = "most"


class CappedModel:
    """`base` a unit, at most `options: {most: …}` a period."""

    name: Final = "voice_capped"

    def validate(self, rate: Rate) -> Sequence[Problem]:
        """Ask for a base and a most, both from 0."""
        problems = []
        if rate.base is None or rate.base < 0:
            problems.append(Problem("RATE_INCOMPLETE", "give a base from 0", ("base",)))
        try:
            if _most(rate) < 0:
                problems.append(Problem("RATE_INCOMPLETE", "give a most from 0", _PATH))
        except (KeyError, DecimalRefused) as wrong:
            reason = f"{self.name} needs options: {{most: …}}, a number ({wrong})"
            problems.append(Problem("RATE_INCOMPLETE", reason, _PATH))
        return problems

    def price(self, rate: Rate, quantity: Decimal) -> Charge:
        """Price a period's total: 6000 at 0.001 are 6.00, capped at 5.00."""
        assert rate.base is not None  # validated when the catalogue was applied
        amount, most = quantity * rate.base, _most(rate)
        steps = [Step("base", "by the unit", quantity, rate.base, amount)]
        if amount > most:
            steps.append(Step("cap", "no more than the cap", None, None, most - amount))
        return Charge(min(amount, most), tuple(steps))


_PATH: Final = ("options", MOST)


def _most(rate: Rate) -> Decimal:
    return parse_decimal(rate.options[MOST], max_digits=9, max_places=4, path=_PATH)
