"""Why one invoice comes to another amount than an earlier one. Pure.

Lines are matched by what they charge for; the difference of each is divided into causes, one
after the other: the share of the period, the quantity at the old price, and what is left to the
price. Causes add up to the cent, net and with tax, and so do all lines to the totals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple
from uuid import UUID

from core.kernel.money import round_money
from core.rating.working import plain

CauseKind = Literal[
    "new_item", "item_ended", "quantity", "price", "tier", "proration", "discount",
    "commitment", "late_usage", "tax_rate", "tax_rounding",
]  # fmt: skip

NOTHING: Final = Decimal(0)
WHOLE: Final = Fraction(1)


class DiffLine(NamedTuple):
    """A line of an invoice, as far as a comparison needs it.

    `name` tells apart what has no product, or more than one line for it: a discount. `share`
    is what of its period it charges, `prices` the unit prices of its working, `plan` the plan
    and version that priced it, in words.
    """

    kind: str
    product: str
    name: str
    unit: str
    dimension: str
    is_late: bool
    quantity: Decimal
    net: Decimal
    tax: Decimal
    tax_rate: Decimal
    plan_version_id: UUID
    plan: str
    share: Fraction = WHOLE
    prices: frozenset[Decimal] = frozenset()


class Key(NamedTuple):
    """What makes lines of two invoices the same charge."""

    kind: str
    product: str
    unit: str
    dimension: str
    name: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Charged:
    """All lines of one key on one invoice."""

    quantity: Decimal
    net: Decimal
    tax: Decimal
    tax_rate: Decimal
    plan_version_ids: frozenset[UUID]
    plan: str
    share: Fraction
    prices: frozenset[Decimal]
    lines: int

    @property
    def gross(self) -> Decimal:
        """Return the amount with tax."""
        return self.net + self.tax


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


@dataclass(frozen=True, slots=True)
class LineDifference:
    """One charge on both invoices; None where it is on one only."""

    key: Key
    title: str
    before: Charged | None
    after: Charged | None
    causes: tuple[Cause, ...]

    @property
    def net(self) -> Decimal:
        """Return how much more it is, without tax."""
        return sum((cause.net for cause in self.causes), NOTHING)

    @property
    def gross(self) -> Decimal:
        """Return how much more it is, with tax."""
        return sum((cause.gross for cause in self.causes), NOTHING)


def differences(
    before: Iterable[DiffLine], after: Iterable[DiffLine], *, currency: str
) -> list[LineDifference]:
    """Compare two invoices of one currency; the greatest difference first."""
    old, new = _by_key(before), _by_key(after)
    titles = {**old.titles, **new.titles}
    found = [
        LineDifference(
            key,
            titles[key],
            old.charged.get(key),
            new.charged.get(key),
            _causes(key, old.charged.get(key), new.charged.get(key), currency),
        )
        for key in titles
    ]
    return sorted(found, key=lambda one: (-abs(one.gross), one.key))


class _Side(NamedTuple):
    charged: dict[Key, Charged]
    titles: dict[Key, str]


def _by_key(lines: Iterable[DiffLine]) -> _Side:
    grouped: dict[Key, list[DiffLine]] = defaultdict(list)
    for line in lines:
        # The name of a product may change; what it is stays.
        name = line.name if not line.product or line.kind == "discount" else ""
        key = Key(line.kind, line.product, line.unit, line.dimension, name, line.is_late)
        grouped[key].append(line)
    return _Side(
        {key: _together(own) for key, own in grouped.items()},
        {key: own[0].name for key, own in grouped.items()},
    )


def _together(lines: Sequence[DiffLine]) -> Charged:
    """Sum lines of one charge; several slices of a time count by their shares of it."""
    if len(lines) == 1:
        quantity, share = lines[0].quantity, lines[0].share
    else:
        weighed = sum((Fraction(line.quantity) * line.share for line in lines), Fraction(0))
        quantity = Decimal(weighed.numerator) / weighed.denominator
        share = WHOLE
    return Charged(
        quantity,
        sum((line.net for line in lines), NOTHING),
        sum((line.tax for line in lines), NOTHING),
        lines[-1].tax_rate,
        frozenset(line.plan_version_id for line in lines),
        lines[-1].plan,
        share,
        frozenset(price for line in lines for price in line.prices),
        len(lines),
    )


def _causes(
    key: Key, before: Charged | None, after: Charged | None, currency: str
) -> tuple[Cause, ...]:
    was, now = before or _none_like(after), after or _none_like(before)
    if key.is_late:
        parts = [_one("late_usage", was, now, "usage of an earlier period that came late")]
    elif key.kind in ("discount", "commitment"):
        parts = [_one(key.kind, was, now, _told_of(key.kind, before, after))]  # type: ignore[arg-type]
    elif before is None:
        parts = [_one("new_item", was, now, f"{plain(now.quantity)} {key.unit}".rstrip())]
    elif after is None:
        parts = [_one("item_ended", was, now, f"{plain(was.quantity)} {key.unit}".rstrip())]
    else:
        parts = _parts(key, was, now, currency)
    has_both = before is not None and after is not None
    return _with_tax(parts, was, now, currency, same_rate=not has_both)


def _none_like(other: Charged | None) -> Charged:
    """Return a charge of nothing beside another one."""
    assert other is not None  # a key is on one of the two
    return Charged(
        NOTHING, NOTHING, NOTHING, other.tax_rate, frozenset(), "", WHOLE, frozenset(), 0
    )


def _one(kind: CauseKind, was: Charged, now: Charged, words: str) -> Cause:
    return Cause(kind, now.net - was.net, NOTHING, words)


def _told_of(kind: str, before: Charged | None, after: Charged | None) -> str:
    if kind == "commitment":
        return "what is missing to the minimum"
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
    if left and (not found or _price_differs(was, now)):
        found.append(_by_price(was, now, left))
    elif left:
        found[-1] = found[-1]._replace(net=found[-1].net + left)
    return [cause for cause in found if cause.net]


def _price_differs(was: Charged, now: Charged) -> bool:
    return was.prices != now.prices and bool(was.prices or now.prices)


def _by_price(was: Charged, now: Charged, left: Decimal) -> Cause:
    prices = f"{_told_prices(was.prices)} → {_told_prices(now.prices)}"
    if was.plan_version_ids == now.plan_version_ids and _price_differs(was, now):
        return Cause("tier", left, NOTHING, prices)
    if was.plan_version_ids != now.plan_version_ids:
        return Cause("price", left, NOTHING, f"{prices}, {was.plan} → {now.plan}")
    return Cause("price", left, NOTHING, "its price")


def _times(amount: Decimal, factor: Fraction, currency: str) -> Decimal:
    return round_money(amount * factor.numerator / factor.denominator, currency)


def _told_share(share: Fraction) -> str:
    return "all of it" if share == WHOLE else f"{share} of the period"


def _told_prices(prices: frozenset[Decimal]) -> str:
    return ", ".join(plain(price) for price in sorted(prices)) or "no price of one"


def _with_tax(
    parts: list[Cause], was: Charged, now: Charged, currency: str, *, same_rate: bool
) -> tuple[Cause, ...]:
    """Give every cause its tax; what is left of the tax is the last one's."""
    found = list(parts)
    left = now.tax - was.tax
    if not same_rate and was.tax_rate != now.tax_rate:
        tax = round_money(now.net * (now.tax_rate - was.tax_rate) / 100, currency)
        words = f"{plain(was.tax_rate)} % → {plain(now.tax_rate)} %"
        left -= tax
        for place, cause in enumerate(found):
            own = round_money(cause.net * was.tax_rate / 100, currency)
            found[place] = cause._replace(tax=own)
            left -= own
        return (*found, Cause("tax_rate", NOTHING, tax + left, words))
    for place, cause in enumerate(found):
        is_last = place + 1 == len(found)
        own = left if is_last else round_money(cause.net * was.tax_rate / 100, currency)
        found[place] = cause._replace(tax=own)
        left -= own
    if left:
        words = "the tax of an invoice is rounded once, over all of its lines"
        found.append(Cause("tax_rounding", NOTHING, left, words))
    return tuple(found)
