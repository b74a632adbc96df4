"""Discounts: what may be taken off, for whom, when and how often."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from core.catalogue.schema.fields import key
from core.catalogue.schema.usage_windows import UsageWindowDefinition

DiscountState = Literal["effective", "not_effective"]
DiscountMethod = Literal["ad_hoc", "auto"]
DiscountOf = Literal["subscription", "job"]
DiscountScope = Literal["any", "usage", "other"]
RangeOf = Literal["percent", "amount"]
NAMED_STARTS: Final = frozenset({"service_start", "agreement_date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeDefinition:
    """Limits from which the value is picked when the discount is given."""

    of: RangeOf = key("What is picked: a percentage, or an amount of money.")
    start: Decimal = key("The least, inclusive.", name="from")
    upto: Decimal = key(
        "The most, inclusive; for money also for the sum of this discount in one `per`.",
        name="to",
        refused_when="it is not above `from`",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountDefinition:
    """A discount that staff may give, or that holds by itself.

    One of percent, amount, range and free says how much.
    """

    code: str = key("Stable code of the discount, unique in the tenant.")
    name: str = key("Name shown on invoices.")
    state: DiscountState = key(
        "`not_effective` discounts are not given any more.", default="effective"
    )
    method: DiscountMethod = key(
        "`ad_hoc`: staff give it; `auto`: it holds wherever its criteria do."
    )
    of: DiscountOf = key(
        "What it reduces the bills of.",
        default="subscription",
        refused_when="it differs from the stored discount's",
    )
    scope: DiscountScope = key(
        "Which charges it reduces: usage, other ones, or any.",
        default="any",
        refused_when="`usage`, for a job",
    )
    percent: Decimal | None = key(
        "Part of the charge, in percent.",
        default=None,
        refused_when="it is not above 0 and at most 100",
    )
    amount: Decimal | None = key(
        "Money: for one `per` on a subscription, for the whole of a job.",
        default=None,
        refused_when="it is not above 0",
    )
    range: RangeDefinition | None = key(
        "Limits between which staff pick the value.",
        default=None,
        refused_when="the discount is automatic",
    )
    currency: str = key(
        "ISO 4217 code of an amount.",
        default="",
        default_text="none; required with money",
        refused_when="it is given without money, or no such currency exists",
    )
    level: int | None = key(
        "1 to 3: percentages of one level are summed, the levels follow one another.",
        default=None,
        default_text="1, for a percentage",
        refused_when="it is not from 1 to 3, or the discount is no percentage",
    )
    per: str = key(
        "The time that an amount stands for: `month`.",
        default="",
        default_text="none; required with money on a subscription",
        refused_when="the discount is no money on a subscription",
        detail="frequency",
    )
    free: str = key(
        "How much of a product's time is free: `3 months`.",
        default="",
        default_text="none",
        refused_when="it is no number of months, or the discount is for jobs",
        detail="frequency",
    )
    valid_from: date | datetime | None = key(
        "From when it may be given; a date is that day's start in the tenant's zone.",
        default=None,
        default_text="always",
    )
    valid_until: date | datetime | None = key(
        "Until when it may be given, exclusive.",
        default=None,
        default_text="for good",
        refused_when="it is not after `valid_from`",
    )
    starts: str = key(
        "From when it reduces: `service_start`, `agreement_date`, or a date.",
        default="service_start",
        refused_when="it is none of these",
    )
    expires: date | datetime | None = key(
        "Until when it reduces, exclusive.",
        default=None,
        default_text="it does not expire",
        refused_when="it is not after a fixed start, or `lasts` is given",
    )
    lasts: str = key(
        "How long it reduces, from its start: `6 months`.",
        default="",
        default_text="it does not expire",
        detail="frequency",
    )
    times: int | None = key(
        "How many bills it reduces.",
        default=None,
        default_text="any number",
        refused_when="it is below 1",
    )
    times_per: str = key(
        "The time in which `times` counts anew, for an account: `year`.",
        default="",
        default_text="times count once and for all, for each grant",
        refused_when="`times` is not given",
        detail="frequency",
    )
    products: tuple[str, ...] = key(
        "Products whose charges it reduces, by code.",
        default=(),
        default_text="all, with those of `product_types`",
        refused_when="one does not exist, or is of a kind that it cannot reduce",
    )
    product_types: tuple[str, ...] = key(
        "Types of products whose charges it reduces.",
        default=(),
        default_text="all, with `products`",
        refused_when="no product has the type",
    )
    when: str = key(
        "Its criteria: over account, subscription and bill, or account, job and bill.",
        default="",
        default_text="always",
        refused_when="those of a job read usage, a subscription or time in advance",
        detail="condition",
    )
    usage_windows: tuple[UsageWindowDefinition, ...] = key(
        "Windows of the subscription's usage that the criteria count, by name.",
        default=(),
        default_text="none",
        refused_when="the discount is for jobs, or there are more than 10",
        keyed_by="name",
    )
    approval: str = key(
        "Org unit by code that approves each one that is given.",
        default="",
        default_text="none has to",
        refused_when="no such unit exists, or the discount is automatic",
    )
    units: tuple[str, ...] = key(
        "Org units by code whose staff may give it.",
        default=(),
        default_text="everyone may",
        refused_when="no such unit exists",
    )

    @property
    def fixed_start(self) -> datetime | None:
        """Return the instant from which it reduces where a date was stated, else None.

        Of a definition in normal form, where a date has become an instant.
        """
        return None if self.starts in NAMED_STARTS else datetime.fromisoformat(self.starts)

    @property
    def is_money(self) -> bool:
        """Tell whether its value is money and not a percentage or time."""
        return self.amount is not None or (self.range is not None and self.range.of == "amount")

    @property
    def is_percentage(self) -> bool:
        """Tell whether its value is a percentage."""
        ranged = self.range is not None and self.range.of == "percent"
        return self.percent is not None or ranged
