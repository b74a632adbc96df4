"""Discounts written short, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing.snapshot import Discount
from core.kernel.condition_context import documented_schema
from core.kernel.conditions import Condition
from tests.unit.billing.sellers import MONTHLY, SUBSCRIPTION

LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)


def discount(number: int, kind: str, value: str, **more: Any) -> Discount:
    """A grant on the subscription, or on a job where `job_id` says so."""
    more.setdefault("subscription_id", None if "job_id" in more else SUBSCRIPTION)
    more.setdefault("job_id", None)
    if isinstance(more.get("criteria"), str):
        more["criteria"] = Condition.compile(more["criteria"], schema=documented_schema())
    if "products" in more:
        more["products"] = frozenset(one.id for one in more["products"])
    return Discount(
        grant_id=more.pop("grant_id", UUID(int=3000 + number)),
        definition_id=UUID(int=1000 + number),
        version_id=UUID(int=2000 + number),
        code=f"discount-{number}",
        name=f"Discount {number}",
        kind=kind,  # type: ignore[arg-type]
        value=Decimal(value),
        from_at=more.pop("from_at", LONG_AGO),
        **more,
    )


def percent(number: int, value: str, level: int = 1, **more: Any) -> Discount:
    """A percentage."""
    return discount(number, "percent", value, level=level, **more)


def money(number: int, value: str, **more: Any) -> Discount:
    """Money for each month."""
    return discount(number, "money", value, **{"per": MONTHLY, **more})


def free(number: int, months: str, **more: Any) -> Discount:
    """Free months."""
    return discount(number, "free_time", months, **more)


def taken_off(draft: InvoiceDraft) -> list[tuple[str, Decimal]]:
    """The discount lines, by what they say."""
    return [(line.description, line.amount) for line in draft.lines if line.kind == "discount"]


def applied(draft: InvoiceDraft) -> dict[str, Decimal]:
    """What each discount took off, by code."""
    return {one.discount.code: one.amount for one in draft.discounts}
