"""What is reported: one use. The fields become an input and a type of the GraphQL schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class ${prefix}Event:
    """One use of ${label}."""

    used_on: date = field(
        metadata={"description": "The day of the use; the rules of that day count it."}
    )
    amount: int = field(default=1, metadata={"description": "How much was used, 1 or more."})
    zone: str = field(
        default="",
        metadata={
            "description": "The price zone: up to ten capital letters or digits, or empty.",
            "max_length": 10,
        },
    )
% if is_per_event:
    service: str = field(
        default="",
        metadata={
            "description": "The product that was ordered, where a usage catalogue prices it.",
            "max_length": 200,
        },
    )
% endif
