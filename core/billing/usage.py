"""Usage of a period: one line for each product, unit, dimension and table slot."""

from __future__ import annotations

from collections.abc import Iterator

from core.billing.lines import CumulativeLine, line_amount, missing_for, product_of
from core.billing.snapshot import Product, UsagePart, UsageTotal
from core.billing.totals import LineKey
from core.plugin_api.values import ZERO
from core.rating.price_model import RateMissing


def usage_lines(part: UsagePart, currency: str) -> list[CumulativeLine]:
    """Price everything known of the period, and fees owed without any use."""
    lines = [_line(part, total, currency) for total in part.usage]
    if part.offered:
        lines.extend(_line(part, total, currency) for total in _unused(part))
    return lines


def _unused(part: UsagePart) -> Iterator[UsageTotal]:
    used = {total.product_id for total in part.usage}
    for product_id in part.offered:
        if product_id not in used and part.plan.unused_rate(product_id) is not None:
            yield UsageTotal(product_id, "", "", 0, ZERO, 0)


def _line(part: UsagePart, total: UsageTotal, currency: str) -> CumulativeLine:
    product_id, unit, dimension, slot, quantity, events = total
    product = product_of(part, product_id)
    try:
        charge = part.plan.rate_of(product_id).price_usage(
            quantity, events=events, unit=unit, dimension=dimension, slot=slot
        )
    except RateMissing as refusal:
        raise missing_for(product, refusal) from None
    return CumulativeLine(
        LineKey("usage", product_id, unit, dimension, slot),
        product,
        quantity,
        events,
        line_amount(charge.amount, currency),
        _description(product, dimension),
        part.period.start,
        part.period.end,
        product.tax_class,
        charge.steps,
    )


def _description(product: Product, dimension: str) -> str:
    return f"{product.name}, {dimension}" if dimension else product.name
