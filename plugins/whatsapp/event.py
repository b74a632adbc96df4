"""The event of the WhatsApp channel: one message or call between a business and a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class WhatsappDirection(Enum):
    """Who began it.

    Attributes:
        IN: The customer, to the business.
        OUT: The business, to the customer.
    """

    IN = "in"
    OUT = "out"


class WhatsappKind(Enum):
    """What it was.

    Attributes:
        MESSAGE: A message of any sort.
        CALL: A call of the customer's; it opens the window as a message does.
    """

    MESSAGE = "message"
    CALL = "call"


class WhatsappForm(Enum):
    """How a message of the business was written.

    Attributes:
        TEMPLATE: A template that was approved before; it has a category.
        FREE_FORM: Anything else; it is a service message, and has no category.
    """

    TEMPLATE = "template"
    FREE_FORM = "free_form"


class WhatsappCategory(Enum):
    """The category of a template.

    Attributes:
        MARKETING: Advertising, offers, and what is none of the others.
        UTILITY: About an order or an account that the customer has.
        AUTHENTICATION: One-time passwords.
        AUTHENTICATION_INTERNATIONAL: One-time passwords at a market's rate for businesses
            of other countries.
    """

    MARKETING = "marketing"
    UTILITY = "utility"
    AUTHENTICATION = "authentication"
    AUTHENTICATION_INTERNATIONAL = "authentication_international"


@dataclass(frozen=True, slots=True)
class WhatsappEvent:
    """One message that was delivered, or one call of a customer's.

    It happened when it was delivered: report a message of the business once, then. One that
    was never delivered is not reported.
    """

    direction: WhatsappDirection = field(
        metadata={"description": "Whether the customer or the business began it."}
    )
    business_number: str = field(
        metadata={
            "description": "The business's number, written the same way each time; windows and "
            "allowances are counted for it.",
            "max_length": 50,
        }
    )
    customer: str = field(
        metadata={
            "description": "The customer's number in E.164 form, or another name of theirs, "
            "written the same way each time; then a message of the business states its market.",
            "max_length": 100,
        }
    )
    kind: WhatsappKind = field(
        default=WhatsappKind.MESSAGE,
        metadata={"description": "A message, or a call of the customer's."},
    )
    form: WhatsappForm | None = field(
        default=None,
        metadata={"description": "Of a message of the business: a template or free-form."},
    )
    category: WhatsappCategory | None = field(
        default=None, metadata={"description": "The category of a template."}
    )
    market: str | None = field(
        default=None,
        metadata={
            "description": "The market whose rate is due, an ISO 3166 code such as FR; the "
            "country of the customer's number when left out.",
            "max_length": 2,
        },
    )
    sent_at: datetime | None = field(
        default=None,
        metadata={
            "description": "When a message of the business was sent; what is billed is decided "
            "by its delivery."
        },
    )
    entry_point: bool = field(
        default=False,
        metadata={
            "description": "Whether the customer came through an advertisement that opens "
            "WhatsApp, or a page's button."
        },
    )
