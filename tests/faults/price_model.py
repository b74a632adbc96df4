"""A second opinion on every invoice: its own arithmetic, in integers and fractions.

It imports nothing of the product. Given the accepted events with the month that each
happened in and the month whose closing billed it, it says what every invoice must hold.

The prices are those of the sellers' catalogue, written down again: seats a month, e-mails
in started batches of 1000 or in tiers, text messages by destination, a minimum of 40.00
over usage, 20 % tax on top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

SEATS = {"plain": 2500, "tiered": 1999, "minimum": 777}
"""Cents a seat and month."""
BATCH = 190
"""Cents for each started 1000 e-mails: 1001 are two, 3.80."""
TIERS = ((1000, Fraction("1.23")), (5000, Fraction("0.87")), (None, Fraction("0.51")))
"""Upper limit and cents each: 1500 are 1000 x 1.23 + 500 x 0.87 = 1665 cents."""
SMS = {"FR": Fraction("6.13"), "DE": Fraction("8.99")}
SMS_ELSEWHERE = Fraction("11.07")
MINIMUM = 4000
COUNTRIES = (("+33", "FR"), ("+49", "DE"), ("+34", "ES"))

LineKey = tuple[str, str, str]
"""Kind, product, dimension."""


class Used(NamedTuple):
    """An accepted event: whose, what, how much, in which month, billed by which."""

    customer: str
    month: int
    billed_by: int
    product: str
    dimension: str
    quantity: int


class Line(NamedTuple):
    """What a line must say; `month` is the month that it is for."""

    month: int
    key: LineKey
    quantity: int
    cents: int


@dataclass(slots=True)
class Bill:
    """What one invoice must hold, in cents."""

    lines: list[Line] = field(default_factory=list)
    net: int = 0
    tax: int = 0


def measured(event: Mapping[str, Mapping[str, object]]) -> tuple[str, str, int]:
    """Return product, dimension and quantity of what a client said."""
    if "email" in event:
        return "email", "", int(str(event["email"]["recipients"]))
    said = event["sms"]
    number = str(said["to"])
    (country,) = [name for prefix, name in COUNTRIES if number.startswith(prefix)]
    return "sms", country, int(str(said["segments"]))


def bills(
    plan: str, seats: int, *, closed_months: int, used: Iterable[Used]
) -> dict[int, Bill]:
    """Return the invoices of one customer, by the month that they close."""
    by_closing: dict[int, list[Used]] = defaultdict(list)
    for one in used:
        by_closing[one.billed_by].append(one)
    quantities: dict[int, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    billed: dict[int, dict[LineKey, tuple[int, int]]] = {}
    taxed: dict[int, tuple[int, int]] = {}
    found: dict[int, Bill] = {}
    for closing in range(closed_months):
        bill = found[closing] = Bill()
        touched = {closing}
        for one in by_closing[closing]:
            quantities[one.month][one.product, one.dimension] += one.quantity
            touched.add(one.month)
        for month in sorted(touched):
            now = _month(plan, seats, quantities[month])
            _bill_difference(bill, month, now, billed.get(month, {}))
            _tax_difference(bill, now, taxed, month)
            billed[month] = now
    return found


def _month(
    plan: str, seats: int, quantities: Mapping[tuple[str, str], int]
) -> dict[LineKey, tuple[int, int]]:
    """Return all that a month costs, as quantity and cents by line."""
    lines: dict[LineKey, tuple[int, int]] = {("fee", "seats", ""): (seats, seats * SEATS[plan])}
    usage = 0
    for (product, dimension), quantity in quantities.items():
        cents = _email(plan, quantity) if product == "email" else _sms(dimension, quantity)
        lines["usage", product, dimension] = (quantity, cents)
        usage += cents
    if plan == "minimum" and usage < MINIMUM:
        lines["commitment", "", ""] = (1, MINIMUM - usage)
    return lines


def _email(plan: str, quantity: int) -> int:
    if plan != "tiered":
        return -(-quantity // 1000) * BATCH
    cents, below = Fraction(0), 0
    for limit, price in TIERS:
        upto = quantity if limit is None else min(quantity, limit)
        if upto > below:
            cents += (upto - below) * price
            below = upto
    return half_up(cents)


def _sms(dimension: str, quantity: int) -> int:
    return half_up(quantity * SMS.get(dimension, SMS_ELSEWHERE))


def half_up(value: Fraction) -> int:
    """Round to a whole number, halves away from zero."""
    whole, rest = divmod(abs(value), 1)
    rounded = whole + (1 if rest * 2 >= 1 else 0)
    return int(rounded if value >= 0 else -rounded)


def _bill_difference(
    bill: Bill,
    month: int,
    now: Mapping[LineKey, tuple[int, int]],
    before: Mapping[LineKey, tuple[int, int]],
) -> None:
    for key in sorted({*now, *before}):
        quantity, cents = now.get(key, (0, 0))
        old_quantity, old_cents = before.get(key, (0, 0))
        if (quantity, cents) != (old_quantity, old_cents):
            bill.lines.append(Line(month, key, quantity - old_quantity, cents - old_cents))
            bill.net += cents - old_cents


def _tax_difference(
    bill: Bill,
    now: Mapping[LineKey, tuple[int, int]],
    taxed: dict[int, tuple[int, int]],
    month: int,
) -> None:
    """Tax a month as if it were billed at once: 20 % of all of it, less what was billed."""
    base = sum(cents for _quantity, cents in now.values())
    tax = half_up(Fraction(base, 5))
    bill.tax += tax - taxed.get(month, (0, 0))[1]
    taxed[month] = (base, tax)
