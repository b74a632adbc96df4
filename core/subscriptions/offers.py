"""What may be sold by a subscription: products, rates, quantities. Pure.

The catalogue's facts come in as values; every check refuses with the reason and the path
of the offending item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.billing.fixed import CHARGED_ONCE
from core.catalogue.compile import TermsVersion
from core.catalogue.records import PricePlan, Product
from core.kernel.money import CurrencyMismatch, round_to
from core.rating.plan import PlanVersion
from core.subscriptions.refusals import (
    InvalidQuantity,
    ItemAlreadyThere,
    NoLongerOffered,
    NotRated,
    PlanNotAllowed,
)

Path = tuple[str, ...]

QUANTITY_LIMIT: Final = Decimal(10) ** 13
"""A quantity is less than this, as the database holds it."""

QUANTITY_PLACES: Final = 9

ONE: Final = Decimal(1)

MOMENT: Final = timedelta(microseconds=1)
"""The shortest stretch of time that the database can tell from none."""


class Offer(NamedTuple):
    """A price plan, and the version of it that a subscription would take.

    `base` is the version of a conditional plan's base plan, which prices what it lacks.
    """

    plan: PricePlan
    version: PlanVersion
    base: PlanVersion | None = None

    @property
    def base_id(self) -> UUID | None:
        """The id of the base plan's version."""
        return None if self.base is None else self.base.id

    def frequencies(self, product_id: UUID) -> frozenset[str]:
        """Return the frequencies that a product is rated for; an empty one stands for all."""
        versions = [self.version] if self.base is None else [self.version, self.base]
        return frozenset(
            rate.frequency
            for version in versions
            for rate in version.rates
            if rate.product_id == product_id
        )


def is_measured(product: Product) -> bool:
    """Tell whether usage or a gauge gives the quantity, and not the item."""
    return product.meters_channel is not None or product.gauge_id is not None


def is_sold_once(product: Product) -> bool:
    """Tell whether the product is charged once and does not stay: hours, expenses, goods."""
    return product.kind in CHARGED_ONCE


def held_until(
    product: Product, *, from_at: datetime, ends_at: datetime | None
) -> datetime | None:
    """Return a new item's end: at once for what is sold once, so that one period bills it."""
    return from_at + MOMENT if is_sold_once(product) else ends_at


def check_product(product: Product, *, path: Path) -> None:
    """Refuse what is retired."""
    if product.state == "retired":
        raise NoLongerOffered(f"{product.code} is retired; choose another product", path=path)


def check_quantity(quantity: Decimal, product: Product, *, path: Path) -> None:
    """Refuse a quantity that is no positive number, or any where it is measured."""
    if is_measured(product):
        if quantity != ONE:
            raise InvalidQuantity(
                f"the quantity of {product.code} is measured; leave it out", path=path
            )
        return
    if not quantity.is_finite() or not 0 < quantity < QUANTITY_LIMIT:
        raise InvalidQuantity(
            f"give a quantity above 0 and below {QUANTITY_LIMIT:f}", path=path
        )
    if quantity != round_to(quantity, QUANTITY_PLACES):
        raise InvalidQuantity(f"a quantity has at most {QUANTITY_PLACES} decimals", path=path)


def check_rated(product: Product, offer: Offer, *, terms: TermsVersion, path: Path) -> None:
    """Refuse a product that the plan could not price under these terms.

    A price by the month makes a year, but no week.
    """
    frequency = terms.usage_frequency if is_measured(product) else terms.frequency
    recurs = product.meters_channel is None and not is_sold_once(product)
    usable = {str(frequency)} if recurs else {""}
    if frequency.months is not None:
        usable.add("")
    if not offer.frequencies(product.id) & usable:
        raise NotRated(
            f"price plan {offer.plan.code} has no rate for {product.code} by the {frequency};"
            " add one, or choose another plan",
            path=path,
        )


def check_plan(offer: Offer, *, terms: TermsVersion) -> None:
    """Refuse a plan that is retired, not allowed by the terms, or at odds with them.

    A conditional plan is allowed where its base plan is; both must fit.
    """
    plan = offer.plan
    path = ("pricePlan",)
    if plan.state == "retired":
        raise NoLongerOffered(f"price plan {plan.code} is retired; choose another", path=path)
    # A conditional plan comes with its base plan.
    if (plan.base_plan_id or plan.id) not in terms.plans:
        raise PlanNotAllowed(
            f"billing terms {terms.code} do not allow price plan {plan.code}", path=path
        )
    _check_minimum(plan, offer.version, terms=terms)
    if offer.base is not None:
        _check_minimum(plan, offer.base, terms=terms)


def _check_minimum(plan: PricePlan, version: PlanVersion, *, terms: TermsVersion) -> None:
    minimum = version.commitment
    # The catalogue sees to it for current versions; a subscriber may be on older terms.
    if minimum is not None and terms.usage_frequency.months != minimum.per_months:
        raise PlanNotAllowed(
            f"price plan {plan.code} has a minimum for {minimum.per_months} months, and billing"
            f" terms {terms.code} settle usage by the {terms.usage_frequency}; choose another",
            path=("pricePlan",),
        )


def check_currency(offer: Offer, *, currency: str) -> None:
    """Refuse a plan in another currency than the subscription's: its invoices keep theirs."""
    plan = offer.plan
    if plan.currency != currency:
        raise CurrencyMismatch(
            f"price plan {plan.code} is in {plan.currency}; choose one in {currency}",
            path=("pricePlan",),
        )


def check_distinct(
    wanted: Sequence[tuple[Product, Path]], *, present: Iterable[Product] = ()
) -> None:
    """Refuse a product twice, and two that meter the same: each event is metered by one."""
    taken: dict[object, str] = {}
    for product in present:
        taken.update(dict.fromkeys(_claims(product), product.code))
    for product, path in wanted:
        for claim in _claims(product):
            if claim not in taken:
                continue
            other = taken[claim]
            if other == product.code:
                told = f"{product.code} is an item already; change its quantity"
            else:
                told = f"{other} meters the same usage as {product.code}; end that item first"
            raise ItemAlreadyThere(told, path=path)
        taken.update(dict.fromkeys(_claims(product), product.code))


def _claims(product: Product) -> list[object]:
    if is_sold_once(product):
        return []  # two antennas today and one tomorrow are two sales
    if product.meters_channel is None:
        return [product.id]
    return [product.id, (product.meters_channel, product.meters_unit)]
