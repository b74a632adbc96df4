"""Usage rules: when unbilled usage is billed before its period ends."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.catalogue.schema.fields import EntryState, key


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRuleDefinition:
    """Thresholds of unbilled usage, over all normal terms that state none of their own."""

    code: str = key("Stable code of the rule, unique in the tenant.")
    name: str = key("Name shown to people.")
    place: int = key(
        "Its place in the order: the first rule whose condition holds decides.",
        refused_when="another active rule has it",
    )
    when: str = key(
        "For whom it holds: a condition over account and subscription.",
        default="",
        default_text="always",
        detail="condition",
    )
    max_unbilled_amount: Decimal | None = key(
        "Unbilled usage of this amount is billed at once.",
        default=None,
        default_text="no limit",
        refused_when="it is not above 0, or neither maximum is given",
    )
    max_unbilled_events: int | None = key(
        "So many unbilled events are billed at once; 1 bills each directly.",
        default=None,
        default_text="no limit",
        refused_when="it is below 1",
    )
    state: EntryState = key("`inactive` rules are passed over.", default="active")
