"""A bound on the time of a plugin's call."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

EVENT_SECONDS: Final = 1
"""As long as the host gives one event whose batch failed."""


class TooLate(BaseException):
    """The time is over; no `except Exception` of a plugin catches it."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise `TooLate` in Python code after so long; only in the main thread can that be."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooLate

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
