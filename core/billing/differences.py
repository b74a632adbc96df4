"""A link of a period's chain: everything it costs, less what was billed before."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from core.billing.lines import (
    REDUCING,
    CumulativeLine,
    PricedLine,
    described,
    line_order,
    product_of,
    tax_rate_of,
)
from core.billing.snapshot import UsagePart
from core.billing.totals import LineKey, LineTotal, TaxKey
from core.kernel.zones import local_day
from core.plugin_api.values import ZERO, Step
from core.rating.prerated import has_given_tax
from core.rating.working import working_json


class Link(NamedTuple):
    """The lines that a link bills, and the cumulative totals that it leaves."""

    part: UsagePart
    group: int
    lines: list[PricedLine]
    totals: tuple[LineTotal, ...]


def link_of(part: UsagePart, charged: list[CumulativeLine], *, group: int) -> Link:
    """Take off what was billed before; what did not change makes no line."""
    if not part.billed.lines:
        return _first_link(part, charged, group)
    billed = {total.key: total for total in part.billed.lines}
    present = {line.key for line in charged}
    vanished = [_nothing(part, key) for key in billed if key not in present]
    differences = []
    for line in (*charged, *vanished):
        before = billed.get(line.key)
        differences.append(line if before is None else _difference(part, line, before))
    totals = _totals((*charged, *vanished))
    return Link(part, group, _priced_lines(part, differences, group), totals)


def _first_link(part: UsagePart, charged: list[CumulativeLine], group: int) -> Link:
    return Link(part, group, _priced_lines(part, charged, group), _totals(charged))


def _difference(part: UsagePart, line: CumulativeLine, before: LineTotal) -> CumulativeLine:
    quantity, amount = line.quantity - before.quantity, line.amount - before.amount
    if line.is_additive:
        steps = tuple(_rest_of(step, quantity, amount) for step in line.steps)
    else:
        steps = (*line.steps, _taken_off(part, before))
    return line._replace(
        quantity=quantity,
        events=line.events - before.events,
        amount=amount,
        steps=steps,
        tax=None if line.tax is None else line.tax - (before.tax or ZERO),
    )


def _rest_of(step: Step, quantity: Decimal, amount: Decimal) -> Step:
    """Show what is billed now alone: the events billed before had their own price."""
    unit_price = step.unit_price
    if unit_price is not None and unit_price * quantity != amount:
        unit_price = None
    return step._replace(quantity=quantity, unit_price=unit_price, amount=amount)


def _totals(lines: Iterable[CumulativeLine]) -> tuple[LineTotal, ...]:
    return tuple(
        [
            LineTotal(line.key, line.quantity, line.events, line.amount, line.tax)
            for line in lines
        ]
    )


def _nothing(part: UsagePart, key: LineKey) -> CumulativeLine:
    """Return a line of zero for a key that was billed and is no more."""
    product = product_of(part, key.product_id) if key.product_id is not None else None
    commitment = part.plan.commitment
    if product is not None:
        description, tax_class = described(product, key.dimension), product.tax_class
    else:
        assert commitment is not None  # the only line without a product
        description, tax_class = commitment.description, commitment.tax_class
    return CumulativeLine(
        key,
        product,
        ZERO,
        0,
        ZERO,
        description,
        part.period.start,
        part.period.end,
        tax_class,
        (),
        part.plan.commitment_id if product is None else part.plan.version_of(product.id),
        tax=ZERO if has_given_tax(key.slot) else None,
    )


def _taken_off(part: UsagePart, before: LineTotal) -> Step:
    facts = (("seq", str(part.seq)), ("events", str(before.events)))
    return Step("difference", "billed before", -before.quantity, None, -before.amount, facts)


def _priced_lines(
    part: UsagePart, lines: Iterable[CumulativeLine], group: int
) -> list[PricedLine]:
    """Make lines of what is to be billed; what is nothing makes none."""
    tax_mode = part.plan.tax_mode
    subscription_id, period_id = part.subscription_id, part.period_id
    is_first = part.seq == 1
    billed = () if is_first else {total.key for total in part.billed.lines}
    identity = (period_id.int, part.seq)
    tax_keys: dict[str, TaxKey] = {}
    priced = []
    for line in lines:
        (
            key, product, quantity, events, amount, description, start, end, tax_class,
            steps, plan_version_id, _is_additive, given_tax,
        ) = line  # fmt: skip
        if not (quantity or amount or events or given_tax):
            continue
        is_difference = not is_first and _corrects(part, line, billed)
        if (tax_key := tax_keys.get(tax_class)) is None:
            tax_key = tax_keys[tax_class] = TaxKey(tax_mode, tax_rate_of(part, tax_class))
        kind, product_id, unit, dimension, _slot, _discount = key
        code = "" if product is None else product.code
        priced.append(
            PricedLine(
                line_order(
                    is_difference, kind, code, subscription_id, key[2:], start, identity
                ),
                group,
                tax_key,
                given_tax,
                kind,
                subscription_id,
                None,  # job_id
                product_id,
                plan_version_id,
                period_id,
                is_difference,
                _dated(part, description) if is_difference or part.is_carried else description,
                quantity,
                unit,
                dimension,
                start,
                end,
                working_json(steps),
                tax_class,
                tax_key.rate,
                amount,
            )
        )
    return priced


def _corrects(part: UsagePart, line: CumulativeLine, billed: Container[LineKey]) -> bool:
    """Tell whether a later link's line corrects an invoice.

    All of a late link's do. Before the period's end it is what was priced anew as a whole,
    and what takes back: a charge below zero, a credit above it; and another tax that a third
    party gave for the same amount.
    """
    if part.is_late or (line.tax and not line.amount):
        return True
    kind = line.key.kind
    if kind != "discount" and not line.is_additive and line.key in billed:
        return True
    return line.amount > 0 if kind in REDUCING else line.amount < 0


def _dated(part: UsagePart, description: str) -> str:
    """Name the period by its local days: "SMS, 2026-01-01 to 2026-01-31"."""
    first = local_day(part.period.start, part.zone)
    last = max(first, local_day(part.period.end, part.zone) - timedelta(days=1))
    return f"{description}, {first} to {last}"
