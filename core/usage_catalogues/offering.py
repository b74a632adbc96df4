"""Which service of which catalogue an order means, or why it means none. Pure.

Of the effective catalogues those offer a service that hold it, are valid at the order's
time, have the subscription's currency, and whose condition holds. The first of them by code
whose service can be ordered then, on a termed service that is active, is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from core.catalogue.schema.udr_types import UdrTypeDefinition
from core.facts import Facts
from core.kernel.conditions import ConditionFailed
from core.plugin_api.values import RateFacts
from core.usage_catalogues.attributes import attribute_fault
from core.usage_catalogues.compiled import CompiledCatalogue, CompiledService
from core.usage_catalogues.holdings import Holder

OfferReason = Literal[
    "NO_SUBSCRIPTION",
    "TOO_OLD",
    "SUBSCRIPTION_ENDED",
    "SERVICE_NOT_OFFERED",
    "SERVICE_NOT_ORDERABLE",
    "NO_TERMED_SERVICE",
    "SUBSCRIPTION_RESTING",
    "AMBIGUOUS_SUBSCRIPTION",
    "INVALID_VALUE",
]
_NEARNESS: Final[Mapping[OfferReason, int]] = {
    "NO_SUBSCRIPTION": 0,
    "TOO_OLD": 1,
    "SUBSCRIPTION_ENDED": 2,
    "SERVICE_NOT_OFFERED": 3,
    "SERVICE_NOT_ORDERABLE": 4,
    "NO_TERMED_SERVICE": 5,
    "SUBSCRIPTION_RESTING": 6,
}
"""Of several subscriptions the one that came nearest tells why."""
_DO: Final[Mapping[OfferReason, str]] = {
    "NO_SUBSCRIPTION": "check the subscription's id or ref",
    "TOO_OLD": "check the time",
    "SUBSCRIPTION_ENDED": "check the time, or name a subscription that runs then",
    "SERVICE_NOT_OFFERED": "ask which services are available to the subscription then",
    "SERVICE_NOT_ORDERABLE": "ask which services are available to the subscription then",
    "NO_TERMED_SERVICE": "add one",
    "SUBSCRIPTION_RESTING": "resume it first",
}
_NO_FACTS: Final = RateFacts()


class Offer(NamedTuple):
    """A service as a subscription may order it at a time."""

    holder: Holder
    catalogue: CompiledCatalogue
    service: CompiledService
    product_id: UUID
    termed_item_id: UUID
    termed_product: str


class NoOffer(NamedTuple):
    """Why a service cannot be ordered; `field` is the order's, in the schema's words."""

    reason: OfferReason
    message: str
    field: str = "service"


class Offering:
    """What can be ordered by some accounts; made once for a batch."""

    def __init__(
        self,
        *,
        catalogues: Iterable[CompiledCatalogue],
        holders: Mapping[UUID, Sequence[Holder]],
        products: Mapping[str, UUID],
        udr_types: Mapping[str, UdrTypeDefinition],
        types_of: Mapping[str, frozenset[str]],
        facts: Facts | None,
    ) -> None:
        self._holders = holders
        self._products = products
        self._udr_types = udr_types
        self._types_of = types_of
        self._facts = facts
        self._decided: dict[tuple[UUID, UUID], bool] = {}
        self._faults: dict[tuple[str, RateFacts], NoOffer | None] = {}
        self._by_service: defaultdict[str, list[CompiledCatalogue]] = defaultdict(list)
        for catalogue in sorted(catalogues, key=lambda one: one.code):
            for service in catalogue.services:
                self._by_service[service].append(catalogue)

    def find(
        self,
        account_id: UUID,
        service: str,
        *,
        facts: RateFacts,
        at: datetime,
        subscription: UUID | str | None = None,
        catalogue_id: UUID | None = None,
    ) -> Offer | NoOffer:
        """Return what an order means, or why it cannot be.

        `catalogue_id` is that of the only catalogue to look in, where one was chosen.
        """
        holders = self.holders(account_id, subscription)
        nearest = _none("NO_SUBSCRIPTION", "the account has no subscription for it", at)
        offer: Offer | None = None
        for holder in holders:
            found = self._of(holder, service, facts=facts, at=at, catalogue_id=catalogue_id)
            if isinstance(found, NoOffer):
                if _NEARNESS[found.reason] >= _NEARNESS[nearest.reason]:
                    nearest = found
            elif offer is not None:
                told = "more than one subscription of the account may order it; name one"
                return NoOffer("AMBIGUOUS_SUBSCRIPTION", told, "subscription")
            else:
                offer = found
        if offer is None:
            return nearest
        return self._attributes(offer, facts) or offer

    def holders(
        self, account_id: UUID, subscription: UUID | str | None = None
    ) -> Sequence[Holder]:
        """Return the subscriptions of an account, or the one that is named."""
        holders = self._holders.get(account_id, ())
        if subscription is None:
            return holders
        return [one for one in holders if subscription in (one.id, one.ref)]

    def services_of(self, holder: Holder, at: datetime) -> list[Offer]:
        """Return all that a subscription may order at a time, by catalogue and code."""
        found = [
            self._of(holder, service, facts=_NO_FACTS, at=at, catalogue_id=catalogue.id)
            for service, catalogues in self._by_service.items()
            for catalogue in catalogues
        ]
        offers = [one for one in found if isinstance(one, Offer)]
        return sorted(offers, key=lambda one: (one.catalogue.code, one.service.product))

    def _of(
        self,
        holder: Holder,
        service: str,
        *,
        facts: RateFacts,
        at: datetime,
        catalogue_id: UUID | None,
    ) -> Offer | NoOffer:
        out = _out_of_service(holder, at)
        if out is not None:
            return out
        offering = [
            one
            for one in self._by_service.get(service, ())
            if catalogue_id in (None, one.id) and self._offers(one, holder, at)
        ]
        if not offering:
            return _none("SERVICE_NOT_OFFERED", f"no catalogue offers {service[:80]!r}", at)
        orderable = [one for one in offering if one.services[service].orderable.holds(at)]
        if not orderable:
            return _none("SERVICE_NOT_ORDERABLE", f"{service} cannot be ordered", at)
        return self._on_termed_service(holder, service, orderable, facts=facts, at=at)

    def _on_termed_service(
        self,
        holder: Holder,
        service: str,
        orderable: Sequence[CompiledCatalogue],
        *,
        facts: RateFacts,
        at: datetime,
    ) -> Offer | NoOffer:
        named = facts.termed_service
        for one in orderable:
            if named and one.termed_services and named not in one.termed_services:
                continue
            item = holder.item_at(at, (named,) if named else one.termed_services)
            if item is not None:
                return Offer(
                    holder,
                    one,
                    one.services[service],
                    self._products[service],
                    item.item_id,
                    item.product,
                )
        wanted = named or ", ".join(sorted(orderable[0].termed_services)) or "a termed service"
        told = f"the subscription has no active item of {wanted[:80]} for {service}"
        return _none("NO_TERMED_SERVICE", told, at, field="termedService")

    def _offers(self, catalogue: CompiledCatalogue, holder: Holder, at: datetime) -> bool:
        if catalogue.currency != holder.currency or not catalogue.is_valid(at):
            return False
        if catalogue.condition is None:
            return True
        key = catalogue.version_id, holder.id
        if key not in self._decided:
            self._decided[key] = self._holds(catalogue, holder)
        return self._decided[key]

    def _holds(self, catalogue: CompiledCatalogue, holder: Holder) -> bool:
        """Ask the condition; one that cannot be decided offers nothing."""
        assert catalogue.condition is not None
        assert self._facts is not None, "read the facts that conditions ask for"
        try:
            return catalogue.condition.evaluate(self._facts.of_subscription(holder.id))
        except ConditionFailed:
            return False

    def _attributes(self, offer: Offer, facts: RateFacts) -> NoOffer | None:
        key = offer.catalogue.definition, facts
        if key not in self._faults:
            self._faults[key] = self._attribute_fault(*key)
        return self._faults[key]

    def _attribute_fault(self, definition: str, facts: RateFacts) -> NoOffer | None:
        known = frozenset(self._udr_types)
        allowed = known & (self._types_of.get(definition) or known)
        if facts.udr_type not in allowed:
            choices = ", ".join(sorted(allowed)) or "none: there is none yet"
            told = f"no active type of record {facts.udr_type[:80]!r} is allowed here"
            return NoOffer("INVALID_VALUE", f"{told}; choose from {choices}", "udrType")
        fault = attribute_fault(self._udr_types[facts.udr_type], facts)
        return fault and NoOffer("INVALID_VALUE", fault.message, fault.field)


def _out_of_service(holder: Holder, at: datetime) -> NoOffer | None:
    if at < holder.starts_at:
        return _none("TOO_OLD", "the subscription has not begun", at, field="occurredAt")
    if holder.ends_at is not None and at >= holder.ends_at:
        return _none("SUBSCRIPTION_ENDED", "the subscription has ended", at, field="occurredAt")
    if any(rest.holds(at) for rest in holder.rests):
        told = "the subscription is suspended"
        return _none("SUBSCRIPTION_RESTING", told, at, field="subscription")
    return None


def _none(reason: OfferReason, told: str, at: datetime, *, field: str = "service") -> NoOffer:
    shown = "subscription" if reason == "NO_SUBSCRIPTION" else field
    return NoOffer(reason, f"{told} at {at.isoformat()}; {_DO[reason]}", shown)
