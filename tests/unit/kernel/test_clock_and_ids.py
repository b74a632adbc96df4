"""Time is read in one place, and identifiers grow with it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
import time_machine

from core.kernel.clock import Clock, FixedClock, SystemClock, in_utc
from core.kernel.ids import new_id


def test_the_system_clock_tells_utc():
    """Here the machine's time is set, and comes back aware."""
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        clock: Clock = SystemClock()
        assert clock.now() == datetime(2026, 3, 1, 12, tzinfo=UTC)
        assert clock.now().tzinfo is UTC


def test_a_fixed_clock_stands_until_moved_and_never_goes_back():
    """Moving back is refused and leaves it where it was."""
    clock = FixedClock(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now().isoformat() == "2026-01-01T00:00:00+00:00"
    assert clock.advance(timedelta(days=31)) == datetime(2026, 2, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="does not go back"):
        clock.move_to(datetime(2026, 1, 31, tzinfo=UTC))
    assert clock.now() == datetime(2026, 2, 1, tzinfo=UTC)


def test_an_instant_without_a_zone_rises():
    """Guessing the zone would move money between periods."""
    with pytest.raises(ValueError, match="no time zone"):
        in_utc(datetime(2026, 1, 1))  # noqa: DTZ001


def test_identifiers_are_version_7_and_strictly_ascending():
    """Ten thousand in a row, of the class that database drivers take."""
    ids = [new_id() for _ in range(10_000)]
    assert {(type(one), one.version) for one in ids} == {(uuid.UUID, 7)}
    assert all(one < two for one, two in pairwise(ids))
    assert [str(one) for one in ids] == sorted(str(one) for one in ids)


def test_threads_never_make_the_same_identifier():
    """Four threads, 4 x 5,000 identifiers, each thread's own in order."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda count: [new_id() for _ in range(count)], [5_000] * 4))
    assert len({one for ids in made for one in ids}) == 20_000
    assert all(ids == sorted(ids) for ids in made)
