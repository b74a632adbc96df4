"""What the next closings would bill, as the schema shows it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.features.invoices.types import InvoicePreview
from core.kernel.errors import Refusal
from core.logging import get_logger

_log = get_logger(__name__)


@strawberry.type(description="Why an invoice cannot be computed now.")
class PreviewProblem:
    """What would park the subscription at its closing."""

    code: str = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, and what to do, for people.")

    @classmethod
    def of(cls, error: Exception) -> PreviewProblem:
        """Show a failure; what is no refusal is told without its own words."""
        if isinstance(error, Refusal):
            return cls(code=error.code, message=error.message)
        _log.error("preview_failed", reason=f"{type(error).__name__}: {error}")
        return cls(code="PRICING_FAILED", message="pricing it failed; see the server's log")


@strawberry.type(
    description="An invoice that the next closing would make, by the same computation; nothing "
    "is stored."
)
class NextInvoice:
    """A computed invoice, or why there is none."""

    due_at: datetime | None = strawberry.field(
        description="The billing date; null where it is not known because of the problem."
    )
    subscriptions: list[strawberry.ID] = strawberry.field(
        description="The ids of the subscriptions that it charges."
    )
    invoice: InvoicePreview | None = strawberry.field(
        description="The invoice; null where it cannot be computed."
    )
    problem: PreviewProblem | None = strawberry.field(
        description="Why it cannot be computed; null where it can."
    )
