"""A link of a period's chain: everything it costs, less what was billed before."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from core.billing.lines import (
    CumulativeLine,
    PricedLine,
    UntaxedLine,
    line_order,
    product_of,
    tax_rate_of,
)
from core.billing.snapshot import UsagePart
from core.billing.totals import LineKey, LineTotal, TaxKey
from core.kernel.zones import local_day
from core.plugin_api.values import ZERO, Step
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
    lines = []
    totals = []
    for line in (*charged, *vanished):
        before = billed.get(line.key) or LineTotal(line.key, ZERO, 0, ZERO)
        totals.append(LineTotal(line.key, line.quantity, line.events, line.amount))
        difference = line._replace(
            quantity=line.quantity - before.quantity,
            events=line.events - before.events,
            amount=line.amount - before.amount,
            steps=(*line.steps, _taken_off(part, before)),
        )
        if _is_billed(difference):
            lines.append(_priced(part, difference, group))
    return Link(part, group, lines, tuple(totals))


def _first_link(part: UsagePart, charged: list[CumulativeLine], group: int) -> Link:
    lines = []
    totals = []
    for line in charged:
        totals.append(LineTotal(line.key, line.quantity, line.events, line.amount))
        if _is_billed(line):
            lines.append(_priced(part, line, group))
    return Link(part, group, lines, tuple(totals))


def _is_billed(line: CumulativeLine) -> bool:
    return bool(line.quantity or line.amount or line.events)


def _nothing(part: UsagePart, key: LineKey) -> CumulativeLine:
    """Return a line of zero for a key that was billed and is no more."""
    product = product_of(part, key.product_id) if key.product_id is not None else None
    commitment = part.plan.commitment
    if product is not None:
        description, tax_class = product.name, product.tax_class
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
    )


def _taken_off(part: UsagePart, before: LineTotal) -> Step:
    facts = (("seq", str(part.seq)), ("events", str(before.events)))
    return Step("difference", "billed before", -before.quantity, None, -before.amount, facts)


def _priced(part: UsagePart, line: CumulativeLine, group: int) -> PricedLine:
    kind, product_id, unit, dimension, slot = line.key
    is_difference = part.seq > 1
    tax_rate = tax_rate_of(part, line.tax_class)
    description = _dated(part, line.description) if is_difference else line.description
    untaxed = UntaxedLine(
        kind,  # type: ignore[arg-type]  # keys are stored as text
        part.subscription_id,
        product_id,
        part.plan.id,
        part.period_id,
        is_difference,
        description,
        line.quantity,
        unit,
        dimension,
        line.from_at,
        line.until_at,
        working_json(line.steps),
        line.tax_class,
        tax_rate,
        line.amount,
    )
    order = line_order(
        is_difference=is_difference,
        kind=kind,
        code=line.product.code if line.product is not None else "",
        subscription_id=part.subscription_id,
        dimension=(unit, dimension, slot),
        from_at=line.from_at,
        identity=(part.period_id.int, part.seq),
    )
    return PricedLine(order, group, TaxKey(part.plan.tax_mode, tax_rate), untaxed)


def _dated(part: UsagePart, description: str) -> str:
    """Name the period by its local days: "SMS, 2026-01-01 to 2026-01-31"."""
    first = local_day(part.period.start, part.zone)
    last = max(first, local_day(part.period.end, part.zone) - timedelta(days=1))
    return f"{description}, {first} to {last}"
