"""Products priced by a gauge: hosted profiles, declared users."""

from __future__ import annotations

from core.billing.lines import CumulativeLine, missing_for, product_of
from core.billing.recurring import recurring_charge
from core.billing.snapshot import UsagePart
from core.billing.totals import LineKey
from core.kernel.gaps import gaps
from core.kernel.money import round_money
from core.rating.price_model import RateMissing


def gauge_lines(part: UsagePart, currency: str) -> list[CumulativeLine]:
    """Price the gauges of a period like fees of their values, prorated like fees.

    Days of a rest are not owed; one that rests for all of its time has no line.
    """
    lines = []
    if len({gauge.product_id for gauge in part.gauges}) < len(part.gauges):
        raise ValueError("a product has one gauge value in a period")
    frequency = part.terms.usage_frequency or part.terms.frequency
    for gauge in part.gauges:
        if not gaps(gauge.slice, part.rests):
            continue
        product = product_of(part, gauge.product_id)
        try:
            rated = part.plan.fee_rate(gauge.product_id, frequency)
            charge = recurring_charge(
                part,
                rated=rated,
                frequency=frequency,
                quantity=gauge.quantity,
                slice=gauge.slice,
            )
        except RateMissing as refusal:
            raise missing_for(product, refusal) from None
        lines.append(
            CumulativeLine(
                LineKey("gauge", gauge.product_id, product.unit_label, "", 0),
                product,
                gauge.quantity,
                0,
                round_money(charge.amount, currency),
                product.name,
                gauge.slice.start,
                gauge.slice.end,
                product.tax_class,
                charge.steps,
                rated[0].plan_version_id,
            )
        )
    return lines
