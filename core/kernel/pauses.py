"""How long to wait before something that failed is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MAX_DOUBLINGS: Final = 30
"""Beyond any pause in use, and far below what a length of time can hold."""


def pause_after(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return the pause after the n-th failure: the first one, twice it, … at most the longest.

    2 s first and 60 s at most: 2, 4, 8, 16, 32, 60, 60 s.
    """
    pause: timedelta = first * 2 ** min(failures - 1, MAX_DOUBLINGS)
    return min(pause, longest)
