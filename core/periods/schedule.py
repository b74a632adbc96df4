"""What decides a subscription's periods: its anchor, its frequencies, when they fall due.

Pure. Fees in arrears and usage are due when their period ends (usage later by
`closes_after`, in which usage of the ended period may still arrive), fees in advance when
it starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from core.catalogue.compile import TermsVersion
from core.kernel.periods import Frequency, Period, anchor_for, period_holding

Stream = Literal["fees", "usage", "settlement"]
FeesIn = Literal["advance", "arrears"]

MOST_TRIED: Final = 120
"""Fees periods looked at for one that starts together with a period of usage."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What decides the periods of a subscription: its anchor and its terms."""

    anchor: date
    zone: str
    frequency: Frequency
    usage_frequency: Frequency
    fees_in: FeesIn
    closes_after: timedelta = timedelta(0)

    @classmethod
    def of(cls, terms: TermsVersion, *, anchor: date, zone: str) -> Schedule:
        """Return the schedule of a subscription under a version of billing terms."""
        return cls(
            anchor=anchor,
            zone=zone,
            frequency=terms.frequency,
            usage_frequency=terms.usage_frequency,
            fees_in=terms.fixed_charges,
            closes_after=terms.closes_after,
        )

    def frequency_of(self, stream: Stream) -> Frequency:
        """Return how often the stream is billed."""
        return self.frequency if stream == "fees" else self.usage_frequency


def anchor_under(terms: TermsVersion, *, starts_at: datetime, zone: str) -> date:
    """Return the day from which both streams of a subscription are counted under terms.

    It is that of the longer frequency: the first of a quarter is the first of a month too,
    but not the other way round. A subscription that changes its terms is counted from its
    own start, so that the same terms always make the same periods.
    """
    longer = max(terms.frequency, terms.usage_frequency, key=_rough_days)
    return anchor_for(terms.anchor, starts_at, zone, longer)


def _rough_days(frequency: Frequency) -> int:
    return (frequency.months or 0) * 30 + (frequency.days or 0)


def due_time(stream: Stream, part: Period, schedule: Schedule) -> datetime:
    """Return when a period falls due, by its clipped start and end."""
    if stream == "fees":
        return part.start if schedule.fees_in == "advance" else part.end
    return part.end + schedule.closes_after


def fees_period_at(instant: datetime, schedule: Schedule) -> Period:
    """Return the whole fees period that an instant lies in."""
    _ordinal, whole = period_holding(
        instant, anchor=schedule.anchor, frequency=schedule.frequency, zone=schedule.zone
    )
    return whole


def next_common_start(
    instant: datetime, schedule: Schedule, *, most: int = MOST_TRIED
) -> datetime | None:
    """Return the first start of a fees period after `instant` where a usage period starts too.

    A price may change there without cutting a period. None where the two frequencies
    do not meet within `most` periods of fees.
    """
    start = instant
    for _attempt in range(most):
        start = fees_period_at(start, schedule).end
        _ordinal, usage = period_holding(
            start,
            anchor=schedule.anchor,
            frequency=schedule.usage_frequency,
            zone=schedule.zone,
        )
        if usage.start == start:
            return start
    return None
