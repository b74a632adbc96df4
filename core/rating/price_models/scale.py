"""The quantity scale of a rate: its tiers with the gaps between them filled.

Limits are inclusive above. A tier that follows on (`from` is the previous `to`, or that
number + 1) takes everything above the previous `to`: 5.5 is in the tier after `to: 5`.
Units are numbered, so behind a real gap a tier `from: 10` begins above 9. What lies in a
gap or outside all tiers has the base rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from core.kernel.money import round_to
from core.plugin_api.values import ZERO, Rate, Step, Tier
from core.rating.price_model import RateMissing
from core.rating.working import PreparedStep, plain, prepared

ONE = Decimal(1)


class Segment(NamedTuple):
    """A stretch of the scale with one price: above `lower`, up to and with `upper`.

    `price` is `None` where nothing prices it: a gap without a base rate.
    """

    kind: str
    label: str
    lower: Decimal
    upper: Decimal | None
    price: Decimal | None
    fee: Decimal


def segments_of(rate: Rate) -> tuple[Segment, ...]:
    """Return the whole scale from 0 up; the last segment has no upper limit."""
    base = None if rate.base is None else unit_price(rate, rate.base)
    if not rate.tiers:
        return (Segment("base", "base rate", ZERO, None, base, ZERO),)
    segments: list[Segment] = []
    reached: Decimal | None = ZERO
    for tier in rate.tiers:
        assert reached is not None  # validation: only the last tier is open
        lower = max(reached, lower_limit(tier, reached))
        if lower > reached:
            segments.append(_gap(base, lower=reached, upper=lower))
        price = unit_price(rate, tier.price)
        segments.append(Segment("tier", _label(tier), lower, tier.upto, price, tier.fee))
        reached = tier.upto
    if reached is not None:
        segments.append(_gap(base, lower=reached, upper=None))
    return tuple(segments)


def lower_limit(tier: Tier, reached: Decimal) -> Decimal:
    """Return above which quantity a tier begins, when the one before ends at `reached`."""
    if tier.start in {reached, reached + ONE}:
        return reached
    is_numbered = tier.start == tier.start.to_integral_value()
    return tier.start - ONE if is_numbered else tier.start


def _gap(base: Decimal | None, *, lower: Decimal, upper: Decimal | None) -> Segment:
    gap = Segment("base", "", lower, upper, base, ZERO)
    return gap._replace(label=f"base rate, outside the tiers ({stretch(gap)})")


def stretch(segment: Segment) -> str:
    """Name a stretch of the scale: `above 10`, or `above 10 and up to 19`."""
    above = f"above {plain(segment.lower)}"
    return above if segment.upper is None else f"{above} and up to {plain(segment.upper)}"


def _label(tier: Tier) -> str:
    if tier.upto is None:
        return f"from {plain(tier.start)}"
    return f"{plain(tier.start)} to {plain(tier.upto)}"


def unit_price(rate: Rate, price: Decimal) -> Decimal:
    """Round a unit price where the rate declares a precision."""
    return price if rate.precision is None else round_to(price, rate.precision)


def upper_limits(segments: Sequence[Segment]) -> list[Decimal]:
    """Return the limits to bisect: `bisect_left` of a quantity is its segment."""
    return [segment.upper for segment in segments if segment.upper is not None]


def priced(segment: Segment) -> Decimal:
    """Return a segment's price, or refuse the quantity in it."""
    if segment.price is None:
        raise RateMissing(f"no tier holds it ({segment.label}); give the rate a base price")
    return segment.price


def fee_steps(segment: Segment) -> tuple[PreparedStep, ...]:
    """Return the step of a tier's fixed fee, if it has one."""
    if not segment.fee:
        return ()
    return (prepared(Step("fee", f"fee of {segment.label}", ONE, segment.fee, segment.fee)),)


def free_step(free_units: Decimal, quantity: Decimal) -> Step:
    """Return the step of what is free: at most the quantity."""
    used = min(free_units, quantity)
    return Step("free_units", f"first {plain(free_units)} free", used, ZERO, ZERO)


def batches(units: Decimal, *, size: Decimal, is_exact: bool) -> Decimal:
    """Count batches of units: started ones (7,001 by 1,000 is 8), or exactly (7.001)."""
    if is_exact:
        return units / size
    whole, rest = divmod(units, size)
    return whole + ONE if rest else whole
