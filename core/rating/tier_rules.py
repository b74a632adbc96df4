"""What tiers may be: ascending, without overlap, finite, at most a hundred.

Paths name the fields as a catalogue writes them: `tiers.1.from`, `tiers.1.to`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.kernel.errors import Problem
from core.plugin_api.values import Tier

MAX_TIERS: Final = 100
ONE: Final = Decimal(1)


def tier_problems(tiers: tuple[Tier, ...]) -> Iterator[Problem]:
    """Return what is wrong with the tiers of a rate, in their order."""
    if len(tiers) > MAX_TIERS:
        yield Problem("TOO_MANY_TIERS", f"a rate has at most {MAX_TIERS} tiers", ("tiers",))
        return
    reached: Decimal | None = None
    for index, tier in enumerate(tiers):
        path = ("tiers", str(index))
        unsound = [*_number_problems(tier, path)]
        yield from unsound
        if unsound:
            return  # what follows would compare with no number
        if index and reached is None:
            message = f"tier {index} has no upper limit, so nothing can follow it"
            yield Problem("TIERS_OVERLAP", message, path)
            return
        yield from _order_problems(tier, reached=reached, path=path)
        reached = tier.upto


def _number_problems(tier: Tier, path: tuple[str, ...]) -> Iterator[Problem]:
    values = {"from": tier.start, "to": tier.upto, "price": tier.price, "fee": tier.fee}
    for name, value in values.items():
        if value is None:
            continue
        if not value.is_finite() or value < 0 or value >= Decimal("1e13"):
            message = f"{value} is not from 0 to below 1e13"
            code = "PRICE_REFUSED" if name in {"price", "fee"} else "TIER_REFUSED"
            yield Problem(code, message, (*path, name))


def _order_problems(
    tier: Tier, *, reached: Decimal | None, path: tuple[str, ...]
) -> Iterator[Problem]:
    if reached is not None and tier.start < reached:
        message = (
            f"from {tier.start:f} lies within the tier before, which holds up to {reached:f};"
            f" write from {reached + ONE:f}"
        )
        yield Problem("TIERS_OVERLAP", message, (*path, "from"))
        return
    if tier.upto is None:
        return
    if tier.upto < tier.start:
        message = f"to {tier.upto:f} is below from {tier.start:f}; tiers ascend"
        yield Problem("TIERS_DESCEND", message, (*path, "to"))
    elif tier.upto == 0 or (reached is not None and tier.upto <= reached):
        message = f"the tier up to {tier.upto:f} holds nothing; leave it out"
        yield Problem("TIER_EMPTY", message, (*path, "to"))
