"""The price of something that recurs: months of the period, days of the slice."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import lcm

from core.billing.snapshot import ONE_FREQUENCY, FeesPart, LifeMonth, UsagePart
from core.kernel.frequency import Frequency
from core.kernel.gaps import gaps
from core.kernel.periods import Period
from core.kernel.proration import ProrationPolicy, Share, prorated_share
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
    spans: Fraction = ONE_FREQUENCY,
) -> Charge:
    """Price a quantity for the slice of a period: price x months x days used / all days.

    A period that spans several frequencies costs so many times the price of one: a year
    on monthly terms at 25 is 300. One division at the end, so that a half cent is exactly
    one. By maturity the months of the item's life say everything.
    """
    rate, times = rated
    rests = part.rests if isinstance(part, UsagePart) else ()
    if spans is not ONE_FREQUENCY:
        times *= spans
    if rate.rate.driver == "maturity":
        return rate.price_months(quantity, life)
    charge = rate.price(quantity)
    share = owed_share(part, slice, rests=rests)
    if times is ONCE and share is None:
        return charge
    restated = _for_months(charge, times=times, frequency=frequency, spans=spans)
    if share is None:
        return restated
    unit = _unit(part.whole, share, policy=part.terms.proration)
    return _prorated(charge.amount, restated, times=times, share=share, unit=unit)


def share_of(part: FeesPart | UsagePart, slice: Period) -> Share | None:  # noqa: A002
    """Return what a slice owes of the whole period; None is all of it."""
    whole = part.whole
    if slice.start == whole.start and slice.end == whole.end:
        return None
    if part.terms.proration == "none" and not slice.is_empty:
        return None
    return prorated_share(slice, whole, zone=part.zone, policy=part.terms.proration)


def owed_share(
    part: FeesPart | UsagePart,
    slice: Period,  # noqa: A002
    *,
    rests: Collection[Period],
) -> Share | None:
    """Return what a slice owes without the rests in it; None is all of the whole period.

    21 of the 31 days of January, where ten are rests. Where any part of a period costs all
    of it, only rests that leave no part count.
    """
    left = gaps(slice, [rest for rest in rests if rest.overlap(slice) is not None])
    if left == [slice] or (left and part.terms.proration == "none"):
        return share_of(part, slice)
    if not left:
        return Share(0, 1)
    owed = [share for one in left if (share := share_of(part, one)) is not None]
    denominator = lcm(*(share.denominator for share in owed))
    numerator = sum(share.numerator * (denominator // share.denominator) for share in owed)
    return Share(numerator, denominator)


def _unit(whole: Period, share: Share, *, policy: ProrationPolicy) -> str:
    """Name what a share counts; by the second it is finer where a change was."""
    if policy == "day":
        return "days"
    is_whole = timedelta(seconds=share.denominator) == whole.end - whole.start
    return "seconds" if is_whole else "microseconds"


def _for_months(
    charge: Charge, *, times: Fraction, frequency: Frequency, spans: Fraction
) -> Charge:
    if times == 1:
        return charge
    amount = charge.amount * times.numerator / times.denominator
    factor = Decimal(times.numerator) / times.denominator
    label = f"for {frequency}" if spans == 1 else f"for {spans} \u00d7 {frequency}"
    step = Step("months", label, factor, charge.amount, amount)
    return Charge(amount, (*charge.steps, step))


def _prorated(
    price: Decimal, full: Charge, *, times: Fraction, share: Share, unit: str
) -> Charge:
    """Take the share of the unrounded price itself: one division, not one of another."""
    numerator, denominator = share
    amount = price * (times.numerator * numerator) / (times.denominator * denominator)
    label = f"{numerator} of {denominator} {unit}"
    facts = (("numerator", str(numerator)), ("denominator", str(denominator)))
    step = Step("proration", label, None, full.amount, amount, facts)
    return Charge(amount, (*full.steps, step))
