"""Local days: where they begin, and which one an instant belongs to.

A local day begins at its midnight. Where a clock change skips midnight, it begins at
the first instant that exists; where midnight comes twice, at the earlier one. So the
days of a zone tile its time: a stretch of evening that is repeated after midnight
belongs to the new day, and a day that a zone skipped altogether (30 December 2011 in
Apia) is empty.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from core.kernel.clock import in_utc
from core.kernel.errors import Refusal

_ONE_DAY = timedelta(days=1)
_ONE_SECOND = timedelta(seconds=1)


class UnknownZone(Refusal):
    """A name is no time zone of the IANA database."""

    code: ClassVar[str] = "UNKNOWN_ZONE"


@lru_cache(maxsize=1024)
def time_zone(name: str) -> ZoneInfo:
    """Return an IANA zone by its name, or refuse the name."""
    if name not in _zone_names():
        raise UnknownZone(f"{name!r} is no time zone; write Europe/Paris, say")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=65_536)
def start_of_day(day: date, zone: str) -> datetime:
    """Return the first instant of a local day, in UTC."""
    local_zone = time_zone(zone)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a local wall time
    before = midnight.replace(tzinfo=local_zone, fold=0).utcoffset()
    after = midnight.replace(tzinfo=local_zone, fold=1).utcoffset()
    assert before is not None  # a ZoneInfo always knows its offset
    assert after is not None
    if after <= before:  # midnight exists, once or twice; fold 0 is the earlier
        return (midnight - before).replace(tzinfo=UTC)
    return _end_of_gap(midnight, jump=(before, after), local_zone=local_zone)


def _end_of_gap(
    midnight: datetime, *, jump: tuple[timedelta, timedelta], local_zone: ZoneInfo
) -> datetime:
    """Find the clock change that skipped this midnight, to the second."""
    before, after = jump
    early = (midnight - after).replace(tzinfo=UTC)  # the old offset still holds
    late = (midnight - before).replace(tzinfo=UTC)  # the new offset holds
    while late - early > _ONE_SECOND:
        middle = early + timedelta(seconds=(late - early) // _ONE_SECOND // 2)
        if middle.astimezone(local_zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late


def local_day(instant: datetime, zone: str) -> date:
    """Return the local day that holds the instant: start <= instant < next start."""
    day = in_utc(instant).astimezone(time_zone(zone)).date()
    following = day + _ONE_DAY
    # Clocks that go back over midnight show the old date again in the new day.
    return following if instant >= start_of_day(following, zone) else day
