"""Billing terms: how and when a subscription is billed, and by which plans."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass

from core.catalogue.schema.fields import BilledIn, State, key
from core.kernel.periods import AnchorKind, ProrationPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingTermsDefinition:
    """How and when a subscription is billed, in versions."""

    code: str = key("Stable code of the terms, unique in the tenant.")
    name: str = key("Name shown to people.")
    kind: str = key(
        "Only `normal` so far.",
        default="normal",
        refused_when="`prepaid` or `job`: not supported yet",
    )
    frequency: str = key(
        "Length of a billing period: `month`, `3 months`, `year`, `2 weeks`.",
        default="month",
        detail="frequency",
    )
    usage_frequency: str = key(
        "Length of a period of usage, where it differs.",
        default="",
        default_text="as `frequency`",
        detail="frequency",
    )
    anchor: AnchorKind = key(
        "Where periods begin: the calendar's, the day of the start, or the month's last day.",
        default="calendar",
    )
    fixed_charges: BilledIn = key(
        "Whether fixed charges are billed before or after their period.", default="arrears"
    )
    proration: ProrationPolicy = key(
        "How a part of a period is priced: by whole days, by seconds, or in full.",
        default="day",
    )
    closes_after: str = key(
        "How long usage of an ended period may still arrive: `3 days`, `12 hours`.",
        default="",
        default_text="it closes at its end",
        refused_when="it is longer than 60 days",
        detail="delay",
    )
    plans: tuple[str, ...] = key(
        "Price plans that a subscription on these terms may use, by code.",
        refused_when="it is empty, or one does not exist",
    )
    default_plan: str | None = key(
        "The plan used where none is named.",
        default=None,
        default_text="the only plan; with several plans, none",
        refused_when="it is not among the plans",
    )
    state: State = key("`retired` terms are no longer offered.", default="active")
