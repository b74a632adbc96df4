"""What billing terms say about being paid, and about what follows where nobody pays."""

from __future__ import annotations

from dataclasses import dataclass

from core.catalogue.schema.fields import key


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDefinition:
    """When an invoice is to be paid, and what follows where it is not."""

    within: str = key(
        "How long after its date an invoice is to be paid: `14 days`.",
        default="",
        default_text="at once",
        refused_when="it is longer than 366 days",
        detail="delay",
    )
    retries: tuple[str, ...] = key(
        "When a collection that failed is tried again: delays from the failure.",
        default=(),
        default_text="never",
        refused_when="one is no delay or longer than 366 days; there are more than 10",
        detail="delays",
    )
    reminders: tuple[str, ...] = key(
        "When the customer is reminded: delays from the day by which it was to be paid.",
        default=(),
        default_text="never",
        refused_when="one is no delay or longer than 366 days; there are more than 10",
        detail="delays",
    )
    suspend_after: str = key(
        "When the subscription is suspended: a delay from that day.",
        default="",
        default_text="never",
        refused_when="it is longer than 366 days",
        detail="delay",
    )
    end_after: str = key(
        "When the subscription ends: a delay from that day.",
        default="",
        default_text="never",
        refused_when="it is not after `suspend_after`, or longer than 366 days",
        detail="delay",
    )
