"""Billing terms: how and when a subscription is billed, and by which plans."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.catalogue.schema.fields import BilledIn, State, TermsKind, key
from core.catalogue.schema.payments import PaymentDefinition
from core.kernel.periods import AnchorKind, ProrationPolicy

DiscountsAllowed = Literal["none", "flexible"]
BelowThreshold = Literal["bill", "carry"]
JobBills = Literal["at_once", "next_run"]
ChangeActs = Literal["reset", "prorate", "period_end"]
Fewer = Literal["period_end", "at_once", "credit"]
More = Literal["at_once", "next_invoice"]
EarlyEnd = Literal["no_credit", "credit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingDefinition:
    """A minimum term, and what ending it early costs."""

    term: str = key("Its length: `12 months`.", detail="frequency")
    penalty: str | None = key(
        "Code of the expense that is charged when it is ended early.",
        default=None,
        default_text="nothing is charged",
        refused_when="it is no expense",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RestingDefinition:
    """How often and how long a subscription may rest."""

    times: int | None = key("How often.", default=None, default_text="any number of times")
    days: int | None = key("How many days in all.", default=None, default_text="any number")
    per: str = key(
        "The time in which times and days are counted.", default="year", detail="frequency"
    )
    billed: bool = key("Whether resting days are billed all the same.", default=False)
    extends_binding: bool = key("Whether a rest moves the end of a binding.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingTermsDefinition:
    """How and when a subscription is billed, in versions."""

    code: str = key("Stable code of the terms, unique in the tenant.")
    name: str = key("Name shown to people.")
    kind: TermsKind = key(
        "`normal`: billed by periods; `prepaid`: debited from a wallet; `job`: for jobs.",
        default="normal",
        refused_when="it differs from the stored kind",
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
        "Whether fixed charges are billed before or after their period.",
        default="arrears",
        default_text="`arrears`; `advance` under prepaid terms",
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
    discounts: DiscountsAllowed = key(
        "Whether discounts may reduce what is billed: `flexible`, or `none`.", default="none"
    )
    max_unbilled_amount: Decimal | None = key(
        "Unbilled usage of this amount is billed at once, in the middle of its period.",
        default=None,
        default_text="as the usage rules say",
        refused_when="it is not above 0, or the terms are not normal",
    )
    max_unbilled_events: int | None = key(
        "So many unbilled events are billed at once; 1 bills each directly.",
        default=None,
        default_text="as the usage rules say",
        refused_when="it is below 1, or the terms are not normal",
    )
    below_threshold: BelowThreshold = key(
        "What stays below the thresholds at a period's end: `bill` it, or `carry` it on until"
        " one is reached, the subscription ends or its terms do not carry.",
        default="bill",
        refused_when="the terms are not normal, or there is neither a threshold nor a rule",
    )
    binding: BindingDefinition | None = key(
        "A minimum term.",
        default=None,
        default_text="the subscriber is not bound",
        refused_when="the terms are for jobs",
    )
    resting: RestingDefinition | None = key(
        "Allows rests, in which nothing is billed.",
        default=None,
        default_text="no rest is allowed",
        refused_when="the terms are for jobs",
    )
    grace: str = key(
        "How long a wallet may fall short before the subscription is suspended.",
        default="",
        default_text="it is suspended at once",
        refused_when="the terms are not prepaid, or it is longer than 60 days",
        detail="delay",
    )
    bills: JobBills = key(
        "When a completed job is billed: at once, or with the next run.",
        default="at_once",
        refused_when="the terms are not for jobs",
    )
    upgrade: ChangeActs = key(
        "What a change to more does, where the items cost more for a whole period than now, "
        "at the present quantities: `reset` credits the unused days and begins a new period, "
        "`prorate` charges the difference for the rest, `period_end` waits.",
        default="period_end",
        refused_when="the terms are for jobs",
    )
    downgrade: ChangeActs = key(
        "What a change to less does, in the same words.",
        default="period_end",
        refused_when="the terms are for jobs",
    )
    fewer: Fewer = key(
        "When fewer units take effect: `period_end`; `at_once`, what is paid staying paid; or "
        "at once with a `credit`.",
        default="period_end",
        refused_when="the terms are for jobs",
    )
    more: More = key(
        "When further units are invoiced.",
        default="at_once",
        refused_when="the terms are for jobs",
    )
    early_end: EarlyEnd = key(
        "Whether ending before the period's end gives the unused days back.",
        default="no_credit",
        refused_when="the terms are for jobs",
    )
    term: str = key(
        "How long the subscriber agrees for: `12 months`; it renews for as long.",
        default="",
        default_text="as long as a period",
        refused_when="it is no whole number of periods, or the terms are for jobs",
        detail="frequency",
    )
    notice: str = key(
        "How long before the end of the term it may last be cancelled or reduced: `30 days`.",
        default="",
        default_text="up to the end",
        refused_when="it is longer than the term, or the terms are for jobs",
        detail="frequency",
    )
    no_notice_up_to: int | None = key(
        "Up to so many licences no notice is needed, and it ends with the present period.",
        default=None,
        default_text="notice is always needed",
        refused_when="it is below 1, or there is no `notice`",
    )
    minimum_quantity: bool = key(
        "Whether the quantity agreed at the start of the term is charged to its end at least.",
        default=False,
        refused_when="there is no `term`",
    )
    payment: PaymentDefinition | None = key(
        "By when invoices are to be paid, and what follows where they are not.",
        default=None,
        default_text="nothing follows",
        refused_when="the terms are prepaid",
    )
    state: State = key("`retired` terms are no longer offered.", default="active")
