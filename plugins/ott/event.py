"""The event of the OTT channel: one service that was ordered and provided."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any


class OttDirective(Enum):
    """What an order is to become on the bill.

    Attributes:
        BILL: It is charged.
        CREDIT: Its price is given back.
        FREE: It is provided and costs nothing.
    """

    BILL = "bill"
    CREDIT = "credit"
    FREE = "free"


def _text(description: str) -> Any:
    return field(default="", metadata={"description": description, "max_length": 100})


@dataclass(frozen=True, slots=True)
class OttEvent:
    """One service of a usage catalogue that was provided, such as a film."""

    service: str = field(
        metadata={"description": "The code of the service's product.", "max_length": 100}
    )
    udr_type: str = field(
        metadata={
            "description": "The type of usage record: it lists what the others may say.",
            "max_length": 100,
        }
    )
    termed_service: str = _text(
        "The product of the subscription on which it is taken; found when there is one."
    )
    method: str = _text("How it was used: streaming, download.")
    device: str = _text("On what it was used.")
    source_system: str = _text("The system that it was ordered on.")
    source_category: str = _text("What kind of place it was ordered from.")
    destination_category: str = _text("What kind of place it was provided to.")
    amount: Decimal | None = field(
        default=None,
        metadata={"description": "How much was used, in the type's unit; 1 when left out."},
    )
    directive: OttDirective = field(
        default=OttDirective.BILL,
        metadata={"description": "Whether it is billed, credited or free."},
    )
    rated_amount: Decimal | None = field(
        default=None,
        metadata={
            "description": "Its price where a third party has priced it, for all of it: net or "
            "gross, as the price plan's amounts are. It is billed as given; the catalogue's "
            "rates are not asked."
        },
    )
    rated_tax: Decimal | None = field(
        default=None,
        metadata={
            "description": "The tax that came with the rated amount: within a gross one, on "
            "top of a net one. Left out, it is computed by the product's tax class."
        },
    )
    rated_currency: str = field(
        default="",
        metadata={
            "description": "The currency of the rated amount, which is the price plan's; "
            "needed with it.",
            "max_length": 3,
        },
    )
    rated_discounts: bool = field(
        default=False,
        metadata={"description": "Whether discounts may reduce the rated amount."},
    )
