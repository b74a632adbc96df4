"""How e-mails are counted: one for each recipient handed over for routing."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from core.plugin_api import EventRejected, Measure, Sample, Unit

EMAIL = Unit("email", "E-mail routed")

MAX_RECIPIENTS = 10_000_000
"""More than this in one hand-over is a mistake of the sender's."""


@dataclass(frozen=True, slots=True)
class EmailEvent:
    """One hand-over for routing: a single e-mail, or a mailing to many recipients."""

    recipients: int = field(
        default=1,
        metadata={"description": "To how many recipients the e-mail was routed, 1 or more."},
    )
    campaign: str | None = field(
        default=None,
        metadata={
            "description": "The sender's own word for the mailing; it does not count.",
            "max_length": 200,
        },
    )


def measure(event: EmailEvent) -> Measure:
    """Count the recipients: a mailing to 2,500 is 2,500 e-mails. Fewer than 1 is rejected."""
    if not 1 <= event.recipients <= MAX_RECIPIENTS:
        raise EventRejected(
            f"recipients is {event.recipients}; give 1 to {MAX_RECIPIENTS}",
            path=("recipients",),
        )
    return Measure(EMAIL.name, Decimal(event.recipients))


SAMPLES = (
    Sample(EmailEvent(), Measure("email", Decimal(1)), note="a transactional e-mail"),
    Sample(EmailEvent(recipients=2500, campaign="spring"), Measure("email", Decimal(2500))),
    Sample(EmailEvent(recipients=0), is_refused=True),
    Sample(EmailEvent(recipients=-3), is_refused=True),
)
