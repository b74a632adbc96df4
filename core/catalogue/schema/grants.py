"""Grants: what a product allows, and how much of it; what its trial allows."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.catalogue.schema.fields import key

GrantPer = Literal["subscription", "unit"]
GrantRenews = Literal["never", "period"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantDefinition:
    """How much of a feature a product allows."""

    feature: str = key(
        "Code of the feature.", refused_when="no such feature exists, or it is granted twice"
    )
    amount: Decimal | None = key(
        "How much; 0 where packs give the amount.",
        default=None,
        refused_when="it is below 0, or neither it nor `unlimited` is given, or both are",
    )
    unlimited: bool = key("Any amount of it.", default=False)
    per: GrantPer = key(
        "Whether the amount is for the subscription, or for each unit of the item. A licence "
        "grants `per: unit` to each member that holds one.",
        default="subscription",
    )
    renews: GrantRenews = key(
        "Whether the amount is there anew with every period of fees.",
        default="never",
        refused_when="the feature does not count consumption, or `valid_for` is given",
    )
    needs_payment: bool = key(
        "Whether the subscription's first invoice has to be paid before.", default=False
    )
    valid_for: str = key(
        "How long the amount may be used, from the item's start: `12 months`.",
        default="",
        default_text="as long as the item",
        refused_when="the feature does not count consumption",
        detail="frequency",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialGrantDefinition:
    """How much of a feature a trial allows in all."""

    feature: str = key(
        "Code of the feature.", refused_when="no such feature exists, or it is granted twice"
    )
    amount: Decimal | None = key(
        "How much.",
        default=None,
        refused_when="it is below 0, or neither it nor `unlimited` is given, or both are",
    )
    unlimited: bool = key("Any amount of it.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDefinition:
    """A trial of a product: its length, and what it allows."""

    days: int = key("How many days it takes.", refused_when="it is not from 1 to 366")
    grants: tuple[TrialGrantDefinition, ...] = key(
        "What it allows, in place of the product's own grants.",
        default=(),
        default_text="nothing",
    )
