"""Which phase of its subscription a period, or a part of it, is priced by. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from core.billing_cycles.errors import PhaseMissing
from core.billing_cycles.rows import ClosingRows, PhaseFacts, SubscriptionFacts
from core.periods.rows import StoredPeriod


def sides(
    rows: ClosingRows, facts: SubscriptionFacts, period: StoredPeriod, *, is_needed: bool
) -> Iterator[tuple[StoredPeriod, PhaseFacts]]:
    """Divide a fees period where another plan was chosen after it had been billed.

    What was added since is priced by the plan of its own time. Where the terms charge at
    another frequency, the period goes on by those that it was made by.
    """
    first = phase_at(rows, facts, period, is_needed=is_needed)
    if first is None:
        return
    start, present = period.starts_at, first
    frequency = rows.terms[first.terms_version_id].frequency
    for phase in rows.phases.get(facts.id, ()):
        is_inside = start < phase.from_at < period.ends_at
        if is_inside and rows.terms[phase.terms_version_id].frequency == frequency:
            yield period._replace(starts_at=start, ends_at=phase.from_at), present
            start, present = phase.from_at, phase
    yield period._replace(starts_at=start), present


def phase_at(
    rows: ClosingRows, facts: SubscriptionFacts, period: StoredPeriod, *, is_needed: bool
) -> PhaseFacts | None:
    """Return the phase that holds when a period starts; raise where it must have one."""
    at = period.starts_at
    for phase in rows.phases.get(facts.id, ()):
        if phase.from_at <= at and (phase.until_at is None or at < phase.until_at):
            return phase
    if is_needed:
        raise PhaseMissing(
            f"no price plan holds on {at.isoformat()}; give the subscription one"
        )
    return None
