"""A one-file plugin as somebody tries one out: a channel, and a price model of its own.

Tests copy it into a folder; it prices by the gram, and every second gram is free.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from core.plugin_api import Charge, EventRejected, Measure, Sample, Step, Unit, hookimpl

REQUIRES_API = (1, 0)
__version__ = "0.3"


@dataclass(frozen=True, slots=True)
class PigeonEvent:
    """One pigeon that was sent."""

    grams: int = field(metadata={"description": "What it carried, in grams, 1 to 500."})


class PigeonChannel:
    """Counts by its heaviest pigeon of the period."""

    name = "pigeon"
    units = (Unit("gram", "Gram carried", "max"),)
    pricing = "per_period"
    Event = PigeonEvent
    readme = """# Pigeon

## Unit
`gram`: the heaviest load of a period.

## How it is counted
As reported.

## Worked example
Loads of 20 and 50 grams are 50.

## Source
The pigeon.
"""

    def measure(self, event):
        """Return the load."""
        if not 1 <= event.grams <= 500:
            raise EventRejected("a pigeon carries 1 to 500 grams", path=("grams",))
        return Measure("gram", Decimal(event.grams))

    def stored(self, event):
        """Keep everything."""
        return event

    def samples(self):
        """Return two loads, and one that is too heavy."""
        return (
            Sample(PigeonEvent(20), Measure("gram", Decimal(20))),
            Sample(PigeonEvent(50), Measure("gram", Decimal(50))),
            Sample(PigeonEvent(501), is_refused=True),
        )


class EverySecond:
    """Every second one is free."""

    name = "every_second"

    def validate(self, rate):
        """Find nothing wrong."""
        return []

    def price(self, rate, quantity):
        """Price the half that is paid."""
        paid = quantity - quantity // 2
        amount = paid * rate.base
        return Charge(amount, (Step("base", "each", paid, rate.base, amount),))


@hookimpl
def register_channels():
    """Contribute the channel."""
    return [PigeonChannel()]


@hookimpl
def register_price_models():
    """Contribute the model."""
    return [EverySecond()]
