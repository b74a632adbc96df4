"""What billing terms say about changes and payment, as the schema shows it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import strawberry

from api.features.catalogue.living_enums import ChangeActs, EarlyEnd, FewerActs, MoreActs
from core.catalogue.compile import PaymentPolicy, TermsVersion
from core.catalogue.delays import delay_text


@strawberry.type(description="By when invoices are to be paid, and what follows otherwise.")
class TermsPayment:
    """A payment policy."""

    within: str = strawberry.field(
        description="How long after its date an invoice is to be paid; empty: at once."
    )
    retries: list[str] = strawberry.field(
        description="When a collection is tried again: delays from its failure."
    )
    reminders: list[str] = strawberry.field(
        description="When the customer is reminded: delays from the day it was to be paid by."
    )
    suspend_after: str = strawberry.field(
        description="When the subscription is suspended: a delay from it; empty: never."
    )
    end_after: str = strawberry.field(
        description="When the subscription ends: a delay from it; empty: never."
    )

    @classmethod
    def of(cls, policy: PaymentPolicy) -> TermsPayment:
        """Show a policy."""
        return cls(
            within=delay_text(policy.within),
            retries=_texts(policy.retries),
            reminders=_texts(policy.reminders),
            suspend_after=_text(policy.suspend_after),
            end_after=_text(policy.end_after),
        )


@strawberry.type(description="What a version of billing terms says about changes.")
class OfChanges:
    """The fields of terms about changes, term, notice and payment."""

    upgrade: ChangeActs = strawberry.field(description="How a change to more acts.")
    downgrade: ChangeActs = strawberry.field(description="How a change to less acts.")
    fewer: FewerActs = strawberry.field(description="When fewer units take effect.")
    more: MoreActs = strawberry.field(description="When further units are invoiced.")
    early_end: EarlyEnd = strawberry.field(
        description="Whether an early end gives unused days back."
    )
    term: str = strawberry.field(
        description="How long is agreed for; empty: for a period at a time."
    )
    notice: str = strawberry.field(
        description="How long before the end of the term it may last be cancelled or reduced; "
        "empty: up to the end."
    )
    no_notice_up_to: int | None = strawberry.field(
        description="Up to so many licences no notice is needed; null: it always is."
    )
    minimum_quantity: bool = strawberry.field(
        description="Whether the quantity agreed for the term is charged to its end at least."
    )
    payment: TermsPayment | None = strawberry.field(
        description="By when invoices are to be paid; null: nothing follows where they are not."
    )


def change_fields(version: TermsVersion) -> dict[str, Any]:
    """Return the values of these fields."""
    return {
        "upgrade": ChangeActs(version.upgrade),
        "downgrade": ChangeActs(version.downgrade),
        "fewer": FewerActs(version.fewer),
        "more": MoreActs(version.more),
        "early_end": EarlyEnd(version.early_end),
        "term": "" if version.term is None else str(version.term),
        "notice": "" if version.notice is None else str(version.notice),
        "no_notice_up_to": version.no_notice_up_to,
        "minimum_quantity": version.minimum_quantity,
        "payment": None if version.payment is None else TermsPayment.of(version.payment),
    }


def _texts(delays: Iterable[timedelta]) -> list[str]:
    return [delay_text(delay) for delay in delays]


def _text(delay: timedelta | None) -> str:
    return "" if delay is None else delay_text(delay)
