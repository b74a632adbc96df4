"""Usage of a period: one line for each product, unit, dimension and table slot.

Only a rate with a table tells dimensions apart. Any other prices the product's total of the
period: its tiers, batches and free units are the period's, not each country's.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from core.billing.lines import CumulativeLine, missing_for, product_of
from core.billing.snapshot import UsagePart, UsageTotal
from core.billing.totals import LineKey
from core.kernel.money import round_money
from core.plugin_api.values import ZERO
from core.rating.price_model import RateMissing


def usage_lines(part: UsagePart, currency: str) -> list[CumulativeLine]:
    """Price everything known of the period, and fees owed without any use."""
    totals = _totals(part)
    if part.offered:
        totals = (*totals, *_unused(part))
    plan, products = part.plan, part.products
    start, end = part.period.start, part.period.end
    lines = []
    for product_id, unit, dimension, slot, quantity, events, *_rated in totals:
        product = products.get(product_id) or product_of(part, product_id)
        try:
            charge = plan.rate_of(product_id).price_usage(
                quantity, events=events, dimension=dimension, slot=slot
            )
        except RateMissing as refusal:
            raise missing_for(product, refusal) from None
        lines.append(
            CumulativeLine(
                LineKey("usage", product_id, unit, dimension, slot),
                product,
                quantity,
                events,
                round_money(charge.amount, currency),
                f"{product.name}, {dimension}" if dimension else product.name,
                start,
                end,
                product.tax_class,
                charge.steps,
            )
        )
    return lines


def _totals(part: UsagePart) -> tuple[UsageTotal, ...]:
    """Sum the dimensions of products whose rates do not tell them apart."""
    plan = part.plan
    divided = {
        total.product_id
        for total in part.usage
        if total.dimension and not plan.has_dimensions(total.product_id)
    }
    if not divided:
        return part.usage
    sums: dict[tuple[UUID, str], UsageTotal] = {}
    for total in part.usage:
        if total.product_id in divided:
            key = total.product_id, total.unit
            before = sums.get(key) or UsageTotal(*key, "", 0, ZERO, 0)
            sums[key] = before._replace(
                quantity=before.quantity + total.quantity, events=before.events + total.events
            )
    kept = [total for total in part.usage if total.product_id not in divided]
    return (*kept, *sums.values())


def _unused(part: UsagePart) -> Iterator[UsageTotal]:
    used = {total.product_id for total in part.usage}
    for product_id in part.offered:
        if product_id not in used and part.plan.unused_rate(product_id) is not None:
            yield UsageTotal(product_id, "", "", 0, ZERO, 0)
