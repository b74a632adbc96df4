"""Windows of time over which conditions count usage."""

from __future__ import annotations

from dataclasses import dataclass

from core.catalogue.schema.fields import key


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageWindowDefinition:
    """A stretch of time that ends with the bill, whose usage a condition counts.

    What is in any of the three lists counts; where all are empty, all usage does.
    """

    name: str = key(
        "What the condition calls it: `usage.count.week`.",
        refused_when="it has other characters than letters, digits and underscores",
    )
    last: str = key(
        "How far it reaches back from the bill: `7 days`.",
        refused_when="it is no length of time, or above 2 years",
        detail="frequency",
    )
    products: tuple[str, ...] = key(
        "Usage services that count, by code.",
        default=(),
        default_text="all, with those of the other lists",
        refused_when="one does not exist, or is no usage service",
    )
    product_types: tuple[str, ...] = key(
        "Types of usage services that count.",
        default=(),
        default_text="all, with those of the other lists",
        refused_when="no usage service has the type",
    )
    channels: tuple[str, ...] = key(
        "Channels whose usage counts.",
        default=(),
        default_text="all, with those of the other lists",
        refused_when="no installed plugin registers it",
    )
