"""What terms say about an invoice that is not paid, and on which dates it acts. Pure.

An invoice is to be paid within a time of its making: that is its pay-by date. Reminders,
suspension and end count from there; a retry of a collection counts from its failure. Whole
days are days of the account's zone: a clock change moves no hour of the day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from core.catalogue.delays import parse_delay
from core.kernel.zones import time_zone

StepKind = Literal["reminder", "suspend", "end"]
_ONE_DAY: Final = timedelta(days=1)
_AT_ONCE: Final = timedelta(0)


class Step(NamedTuple):
    """Something that is done at an instant, while the invoice is not paid."""

    at: datetime
    kind: StepKind


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """A payment policy; None where nothing of the kind is done."""

    within: timedelta = _AT_ONCE
    retries: tuple[timedelta, ...] = ()
    reminders: tuple[timedelta, ...] = ()
    suspend_after: timedelta | None = None
    end_after: timedelta | None = None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> PaymentPolicy:
        """Read a policy as the catalogue and `dunning` keep it: delays as texts."""
        return cls(
            within=_delay(plain.get("within")) or _AT_ONCE,
            retries=_delays(plain.get("retries")),
            reminders=_delays(plain.get("reminders")),
            suspend_after=_delay(plain.get("suspend_after")),
            end_after=_delay(plain.get("end_after")),
        )

    def pay_by(self, made: datetime, *, zone: str) -> datetime:
        """Return until when an invoice is to be paid that is made at an instant."""
        return later(made, self.within, zone=zone)

    def steps(self, pay_by: datetime, *, zone: str) -> tuple[Step, ...]:
        """Return what is done about an unpaid invoice, in order.

        >>> policy = PaymentPolicy(reminders=(timedelta(days=3),))
        >>> policy.steps(datetime(2026, 3, 15, tzinfo=UTC), zone="UTC")[0].at.day
        18
        """
        found = [(delay, 0, "reminder") for delay in self.reminders]
        if self.suspend_after is not None:
            found.append((self.suspend_after, 1, "suspend"))
        if self.end_after is not None:
            found.append((self.end_after, 2, "end"))
        return tuple(
            Step(later(pay_by, delay, zone=zone), kind)  # type: ignore[arg-type] # our words
            for delay, _order, kind in sorted(found)
        )

    def retry_at(self, failed_at: datetime, *, failures: int, zone: str) -> datetime | None:
        """Return when a collection is tried again that has failed so often; None: never."""
        if not 1 <= failures <= len(self.retries):
            return None
        return later(failed_at, self.retries[failures - 1], zone=zone)


def later(instant: datetime, delay: timedelta, *, zone: str) -> datetime:
    """Return the instant a delay later; whole days keep the local time of day."""
    if delay % _ONE_DAY:
        return instant + delay
    return (instant.astimezone(time_zone(zone)) + delay).astimezone(UTC)


def _delays(texts: Sequence[str] | None) -> tuple[timedelta, ...]:
    return tuple(found for text in texts or () if (found := _delay(text)) is not None)


def _delay(text: str | None) -> timedelta | None:
    """Read a delay; an empty text is none at all."""
    return parse_delay(text) if text else None
