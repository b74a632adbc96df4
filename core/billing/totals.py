"""What a usage period has been billed up to a link of its chain, by line.

Every link stores the cumulative totals, so that the next one bills the difference and
nothing is rounded twice: f(everything known) - what was billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

import orjson

from core.kernel.errors import Refusal

VERSION: Final = 2
WITHOUT_DISCOUNTS: Final = 1
"""The version whose lines name no discount."""


LineKind = Literal[
    "fee", "gauge", "usage", "credit", "one_off", "consumption", "commitment", "discount"
]
"""The kinds of lines, in the order in which an invoice shows them."""


class TotalsUnreadable(Refusal):
    """Stored totals are of a version that this program does not know."""

    code = "TOTALS_UNREADABLE"


class LineKey(NamedTuple):
    """What makes a line of a usage period the same line in the next link.

    `discount` names the grant or definition of a line that reduces the one with the rest
    of the key.
    """

    kind: LineKind
    product_id: UUID | None
    unit: str
    dimension: str
    slot: int
    discount: str = ""


class LineTotal(NamedTuple):
    """What was billed under one key: quantity, events and the rounded amount.

    `tax` is what was given with it by a third party; otherwise the period's carries hold it.
    """

    key: LineKey
    quantity: Decimal
    events: int
    amount: Decimal
    tax: Decimal | None = None


class TaxKey(NamedTuple):
    """One tax computation: the mode of the amounts and the rate in percent."""

    mode: str
    rate: Decimal


class TaxCarry(NamedTuple):
    """The base and the tax billed so far, in minor units, of one tax group.

    The base is of the whole group that the period was taxed with, so that tax on a
    late difference is tax(base + difference) - tax billed: as if billed at once. Interim
    invoices of the period are taxed one by one, and summed here.
    """

    base: int
    tax: int


NOTHING_TAXED: Final = TaxCarry(0, 0)


def added(
    before: Mapping[TaxKey, TaxCarry], now: Mapping[TaxKey, TaxCarry]
) -> dict[TaxKey, TaxCarry]:
    """Return the sums of what invoices of one period were taxed, each by itself."""
    found = dict(before)
    for key, (base, tax) in now.items():
        earlier = found.get(key, NOTHING_TAXED)
        found[key] = TaxCarry(earlier.base + base, earlier.tax + tax)
    return found


class Totals(NamedTuple):
    """The cumulative totals of a period."""

    lines: tuple[LineTotal, ...]
    taxes: dict[TaxKey, TaxCarry]


NOTHING_BILLED: Final = Totals((), {})
"""The totals before the first link. Never changed: links make new ones."""


def totals_to_json(totals: Totals) -> str:
    """Write the totals for `billing_step.totals`, in a fixed order."""
    lines = sorted(
        [
            kind,
            str(product_id) if product_id else "",
            unit,
            dimension,
            slot,
            str(quantity),
            events,
            str(amount),
            discount,
            *([] if tax is None else [str(tax)]),
        ]
        for key, quantity, events, amount, tax in totals.lines
        for kind, product_id, unit, dimension, slot, discount in (key,)
    )
    taxes = sorted(
        [key.mode, str(key.rate), carry.base, carry.tax] for key, carry in totals.taxes.items()
    )
    return orjson.dumps({"v": VERSION, "lines": lines, "taxes": taxes}).decode()


def totals_from_json(text: str | bytes) -> Totals:
    """Read what `totals_to_json` wrote."""
    stored = orjson.loads(text)
    if stored["v"] not in (WITHOUT_DISCOUNTS, VERSION):
        raise TotalsUnreadable(f"totals of version {stored['v']} need a newer program")
    lines = tuple(
        LineTotal(
            LineKey(kind, UUID(product) if product else None, unit, dimension, slot, *rest[:1]),
            Decimal(quantity),
            events,
            Decimal(amount),
            *map(Decimal, rest[1:]),
        )
        for kind, product, unit, dimension, slot, quantity, events, amount, *rest in (
            stored["lines"]
        )
    )
    taxes = {
        TaxKey(mode, Decimal(rate)): TaxCarry(base, tax)
        for mode, rate, base, tax in stored["taxes"]
    }
    return Totals(lines, taxes)
