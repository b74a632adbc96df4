"""Dividing the difference of one charge into causes. Pure.

One after the other: the share of the period, the quantity at the old price, and what is left
to the price; then each cause's tax at the old rate, and what is left of the tax to its rate.
Prices that include tax are divided with it.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from core.invoices.diff_lines import NOTHING, WHOLE, Charged, Key
from core.kernel.money import round_money
from core.rating.working import plain

CauseKind = Literal[
    "new_item", "item_ended", "quantity", "price", "tier", "proration", "discount",
    "commitment", "late_usage", "tax_rate", "tax_rounding", "usage_began", "usage_stopped",
]  # fmt: skip
MEASURED: Final = frozenset({"usage", "gauge", "consumption"})
"""Kinds of lines that are there when something was used, and not before."""
_ROUNDED: Final = "the tax of an invoice is rounded once, over all of its lines"


class Cause(NamedTuple):
    """A part of a difference: why, how much, and in words."""

    kind: CauseKind
    net: Decimal
    tax: Decimal
    words: str

    @property
    def gross(self) -> Decimal:
        """Return the amount with tax."""
        return self.net + self.tax


class Held(NamedTuple):
    """Codes of what was held in the time of the earlier invoice, and of the later one."""

    before: AbstractSet[str] = frozenset()
    after: AbstractSet[str] = frozenset()


NOTHING_HELD: Final = Held()


class _Sides(NamedTuple):
    """A charge on both invoices, in amounts without tax, or with it where prices include it."""

    was: Charged
    now: Charged
    is_inclusive: bool

    @property
    def amounts(self) -> tuple[Decimal, Decimal]:
        if self.is_inclusive:
            return self.was.gross, self.now.gross
        return self.was.net, self.now.net


def causes_of(
    key: Key,
    before: Charged | None,
    after: Charged | None,
    *,
    currency: str,
    held: Held = NOTHING_HELD,
) -> tuple[Cause, ...]:
    """Return why a charge that is on one of two invoices, or on both, differs."""
    was, now = before or _none_like(after), after or _none_like(before)
    sides = _Sides(was, now, was.is_inclusive and now.is_inclusive)
    only = _of_one_kind(key, before, after, held)
    if only is None:
        parts = _parts(key, sides, currency)
    else:
        earlier, later = sides.amounts
        parts = [Cause(only[0], later - earlier, NOTHING, only[1])]
    taxed = _tax_within if sides.is_inclusive else _with_tax
    return taxed(parts, was, now, currency)


def _of_one_kind(
    key: Key, before: Charged | None, after: Charged | None, held: Held
) -> tuple[CauseKind, str] | None:
    """Return the one cause of a charge that has no parts; None where it has."""
    if key.is_late:
        return "late_usage", "usage of an earlier period that came late"
    if key.kind == "discount":
        return "discount", _told_of_discount(before, after)
    if key.kind == "commitment":
        return "commitment", "what is missing to the minimum"
    if before is not None and after is not None:
        return None
    return _of_one_side(key, before, after, held)


def _of_one_side(
    key: Key, before: Charged | None, after: Charged | None, held: Held
) -> tuple[CauseKind, str]:
    """Tell what came and went from what was used, or was not, of something held."""
    is_measured = key.kind in MEASURED
    if before is None:
        assert after is not None  # a key is on one of the two
        count = f"{plain(after.quantity)} {key.unit}".rstrip()
        if is_measured and key.product in held.before:
            return "usage_began", f"0 → {count}"
        return "new_item", count
    count = f"{plain(before.quantity)} {key.unit}".rstrip()
    if is_measured and key.product in held.after:
        return "usage_stopped", f"{plain(before.quantity)} → 0 {key.unit}".rstrip()
    return "item_ended", count


def _none_like(other: Charged | None) -> Charged:
    """Return a charge of nothing beside another one."""
    assert other is not None  # a key is on one of the two
    return Charged(
        NOTHING, NOTHING, NOTHING, other.tax_rate, frozenset(), "", WHOLE, frozenset(),
        other.is_inclusive,
    )  # fmt: skip


def _told_of_discount(before: Charged | None, after: Charged | None) -> str:
    if before is None:
        return "it begins to reduce"
    return "it reduces no more" if after is None else "it reduces another amount"


def _parts(key: Key, sides: _Sides, currency: str) -> list[Cause]:
    """Divide a difference: by the share of the period, by quantity, and by price."""
    was, now = sides.was, sides.now
    found: list[Cause] = []
    reached, wanted = sides.amounts
    if was.share != now.share and was.share:
        target = _times(reached, now.share / was.share, currency)
        words = f"{_told_share(was.share)} → {_told_share(now.share)}"
        found.append(Cause("proration", target - reached, NOTHING, words))
        reached = target
    if was.quantity != now.quantity:
        target = reached
        if was.quantity:
            target = _times(reached, Fraction(now.quantity) / Fraction(was.quantity), currency)
        words = f"{plain(was.quantity)} → {plain(now.quantity)} {key.unit}".rstrip()
        found.append(Cause("quantity", target - reached, NOTHING, words))
        reached = target
    left = wanted - reached
    if left and (not found or was.prices != now.prices):
        found.append(_by_price(was, now, left))
    elif left:
        found[-1] = found[-1]._replace(net=found[-1].net + left)
    return [cause for cause in found if cause.net]


def _by_price(was: Charged, now: Charged, left: Decimal) -> Cause:
    prices = f"{_told_prices(was.prices)} → {_told_prices(now.prices)}"
    if was.plan_version_ids != now.plan_version_ids:
        return Cause("price", left, NOTHING, f"{prices}, {was.plan} → {now.plan}")
    if was.prices != now.prices:
        return Cause("tier", left, NOTHING, prices)
    return Cause("price", left, NOTHING, "its price")


def _times(amount: Decimal, factor: Fraction, currency: str) -> Decimal:
    return round_money(amount * factor.numerator / factor.denominator, currency)


def _told_share(share: Fraction) -> str:
    return "all of it" if share == WHOLE else f"{share} of the period"


def _told_prices(prices: frozenset[Decimal]) -> str:
    return ", ".join(plain(price) for price in sorted(prices)) or "no price of one"


def _with_tax(
    parts: list[Cause], was: Charged, now: Charged, currency: str
) -> tuple[Cause, ...]:
    """Give every cause its tax; what is left is the new rate's, or else the last cause's."""
    taxed = [
        cause._replace(tax=round_money(cause.net * was.tax_rate / 100, currency))
        for cause in parts
    ]
    left = now.tax - was.tax - sum((cause.tax for cause in taxed), NOTHING)
    if was.tax_rate != now.tax_rate:
        words = f"{plain(was.tax_rate)} % → {plain(now.tax_rate)} %"
        return (*taxed, Cause("tax_rate", NOTHING, left, words))
    if taxed:
        taxed[-1] = taxed[-1]._replace(tax=taxed[-1].tax + left)
    elif left:
        taxed = [Cause("tax_rounding", NOTHING, left, _ROUNDED)]
    return tuple(taxed)


def _tax_within(
    parts: list[Cause], was: Charged, now: Charged, currency: str
) -> tuple[Cause, ...]:
    """Take every cause's tax out of it at the old rate; the new one moves net and tax alone.

    60.00 with 20 % in it are 50.00 and 10.00, with 21 % 49.59 and 10.41: 0.41 less is the
    seller's, and the customer pays the same.
    """
    taxed: list[Cause] = []
    for cause in parts:
        net = round_money(cause.net * 100 / (100 + was.tax_rate), currency)
        taxed.append(cause._replace(net=net, tax=cause.net - net))
    left = now.net - was.net - sum((cause.net for cause in taxed), NOTHING)
    if was.tax_rate != now.tax_rate:
        words = f"{plain(was.tax_rate)} % → {plain(now.tax_rate)} %"
        return (*taxed, Cause("tax_rate", left, -left, words))
    if taxed:
        last = taxed[-1]
        taxed[-1] = last._replace(net=last.net + left, tax=last.tax - left)
    elif left:
        taxed = [Cause("tax_rounding", left, -left, _ROUNDED)]
    return tuple(taxed)
