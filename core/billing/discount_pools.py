"""The lines of an invoice that discounts may reduce, gathered as they are reduced together.

The fixed charges of a subscription are one pool, each of its usage periods is another, for
that one is priced again when late usage comes; a job is a pool of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.billing.fixed import FixedCharges
from core.billing.lines import LINE_ORDER, CumulativeLine, PricedLine
from core.billing.reductions import Room
from core.billing.snapshot import Discount, FeeItem, FeesPart, Reduction, Snapshot, UsagePart
from core.billing.totals import LineKey
from core.rating.prerated import takes_discounts

Charged = list[tuple[UsagePart, list[CumulativeLine]]]

_DISCOUNTED: Final = frozenset({"usage", "gauge", "consumption"})

GOODS: Final = "physical_good"
"""The kind of product that is discounted on jobs and never on subscriptions."""


def is_discounted(key: LineKey) -> bool:
    """Tell whether a line of a usage period may be reduced.

    Credits and the minimum are not, nor what a third party priced without discounts.
    """
    return key.kind in _DISCOUNTED and takes_discounts(key.slot)


@dataclass(slots=True)
class Pool:
    """Lines that are reduced together, with the discounts that bite on them.

    `discounts` names those of this invoice by their keys here.
    """

    rooms: list[Room]
    part: UsagePart | None = None
    reductions: list[Reduction] = field(default_factory=list)
    discounts: dict[str, Discount] = field(default_factory=dict)

    def taken(self, key: str) -> int:
        """Return what a discount takes off here, in minor units."""
        return sum(room.cuts[key].amount for room in self.rooms if key in room.cuts)

    def key_of(self, discount: Discount) -> str:
        """Return the key of a discount in this pool's period.

        Before the first bill that it reduced, an automatic one had no grant.
        """
        definition = str(discount.definition_id)
        known_so = any(definition in room.before for room in self.rooms)
        return definition if known_so else str(discount.grant_id or discount.definition_id)


def fixed_pools(
    snapshot: Snapshot,
    fixed: Sequence[FixedCharges],
    jobs: Iterable[PricedLine],
    *,
    unit: Decimal,
) -> dict[UUID, Pool]:
    """Gather fees and one-offs of subscriptions, but for goods, and the lines of jobs."""
    rooms: dict[UUID, list[tuple[tuple[object, ...], Room]]] = {}
    for part, charges in zip(snapshot.fees, fixed, strict=True):
        own = rooms.setdefault(part.subscription_id, [])
        own += [
            (line.order, _fixed_room(line, part, item, unit=unit))
            for item, line in zip(part.items, charges.lines, strict=True)
            if part.products[item.product_id].kind != GOODS
        ]
    products = {job.job_id: job.products for job in snapshot.jobs}
    for line in jobs:
        assert line.job_id is not None
        assert line.product_id is not None
        product = products[line.job_id][line.product_id]
        room = Room(line, product, int(line.amount / unit), line.from_at, line.until_at)
        rooms.setdefault(line.job_id, []).append((line.order, room))
    return {
        target_id: Pool([room for _order, room in sorted(own, key=lambda pair: pair[0])])
        for target_id, own in rooms.items()
    }


def _fixed_room(line: PricedLine, part: FeesPart, item: FeeItem, *, unit: Decimal) -> Room:
    is_fee = line.kind == "fee"
    return Room(
        line,
        part.products[item.product_id],
        int(line.amount / unit),
        line.from_at,
        line.until_at,
        fees=part if is_fee else None,
        item=item if is_fee else None,
    )


def usage_pool(part: UsagePart, lines: Iterable[CumulativeLine], *, unit: Decimal) -> Pool:
    """Gather what a usage period costs in all, with what was taken off it before."""
    before: dict[tuple[object, ...], dict[str, int]] = {}
    for total in part.billed.lines:
        if total.key.discount:
            taken = before.setdefault(total.key[1:5], {})
            taken[total.key.discount] = int(-total.amount / unit)
    rooms = [
        (
            (LINE_ORDER[line.key.kind], line.product.code, line.key[2:5]),
            Room(
                line,
                line.product,
                int(line.amount / unit),
                line.from_at,
                line.until_at,
                is_usage=line.key.kind == "usage",
                before=before.get(line.key[1:5], {}),
            ),
        )
        for line in lines
        if line.product is not None and is_discounted(line.key)
    ]
    return Pool([room for _order, room in sorted(rooms, key=lambda pair: pair[0])], part)


def subtotals(
    fixed: Iterable[FixedCharges],
    jobs: Iterable[PricedLine],
    charged: Charged,
    *,
    unit: Decimal,
) -> Counter[UUID]:
    """Return what the invoice charges each target before discounts, in minor units."""
    found: Counter[UUID] = Counter()
    lines = [line for charges in fixed for line in charges.lines]
    for line in (*lines, *jobs):
        target_id = line.subscription_id or line.job_id
        assert target_id is not None  # a line is of one of the two
        found[target_id] += int(line.amount / unit)
    for part, priced in charged:
        found[part.subscription_id] += sum(int(line.amount / unit) for line in priced)
        found[part.subscription_id] -= sum(
            int(total.amount / unit) for total in part.billed.lines if not total.key.discount
        )
    return found
