"""How an order is counted: its amount, or one. Its price is the usage catalogue's."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.plugin_api import EventRejected, Measure, RateFacts, Sample, Unit
from plugins.ott.event import OttDirective, OttEvent

ORDER: Final = Unit("order", "Order")
ONE: Final = Decimal(1)
_ONE_ORDER: Final = Measure(ORDER.name, ONE)


def measure(event: OttEvent) -> Measure:
    """Count an order: the amount used, or one. A service and a type must be named."""
    if not event.service:
        raise EventRejected("service is empty; name the product ordered", path=("service",))
    if not event.udr_type:
        raise EventRejected("udrType is empty; name the type of record", path=("udrType",))
    amount = event.amount
    if amount is None:
        return _ONE_ORDER
    if amount <= 0:
        raise EventRejected(f"amount is {amount}; give more than 0", path=("amount",))
    return Measure(ORDER.name, amount)


def rate_facts(event: OttEvent) -> RateFacts:
    """Return what a catalogue's conditional rates and the type of record look at."""
    return RateFacts(
        event.udr_type,
        event.method,
        event.device,
        event.source_system,
        event.source_category,
        event.destination_category,
        event.amount,
        event.termed_service,
        event.directive.value,
        event.rated_amount,
        event.rated_tax,
        event.rated_currency,
        event.rated_discounts,
    )


SAMPLES: Final = (
    Sample(OttEvent("braveheart", "film"), Measure("order", ONE), note="one film"),
    Sample(
        OttEvent("braveheart", "film", method="streaming", device="tv", amount=Decimal(2)),
        Measure("order", Decimal(2)),
    ),
    Sample(
        OttEvent("braveheart", "film", directive=OttDirective.CREDIT), Measure("order", ONE)
    ),
    Sample(
        OttEvent(
            "braveheart",
            "film",
            rated_amount=Decimal("3.50"),
            rated_tax=Decimal("0.56"),
            rated_currency="EUR",
        ),
        Measure("order", ONE),
        note="priced by a third party",
    ),
    Sample(OttEvent("", "film"), is_refused=True),
    Sample(OttEvent("braveheart", ""), is_refused=True),
    Sample(OttEvent("braveheart", "film", amount=Decimal(0)), is_refused=True),
)
