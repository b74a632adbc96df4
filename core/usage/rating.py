"""The price of one event, told when it is stored: by a usage catalogue, or by the plan.

What is stored with the event is its amount, rounded to the currency, and how it came about.
Neither changes when the catalogue does. A credit is the same price with a minus; a free
event keeps the price of one unit in its rating and costs nothing. What a third party has
priced is `core.usage.prerating`'s.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from core.catalogue.plan_versions import load_plan_versions
from core.db import Tx
from core.kernel.decimals import EXACT, exact
from core.kernel.errors import Problem, Refusal
from core.kernel.money import round_money
from core.plugin_api.values import ZERO, Charge, Directive, Rate, RateFacts
from core.plugin_host import PluginHost
from core.rating.compile import CompiledPlan, compile_plan
from core.rating.plan import PlanVersion
from core.rating.price_model import PriceModelFault, PriceModels
from core.rating.price_models import BUILT_IN
from core.usage.prerating import Priced, is_prerated, prerated_price
from core.usage.records import Checked, Metering, Verdict, rejected
from core.usage_catalogues.compiled import local_minute
from core.usage_catalogues.offering import Offer

MAX_COMPILED: Final = 1024
_PHASES: Final = """
SELECT subscription_id, from_at, until_at, price_plan_version_id, base_plan_version_id
FROM subscription_phase
WHERE tenant_id = $1 AND subscription_id = ANY($2::uuid[]) ORDER BY subscription_id, from_at
"""


class ServiceRates:
    """Prices the orders of one batch; orders that are alike are priced once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, str, RateFacts, int, Decimal], Priced] = {}

    def price(self, offer: Offer, checked: Checked) -> Priced | Verdict:
        """Return what an order costs at its time, or why what a third party says cannot be."""
        facts, measure, service = checked.facts, checked.measure, offer.service
        assert facts is not None
        assert measure is not None
        if is_prerated(facts):
            currency = offer.catalogue.currency
            return prerated_price(checked, currency=currency, working=_offered(offer))
        minute = -1
        if service.goes_by_time:
            minute = local_minute(checked.occurred_at, offer.holder.zone)
        key = offer.catalogue.version_id, service.product, facts, minute, measure.quantity
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = _priced(
                offer, facts, quantity=measure.quantity, minute=minute
            )
        return found


def _priced(offer: Offer, facts: RateFacts, *, quantity: Decimal, minute: int) -> Priced:
    price, label = offer.service.unit_price(facts, minute=minute)
    catalogue = offer.catalogue
    amount = round_money(EXACT.multiply(price, quantity), catalogue.currency)
    working = {
        **_offered(offer),
        "rate": label,
        "unitPrice": f"{price:f}",
        "quantity": f"{quantity:f}",
    }
    return _directed(amount, facts.directive, dimension=label, working=working)


def _offered(offer: Offer) -> dict[str, str]:
    return {
        "catalogue": str(offer.catalogue.version_id),
        "code": offer.catalogue.code,
        "service": offer.service.product,
        "termedService": offer.termed_product,
    }


def _directed(
    amount: Decimal, directive: Directive, *, dimension: str, working: dict[str, str]
) -> Priced:
    """Bill a price, give it back, or let it go."""
    rating = orjson.dumps({**working, "directive": directive}).decode()
    if directive == "free":
        return Priced(ZERO, rating, dimension, is_free=True)
    if directive == "credit":
        return Priced(-amount, rating, dimension)
    return Priced(amount, rating, dimension)


class _Phase(NamedTuple):
    from_at: datetime
    until_at: datetime | None
    plan_version_id: UUID
    base_plan_version_id: UUID | None


class PlanRates:
    """Prices single events by the plans of their subscriptions; made once for a batch."""

    def __init__(
        self, phases: Mapping[UUID, Sequence[_Phase]], plans: Mapping[UUID, CompiledPlan]
    ) -> None:
        self._phases = phases
        self._plans = plans

    def price(self, checked: Checked, metering: Metering, *, slot: int) -> Priced | Verdict:
        """Return what an event costs alone, or the verdict that rejects it without a rate.

        A conditional plan prices what it has a rate for, its base plan the rest.
        """
        facts, measure = checked.facts, checked.measure
        assert facts is not None
        assert measure is not None
        plans = self._plans_at(metering.subscription_id, checked.occurred_at)
        if plans and is_prerated(facts):
            working = {"plan": str(plans[0].id)}
            return prerated_price(checked, currency=plans[0].currency, working=working)
        refusal: Refusal | None = None
        for plan in plans:
            try:
                with exact():
                    charge = plan.rate_of(metering.product_id).price_usage(
                        measure.quantity, events=1, dimension=measure.dimension, slot=slot
                    )
            except Refusal as missing:
                refusal = missing
                continue
            working = {
                "plan": str(plan.id),
                "rate": measure.dimension,
                "quantity": f"{measure.quantity:f}",
            }
            amount = round_money(charge.amount, plan.currency)
            return _directed(
                amount, facts.directive, dimension=measure.dimension, working=working
            )
        told = refusal.message if refusal is not None else "no price plan holds at that time"
        return rejected("NOT_PRICED", told, path=("event", checked.report.channel))

    def _plans_at(self, subscription_id: UUID, at: datetime) -> list[CompiledPlan]:
        for phase in self._phases.get(subscription_id, ()):
            if phase.from_at <= at and (phase.until_at is None or at < phase.until_at):
                ids = phase.plan_version_id, phase.base_plan_version_id
                return [self._plans[one] for one in ids if one is not None]
        return []


async def plan_rates(
    tx: Tx, subscription_ids: Collection[UUID], *, host: PluginHost
) -> PlanRates:
    """Read the plans of subscriptions, compiled; a fixed number of statements.

    Price models of third parties run in child processes, with whole periods; a single event
    is not priced by them, and is rejected.
    """
    phases: dict[UUID, list[_Phase]] = defaultdict(list)
    for subscription_id, *phase in await tx.fetch(
        _PHASES, tx.tenant_id, list(subscription_ids)
    ):
        phases[subscription_id].append(_Phase(*phase))
    wanted = {one for each in phases.values() for phase in each for one in phase[2:] if one}
    versions = await load_plan_versions(tx, wanted)
    models = {**BUILT_IN, **{name: _Outside(name) for name in host.price_models}}
    return PlanRates(
        phases, {one: _compiled(version, models) for one, version in versions.items()}
    )


class _Outside:
    """Stands for a third party's price model."""

    def __init__(self, name: str) -> None:
        self.name = name

    def validate(self, _rate: Rate) -> Sequence[Problem]:
        return ()

    def price(self, _rate: Rate, _quantity: Decimal) -> Charge:
        raise PriceModelFault(
            f"the plugin's price model {self.name} prices periods and no single events; "
            "give the product a rate of another model"
        )


_plans: OrderedDict[int, tuple[PlanVersion, CompiledPlan]] = OrderedDict()


def _compiled(version: PlanVersion, models: PriceModels) -> CompiledPlan:
    """Compile a version once; the loader hands out the same object until it changes."""
    kept = _plans.get(id(version))
    if kept is None or kept[0] is not version:
        kept = _plans[id(version)] = version, compile_plan(version, models)
    while len(_plans) > MAX_COMPILED:
        _plans.popitem(last=False)
    return kept[1]
