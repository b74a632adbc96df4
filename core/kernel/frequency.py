"""How often something is billed: every n months, years, weeks or days."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import ClassVar, Final, Literal, cast

from core.kernel.errors import Refusal

Unit = Literal["month", "year", "week", "day"]

_MOST: Final[dict[str, int]] = {"month": 1200, "year": 100, "week": 5200, "day": 36_500}
_ISO_UNITS: Final = {"M": "month", "Y": "year", "W": "week", "D": "day"}
_WORDS: Final = re.compile(r"(?:([0-9]{1,5}) )?(month|year|week|day)s?")
_ISO: Final = re.compile(r"P([0-9]{1,5})([MYWD])")


class FrequencyRefused(Refusal):
    """A text or a count is no frequency."""

    code: ClassVar[str] = "FREQUENCY_REFUSED"


class DateOutOfRange(Refusal):
    """A period would lie outside the years 1 to 9999."""

    code: ClassVar[str] = "DATE_OUT_OF_RANGE"


@dataclass(frozen=True, slots=True)
class Frequency:
    """A whole number of calendar units, at most 100 years long."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        most = _MOST.get(self.unit)
        if most is None:
            raise FrequencyRefused(f"{self.unit!r} is no unit; use month, year, week or day")
        if not 1 <= self.count <= most:
            raise FrequencyRefused(f"every {self.count} {self.unit}s is not from 1 to {most}")

    @classmethod
    def parse(cls, text: str, *, path: tuple[str, ...] = ()) -> Frequency:
        """Read "month", "3 months" or ISO 8601's P3M; anything else is refused.

        `path` leads to the text, for who is told that it is none.
        """
        try:
            return _parsed(text)
        except FrequencyRefused as refused:
            raise FrequencyRefused(refused.message, path=path) from None

    @classmethod
    def parse_length(cls, text: str, *, path: tuple[str, ...] = ()) -> Frequency:
        """Read a length of time, written like a frequency, and say so when it is none."""
        try:
            return _parsed(text)
        except FrequencyRefused:
            told = f"{text[:40]!r} is no length of time of 1 day to 100 years; write 12 months"
            raise FrequencyRefused(f"{told} or 14 days", path=path) from None

    def __str__(self) -> str:
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"

    @property
    def iso(self) -> str:
        """Return the ISO 8601 duration: P3M for three months."""
        return f"P{self.count}{self.unit[0].upper()}"

    @property
    def months(self) -> int | None:
        """Return the length in months, or None for weeks and days."""
        if self.unit == "month":
            return self.count
        return self.count * 12 if self.unit == "year" else None

    @property
    def days(self) -> int | None:
        """Return the length in days, or None for months and years."""
        if self.unit == "day":
            return self.count
        return self.count * 7 if self.unit == "week" else None

    def after(self, anchor: date, times: int) -> date:
        """Return the anchor moved by so many frequencies, back if negative.

        A day that a month lacks becomes that month's last: 31 January and one
        month is 28 February, and two months is 31 March again.
        """
        months, days = self.months, self.days
        try:
            if months is not None:
                return month_day(anchor, months=months * times)
            assert days is not None  # one of the two is set, by the unit
            return anchor + timedelta(days=days * times)
        except (OverflowError, ValueError):
            raise DateOutOfRange(f"{times} times {self} from {anchor} is no date") from None


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Frequency:
    if words := _WORDS.fullmatch(text):
        return Frequency(int(words[1] or 1), cast("Unit", words[2]))
    if iso := _ISO.fullmatch(text):
        return Frequency(int(iso[1]), cast("Unit", _ISO_UNITS[iso[2]]))
    raise FrequencyRefused(f"{text[:40]!r} is no frequency; write month, 3 months or P3M")


def month_day(day: date, *, months: int) -> date:
    """Move a date by months, keeping its day or the month's last."""
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    month = month_index + 1
    if day.day <= 28:
        return date(year, month, day.day)
    return date(year, month, min(day.day, monthrange(year, month)[1]))
