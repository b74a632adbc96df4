"""Why a closing cannot go on, or a subscription cannot be billed."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class FreezeBusy(Exception):
    """Usage is being stored; the lock was not free in time. Try again in a moment."""


class NotParked(Refusal):
    """The subscription is not parked; there is nothing to try again."""

    code: ClassVar[str] = "NOT_PARKED"


class NothingToPreview(Refusal):
    """The subscription has no open period that could be billed."""

    code: ClassVar[str] = "NOTHING_TO_PREVIEW"


class NoTestClock(Refusal):
    """The account lives in real time; only one with a test clock can be moved."""

    code: ClassVar[str] = "NO_TEST_CLOCK"


class ClockBackwards(Refusal):
    """A test clock moves forward only."""

    code: ClassVar[str] = "CLOCK_BACKWARDS"


class ClockTooFar(Refusal):
    """Too much would fall due on the way; move the clock in smaller steps."""

    code: ClassVar[str] = "CLOCK_TOO_FAR"


class ClockBusy(Refusal):
    """Other clocks of the seller are being moved, or usage is being stored; try again."""

    code: ClassVar[str] = "CLOCK_BUSY"


class PluginPricingFailed(Refusal):
    """A third-party plugin could not price a quantity."""

    code: ClassVar[str] = "PLUGIN_FAILED"
    is_callers_fault: ClassVar[bool] = False

    def __init__(self, message: str, *, plugin: str = "") -> None:
        super().__init__(message)
        self.plugin = plugin


class PhaseMissing(Refusal):
    """No price plan holds at the start of a period that is to be billed."""

    code: ClassVar[str] = "PHASE_MISSING"
