"""Dividing the difference of one charge into causes. Pure.

One after the other: the share of the period, the quantity at the old price, and what is left
to the price; then each cause's tax at the old rate, and what is left of the tax to its rate.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from core.invoices.diff_lines import NOTHING, WHOLE, Charged, Key
from core.kernel.money import round_money
from core.rating.working import plain

CauseKind = Literal[
    "new_item", "item_ended", "quantity", "price", "tier", "proration", "discount",
    "commitment", "late_usage", "tax_rate", "tax_rounding",
]  # fmt: skip


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


def causes_of(
    key: Key, before: Charged | None, after: Charged | None, *, currency: str
) -> tuple[Cause, ...]:
    """Return why a charge that is on one of two invoices, or on both, differs."""
    was, now = before or _none_like(after), after or _none_like(before)
    return _with_tax(_untaxed(key, before, after, currency), was, now, currency)


def _untaxed(
    key: Key, before: Charged | None, after: Charged | None, currency: str
) -> list[Cause]:
    was, now = before or _none_like(after), after or _none_like(before)
    if key.is_late:
        return [_one("late_usage", was, now, "usage of an earlier period that came late")]
    if key.kind == "discount":
        return [_one("discount", was, now, _told_of_discount(before, after))]
    if key.kind == "commitment":
        return [_one("commitment", was, now, "what is missing to the minimum")]
    if before is None:
        return [_one("new_item", was, now, f"{plain(now.quantity)} {key.unit}".rstrip())]
    if after is None:
        return [_one("item_ended", was, now, f"{plain(was.quantity)} {key.unit}".rstrip())]
    return _parts(key, was, now, currency)


def _none_like(other: Charged | None) -> Charged:
    """Return a charge of nothing beside another one."""
    assert other is not None  # a key is on one of the two
    return Charged(
        NOTHING, NOTHING, NOTHING, other.tax_rate, frozenset(), "", WHOLE, frozenset()
    )


def _one(kind: CauseKind, was: Charged, now: Charged, words: str) -> Cause:
    return Cause(kind, now.net - was.net, NOTHING, words)


def _told_of_discount(before: Charged | None, after: Charged | None) -> str:
    if before is None:
        return "it begins to reduce"
    return "it reduces no more" if after is None else "it reduces another amount"


def _parts(key: Key, was: Charged, now: Charged, currency: str) -> list[Cause]:
    """Divide a difference: by the share of the period, by quantity, and by price."""
    found: list[Cause] = []
    reached = was.net
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
    left = now.net - reached
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
        words = "the tax of an invoice is rounded once, over all of its lines"
        taxed = [Cause("tax_rounding", NOTHING, left, words)]
    return tuple(taxed)
