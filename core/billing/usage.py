"""Usage of a period: one line for each product, unit, dimension and table slot.

Only a rate with a table tells dimensions apart. Any other prices the product's total of the
period: its tiers, batches and free units are the period's, not each country's. What was
priced event by event is taken as it is, whatever the plan holds; where it is negative, it
is a credit. So is what a third party priced, with its tax where it gave one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from core.billing.lines import CumulativeLine, described, missing_for, product_of
from core.billing.snapshot import Product, UsagePart, UsageTotal
from core.billing.totals import LineKey
from core.kernel.money import round_money
from core.plugin_api.values import ZERO, Step
from core.rating.prerated import has_given_tax, prerated
from core.rating.price_model import RateMissing


def usage_lines(part: UsagePart, currency: str) -> list[CumulativeLine]:
    """Price everything known of the period, and fees owed without any use."""
    totals = _totals(part)
    if part.offered:
        totals = (*totals, *_unused(part))
    plan, products = part.plan, part.products
    start, end = part.period.start, part.period.end
    lines = []
    for total in totals:
        product_id, unit, dimension, slot, quantity, events, rated, *_rest = total
        product = products.get(product_id) or product_of(part, product_id)
        if rated is not None:
            lines.append(_rated(part, product, total, currency))
            continue
        try:
            rate = plan.rate_of(product_id)
            charge = rate.price_usage(quantity, events=events, dimension=dimension, slot=slot)
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
                (*charge.steps, *_free_steps(total)) if total.free else charge.steps,
                rate.plan_version_id,
            )
        )
    return lines


def _free_steps(total: UsageTotal) -> Iterator[Step]:
    """Show how many events were free, and what for."""
    for label, events in total.free:
        yield Step("free", label, Decimal(events), ZERO, ZERO)


def _rated(
    part: UsagePart, product: Product, total: UsageTotal, currency: str
) -> CumulativeLine:
    """Take the amounts of events that were priced one by one, and the tax that was given."""
    product_id, unit, dimension, slot, quantity, events, rated, unit_price, tax, _free = total
    assert rated is not None
    amount = round_money(rated, currency)
    by_others = prerated(slot)
    if by_others is None:
        facts = (("rate", dimension),) if dimension else ()
        step = Step("rated", "priced event by event", quantity, unit_price, amount, facts)
    else:
        facts = (("tax", "as given" if by_others.has_tax else "by the tax class"),)
        step = Step("prerated", dimension, quantity, None, amount, facts)
    return CumulativeLine(
        LineKey("credit" if amount < 0 else "usage", product_id, unit, dimension, slot),
        product,
        quantity,
        events,
        amount,
        described(product, dimension),
        part.period.start,
        part.period.end,
        product.tax_class,
        (step,),
        part.plan.id,
        is_additive=True,
        tax=round_money(tax or ZERO, currency) if has_given_tax(slot) else None,
    )


def _totals(part: UsagePart) -> tuple[UsageTotal, ...]:
    """Sum the dimensions of products whose rates do not tell them apart."""
    plan = part.plan
    divided = {
        total.product_id
        for total in part.usage
        if total.dimension
        and total.amount is None
        and not plan.has_dimensions(total.product_id)
    }
    if not divided:
        return part.usage
    sums: dict[tuple[UUID, str], UsageTotal] = {}
    for total in part.usage:
        if total.product_id in divided and total.amount is None:
            key = total.product_id, total.unit
            before = sums.get(key) or UsageTotal(*key, "", 0, ZERO, 0)
            sums[key] = before._replace(
                quantity=before.quantity + total.quantity,
                events=before.events + total.events,
                free=_free_together(before, total),
            )
    kept = [
        total
        for total in part.usage
        if total.product_id not in divided or total.amount is not None
    ]
    return (*kept, *sums.values())


def _free_together(one: UsageTotal, other: UsageTotal) -> tuple[tuple[str, int], ...]:
    if not (one.free or other.free):
        return ()
    return tuple(sorted((Counter(dict(one.free)) + Counter(dict(other.free))).items()))


def _unused(part: UsagePart) -> Iterator[UsageTotal]:
    used = {total.product_id for total in part.usage}
    for product_id in part.offered:
        if product_id not in used and part.plan.unused_rate(product_id) is not None:
            yield UsageTotal(product_id, "", "", 0, ZERO, 0)
