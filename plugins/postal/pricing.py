"""How postal processing is counted: addresses corrected, addresses deduplicated."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from core.plugin_api import EventRejected, Measure, Sample, Unit

CORRECTED = Unit("corrected", "Address corrected")
DEDUPLICATED = Unit("deduplicated", "Address deduplicated")

MAX_ADDRESSES = 100_000_000
"""More than this in one run is a mistake of the sender's."""


class PostalOperation(Enum):
    """What was done with the addresses.

    Attributes:
        CORRECTED: Misspelt or incomplete addresses were mended.
        DEDUPLICATED: Addresses that stood more than once were merged.
    """

    CORRECTED = "corrected"
    DEDUPLICATED = "deduplicated"


@dataclass(frozen=True, slots=True)
class PostalEvent:
    """One run over a file of postal addresses."""

    operation: PostalOperation = field(
        metadata={
            "description": "Corrected to the postal standard, or run through deduplication."
        }
    )
    addresses: int = field(
        metadata={"description": "How many addresses were processed, 1 or more."}
    )


_UNITS = {
    PostalOperation.CORRECTED: CORRECTED.name,
    PostalOperation.DEDUPLICATED: DEDUPLICATED.name,
}


def measure(event: PostalEvent) -> Measure:
    """Count the addresses under the unit of the operation. Fewer than 1 is rejected."""
    if not 1 <= event.addresses <= MAX_ADDRESSES:
        raise EventRejected(
            f"addresses is {event.addresses}; give 1 to {MAX_ADDRESSES}", path=("addresses",)
        )
    return Measure(_UNITS[event.operation], Decimal(event.addresses))


SAMPLES = (
    Sample(PostalEvent(PostalOperation.CORRECTED, 9200), Measure("corrected", Decimal(9200))),
    Sample(PostalEvent(PostalOperation.DEDUPLICATED, 1), Measure("deduplicated", Decimal(1))),
    Sample(PostalEvent(PostalOperation.CORRECTED, 0), is_refused=True),
)
