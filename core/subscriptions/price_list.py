"""What an account would pay: plans, quantities and terms that it may choose, with their price.

The statements do not grow with the number of plans, terms and products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

from core.accounts.clock import account_now
from core.accounts.open_account import named_account
from core.accounts.records import Account
from core.catalogue.compile import TermsVersion
from core.catalogue.plain import decimal_text
from core.catalogue.records import PricePlan, Product
from core.catalogue.repository import heads_by_ids, offered_terms
from core.catalogue.schema import RECURRING_KINDS
from core.db import Tx
from core.facts import Facts, load_facts
from core.kernel.conditions import ConditionFailed
from core.kernel.decimals import exact
from core.kernel.errors import Refusal
from core.kernel.money import round_money
from core.plugin_api.values import Driver
from core.rating.compile import ONCE, CompiledPlan
from core.rating.engine import CompiledRate
from core.rating.plan import PlanVersion
from core.rating.price_model import RateMissing
from core.rating.price_models import BUILT_IN
from core.rating.price_points import PricePoint, price_points
from core.subscriptions.candidates import SubscriptionToBe
from core.subscriptions.choices import Named, chosen_terms
from core.subscriptions.offers import Offer
from core.subscriptions.plan_choice import could_be_chosen, offers_sold

MAX_PRICES: Final = 2000

Compile = Callable[[PlanVersion], CompiledPlan]


class PriceListTooLong(Refusal):
    """More prices would be listed than one answer holds."""

    code: ClassVar[str] = "PRICE_LIST_TOO_LONG"


class OfferedPrice(NamedTuple):
    """What a quantity of a product costs by a plan and terms that may be chosen.

    `per` is the time that the amount pays for; empty for what is charged once and for usage.
    `point` is None where a third party's price model says the price when it is billed.
    `depends` tells whether conditions of the plan may make it another at billing.
    """

    terms: TermsVersion
    plan: PricePlan
    product: Product
    per: str
    driver: Driver | None
    point: PricePoint | None
    depends: bool


async def price_list(
    tx: Tx,
    account_id: UUID,
    *,
    billing_terms: Named | None,
    unit_id: UUID | None,
    compiled: Compile,
    dimension: str | None = None,
) -> list[OfferedPrice]:
    """Return the prices of all that the account may choose now, by terms, plan and product.

    Under the terms that are named, else under all that are offered. Of what is priced by a
    dimension, only `dimension` is listed where it is given.

    Raises:
        AccountNotFound, CatalogueEntryUnknown, NoLongerOffered, OtherKindOfTerms
        PriceListTooLong: name billing terms, or a dimension.
    """
    account = await named_account(tx, account_id)
    at = account_now(tx, account)
    every = (
        await offered_terms(tx)
        if billing_terms is None
        else [await chosen_terms(tx, billing_terms)]
    )
    allowed = {plan_id for terms in every for plan_id in terms.plans}
    offers = await offers_sold(tx, allowed, at=at, unit_id=unit_id)
    products = await heads_by_ids(tx, Product, _product_ids(offers))
    facts = await load_facts(tx, account_ids=[account.id])
    listing = _Listing(account, at, facts, products, compiled, dimension)
    found: list[OfferedPrice] = []
    with exact():
        for terms in every:
            found.extend(listing.under(terms, offers))
            if len(found) > MAX_PRICES:
                raise PriceListTooLong(
                    f"there are over {MAX_PRICES} prices; name billing terms, or a dimension"
                )
    return found


class _Listing(NamedTuple):
    """Lists prices from what was read."""

    account: Account
    at: datetime
    facts: Facts
    products: dict[UUID, Product]
    compiled: Compile
    dimension: str | None

    def under(self, terms: TermsVersion, offers: Sequence[Offer]) -> Iterator[OfferedPrice]:
        """List the plans that may be chosen under terms."""
        held = SubscriptionToBe(self.account.id, terms, self.account.timezone)
        for offer in offers:
            context = held.described(self.facts, plan=offer.plan.code)
            if not could_be_chosen(offer, terms=terms, context=context):
                continue
            plan = self.compiled(offer.version)
            if offer.base is not None:
                plan = plan.over(self.compiled(offer.base))
            for product in self._rated(offer):
                yield from self._prices(terms, offer, plan, product, context=context)

    def _rated(self, offer: Offer) -> list[Product]:
        """Return the products that a plan or its base prices, by code."""
        rated = [self.products.get(one) for one in _product_ids([offer])]
        offered = [one for one in rated if one is not None and one.state == "active"]
        return sorted(offered, key=lambda one: one.code)

    def _prices(
        self,
        terms: TermsVersion,
        offer: Offer,
        plan: CompiledPlan,
        product: Product,
        *,
        context: Mapping[str, object],
    ) -> Iterator[OfferedPrice]:
        depends = bool(offer.version.apply_when) or _has_variants(offer, product.id)
        try:
            decided = _decided(plan, context, product)
            rate, per, times = _rate(decided, product, terms)
        except RateMissing:
            return  # not to be had by the frequency of these terms
        driver = rate.rate.driver
        if rate.rate.model not in BUILT_IN:
            yield OfferedPrice(terms, offer.plan, product, per, driver, None, depends)
            return
        for point in price_points(rate, at=self.at, dimension=self.dimension):
            amount = point.amount
            if driver != "maturity":
                amount = amount * times.numerator / times.denominator
            if product.kind == "usage_service":  # finer than its currency
                amount = Decimal(decimal_text(amount))
            else:
                amount = round_money(amount, plan.currency)
            priced = point._replace(amount=amount)
            yield OfferedPrice(terms, offer.plan, product, per, driver, priced, depends)


def _product_ids(offers: Iterable[Offer]) -> set[UUID]:
    return {
        rate.product_id for offer in offers for one in _versions(offer) for rate in one.rates
    }


def _has_variants(offer: Offer, product_id: UUID) -> bool:
    rates = (rate for one in _versions(offer) for rate in one.rates)
    return any(rate.variants for rate in rates if rate.product_id == product_id)


def _versions(offer: Offer) -> list[PlanVersion]:
    return [offer.version] if offer.base is None else [offer.version, offer.base]


def _decided(
    plan: CompiledPlan, context: Mapping[str, object], product: Product
) -> CompiledPlan:
    """Return the plan with the variants that hold for the account, as far as that is known."""
    try:
        return plan.decided(context, product_id=product.id)
    except ConditionFailed:
        return plan


def _rate(
    plan: CompiledPlan, product: Product, terms: TermsVersion
) -> tuple[CompiledRate, str, Fraction]:
    """Return a rate, the time that a price of it pays for, and how often it is owed in that."""
    if product.kind not in RECURRING_KINDS:
        return plan.rate_of(product.id), "", ONCE
    rate, times = plan.fee_rate(product.id, terms.frequency)
    if rate.rate.driver == "maturity":
        return rate, "month", ONCE
    return rate, str(terms.frequency), times
