"""Pauses between tries double, up to the longest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.kernel.pauses import pause_after

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 2), (2, 4), (3, 8), (10, 1_024), (16, 65_536), (17, 86_400), (1_000_000, 86_400)],
)
def test_pauses_double_up_to_the_longest(failures: int, seconds: int) -> None:
    """2 s times 2 for each further failure: 2 x 2^15 = 65,536; then 86,400, a day."""
    pause = pause_after(failures, first=timedelta(seconds=2), longest=DAY)
    assert pause == timedelta(seconds=seconds)


def test_the_first_pause_is_no_longer_than_the_longest() -> None:
    """An hour first and a minute at most: a minute."""
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    assert pause_after(1, first=hour, longest=minute) == minute
