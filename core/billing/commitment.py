"""The commitment: what is missing to the minimum of a period, as a line of its own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from core.billing.fixed import FixedCharges
from core.billing.lines import CumulativeLine, product_of
from core.billing.recurring import owed_share
from core.billing.snapshot import ChargedFee, UsagePart
from core.billing.totals import LineKey
from core.kernel.money import round_money
from core.kernel.periods import Period
from core.kernel.proration import prorated_share
from core.plugin_api.values import ZERO, Step
from core.rating.plan import Commitment

ONE = Decimal(1)
SHORTFALL_KEY = LineKey("commitment", None, "", "", 0)


def commitment_line(
    part: UsagePart, charged: list[CumulativeLine], currency: str
) -> CumulativeLine | None:
    """Return the shortfall of a period that is settled, or None where nothing is missing.

    Level 3 of a minimum of 1000.00: a package worth 640.00 leaves 360.00, whatever
    else was bought. For the days of a rest no minimum is owed. A shortfall that a late event
    has closed is a line of zero, so that what was billed of it is given back.
    """
    terms = part.plan.commitment
    if terms is None:
        return None
    minimum = _minimum(part, terms)
    counted = _counted(part, terms, charged)
    missing = minimum - counted
    if missing <= 0 and all(total.key != SHORTFALL_KEY for total in part.billed.lines):
        return None
    amount = round_money(_decimal(missing), currency) if missing > 0 else ZERO
    facts = (("minimum", f"{terms.minimum:f}"), ("share", str(_share(part))))
    steps = (
        Step("commitment", "minimum of the period", None, None, _decimal(minimum), facts),
        Step("counted", "charged towards it", None, None, -_decimal(min(counted, minimum))),
    )
    return CumulativeLine(
        SHORTFALL_KEY,
        None,
        ONE if amount else ZERO,
        0,
        amount,
        terms.description,
        part.period.start,
        part.period.end,
        terms.tax_class,
        steps,
        part.plan.commitment_id,
    )


def _minimum(part: UsagePart, terms: Commitment) -> Fraction:
    return Fraction(terms.minimum) * _share(part)


def _share(part: UsagePart) -> Fraction:
    share = owed_share(part, part.period, rests=part.rests)
    return Fraction(1) if share is None else Fraction(*share)


def _counted(part: UsagePart, terms: Commitment, charged: list[CumulativeLine]) -> Fraction:
    counted = Fraction(0)
    for line in charged:
        product = line.product
        if product is not None and terms.counts(code=product.code, kind=product.kind):
            counted += Fraction(line.amount)
    for fee in part.fees:
        product = product_of(part, fee.product_id)
        if terms.counts(code=product.code, kind=product.kind):
            counted += Fraction(fee.amount) * _share_within(fee.slice, part)
    return counted


def _share_within(slice_: Period, part: UsagePart) -> Fraction:
    """Return how much of a fee belongs to the period: 31 of 365 days of a yearly one."""
    shared = slice_.overlap(part.period)
    if shared is None:
        return Fraction(0)
    if shared == slice_:
        return Fraction(1)
    policy = "second" if part.terms.proration == "second" else "day"
    return Fraction(*prorated_share(shared, slice_, zone=part.zone, policy=policy))


def overlapping_fees(part: UsagePart, fixed: Iterable[FixedCharges]) -> tuple[ChargedFee, ...]:
    """Return what the same invoice charges the subscription for a period, in a fixed order."""
    fees = [
        ChargedFee(billed.product_id, billed.slice, billed.amount)
        for charges in fixed
        for billed in charges.slices
        if billed.subscription_id == part.subscription_id
        and billed.slice.overlap(part.period) is not None
    ]
    fees.sort(key=lambda fee: (fee.product_id.int, fee.slice.start, fee.slice.end, fee.amount))
    return tuple(fees)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator
