"""The lines that discounts make: one for each line that each of them reduces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from core.billing.lines import CumulativeLine, PricedLine, described, line_order, product_of
from core.billing.reductions import NAMELESS, Cut, Room
from core.billing.snapshot import UsagePart
from core.billing.totals import LineTotal
from core.kernel.ratios import rounded_share
from core.plugin_api.values import ZERO
from core.rating.prerated import has_given_tax
from core.rating.working import working_json

ONE = Decimal(1)


def fixed_discounts(rooms: Iterable[Room], *, unit: Decimal) -> Iterator[PricedLine]:
    """Make the discount lines of fixed charges and jobs."""
    for room in rooms:
        assert isinstance(room.line, PricedLine)
        for key, cut in room.cuts.items():
            if cut.amount:
                yield _fixed_discount(room.line, room.product.code, key, cut, unit=unit)


def _fixed_discount(
    line: PricedLine, code: str, key: str, cut: Cut, *, unit: Decimal
) -> PricedLine:
    target_id = line.subscription_id or line.job_id
    assert target_id is not None  # a line is of one of the two
    identity = line.order[-1]
    where = (line.unit, line.dimension, 0, key)
    return line._replace(
        order=line_order(
            False,  # noqa: FBT003 - is_difference
            "discount",
            code,
            target_id,
            where,
            line.from_at,
            identity,  # type: ignore[arg-type]
        ),
        kind="discount",
        description=f"{cut.name}: {line.description}",
        quantity=ONE,
        unit="",
        working=working_json((cut.step(unit),)),
        amount=-cut.amount * unit,
    )


def chained_discounts(
    part: UsagePart, rooms: Iterable[Room], *, unit: Decimal
) -> list[CumulativeLine]:
    """Make the discount lines of a usage period, each with all that was taken off so far.

    A change of any size counts as one. What is taken off no more is given back.
    """
    left = {total.key: total for total in part.billed.lines if total.key.discount}
    found: list[CumulativeLine] = []
    for room in rooms:
        line = room.line
        assert isinstance(line, CumulativeLine)
        taxes = _taxes_of(line, room, unit=unit)
        for key, cut in room.cuts.items():
            own_key = line.key._replace(kind="discount", discount=key)
            before = left.pop(own_key, LineTotal(own_key, ZERO, 0, ZERO))
            amount = -cut.amount * unit
            if amount or before.amount:
                found.append(
                    line._replace(
                        key=own_key,
                        quantity=before.quantity + (ONE if amount != before.amount else ZERO),
                        events=0,
                        amount=amount,
                        description=f"{cut.name}: {line.description}",
                        steps=(cut.step(unit),),
                        is_additive=False,
                        tax=taxes.get(key),
                    )
                )
    return [*found, *(_given_back(part, total) for total in left.values())]


def _taxes_of(line: CumulativeLine, room: Room, *, unit: Decimal) -> dict[str, Decimal]:
    """Return the tax that discounts take off with a line whose tax was given: their shares.

    Rounded together, so that taking all of the line takes all of its tax: of 0.05 in 1.00
    two discounts of half take 0.03 and 0.02.
    """
    if line.tax is None or not line.amount:
        return {}
    tax, whole = int(line.tax / unit), int(line.amount / unit)
    found: dict[str, Decimal] = {}
    cut_so_far = taken = 0
    for key, cut in room.cuts.items():
        cut_so_far += cut.amount
        share = rounded_share(tax, numerator=cut_so_far, denominator=whole)
        found[key] = (taken - share) * unit
        taken = share
    return found


def _given_back(part: UsagePart, before: LineTotal) -> CumulativeLine:
    """Return the line of a discount on what is not charged any more."""
    key = before.key
    assert key.product_id is not None  # only lines of products are discounted
    product = product_of(part, key.product_id)
    names = {reduction.key: reduction.name for reduction in part.discounts}
    name = names.get(key.discount, NAMELESS)
    return CumulativeLine(
        key,
        product,
        before.quantity + (ONE if before.amount else ZERO),
        0,
        ZERO,
        f"{name}: {described(product, key.dimension)}",
        part.period.start,
        part.period.end,
        product.tax_class,
        (),
        part.plan.version_of(product.id),
        tax=ZERO if has_given_tax(key.slot) else None,
    )
