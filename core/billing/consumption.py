"""What was consumed beyond an allowance: users beyond a pack, counted for a period.

A count costs the price of the period, whole: whoever had access for a day counts like one
who had it for all of it.
"""

from __future__ import annotations

from core.billing.lines import CumulativeLine, described, missing_for, product_of
from core.billing.recurring import recurring_charge
from core.billing.snapshot import ConsumptionItem, UsagePart
from core.billing.totals import LineKey
from core.kernel.money import round_money
from core.plugin_api.values import ZERO, Step
from core.rating.price_model import RateMissing


def consumption_lines(part: UsagePart, currency: str) -> list[CumulativeLine]:
    """Price what was counted for the period, unprorated; nothing counted makes no line.

    Three users of Sales beyond the pack at 12.00 a month are 36.00, in a month that was cut
    too. What is counted anew by a late link is billed as the difference.
    """
    frequency = part.terms.usage_frequency or part.terms.frequency
    whole = part._replace(rests=()) if part.rests else part
    lines = []
    for item in part.consumption:
        product = product_of(part, item.product_id)
        try:
            rated = part.plan.fee_rate(item.product_id, frequency)
            charge = recurring_charge(
                whole,
                rated=rated,
                frequency=frequency,
                quantity=item.quantity,
                slice=part.whole,
            )
        except RateMissing as refusal:
            raise missing_for(product, refusal) from None
        lines.append(
            CumulativeLine(
                LineKey("consumption", item.product_id, product.unit_label, item.module, 0),
                product,
                item.quantity,
                0,
                round_money(charge.amount, currency),
                described(product, item.module),
                part.period.start,
                part.period.end,
                product.tax_class,
                (*_counted(item), *charge.steps),
                rated[0].plan_version_id,
            )
        )
    return lines


def _counted(item: ConsumptionItem) -> tuple[Step, ...]:
    """Show how the quantity came about, where that is told."""
    if not item.facts:
        return ()
    return (Step("counted", "most at one moment", item.quantity, ZERO, ZERO, item.facts),)
