"""The price of something that recurs: months of the period, days of the slice."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from core.billing.snapshot import FeesPart, LifeMonth, UsagePart
from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.kernel.proration import Share, prorated_share
from core.plugin_api.values import Charge, Step
from core.rating.compile import ONCE
from core.rating.engine import CompiledRate


def recurring_charge(
    part: FeesPart | UsagePart,
    *,
    rated: tuple[CompiledRate, Fraction],
    frequency: Frequency,
    quantity: Decimal,
    slice: Period,  # noqa: A002 - the domain's word
    life: tuple[LifeMonth, ...] = (),
) -> Charge:
    """Price a quantity for the slice of a period: price x months x days used / all days.

    One division at the end, so that a half cent is exactly one. By maturity the months
    of the item's life say everything.
    """
    rate, times = rated
    if rate.rate.driver == "maturity":
        return rate.price_months(quantity, life)
    charge = rate.price(quantity)
    share = share_of(part, slice)
    if times is ONCE and share is None:
        return charge
    return _restated(charge, times=times, frequency=frequency, share=share)


def share_of(part: FeesPart | UsagePart, slice: Period) -> Share | None:  # noqa: A002
    """Return what a slice owes of the whole period; None is all of it."""
    whole = part.whole
    if slice.start == whole.start and slice.end == whole.end:
        return None
    return prorated_share(slice, whole, zone=part.zone, policy=part.terms.proration)


def _restated(
    charge: Charge, *, times: Fraction, frequency: Frequency, share: Share | None
) -> Charge:
    steps = charge.steps
    amount = charge.amount
    if times != 1:
        amount = charge.amount * times.numerator / times.denominator
        factor = Decimal(times.numerator) / times.denominator
        label = f"for {frequency}"
        steps = (*steps, Step("months", label, factor, charge.amount, amount))
    if share is not None:
        full = amount
        above = times.numerator * share.numerator
        amount = charge.amount * above / (times.denominator * share.denominator)
        label = f"{share.numerator} of {share.denominator} days"
        facts = (("numerator", str(share.numerator)), ("denominator", str(share.denominator)))
        steps = (*steps, Step("proration", label, None, full, amount, facts))
    return Charge(amount, steps)
