"""Why an alert is not defined, changed or removed."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class AlertNotFound(Refusal):
    """There is no such alert, or it was removed."""

    code: ClassVar[str] = "ALERT_NOT_FOUND"


class TooManyAlerts(Refusal):
    """The seller has as many active alerts as it may have."""

    code: ClassVar[str] = "TOO_MANY_ALERTS"


class InvalidThresholds(Refusal):
    """Thresholds are none, too many, not above 0, or not ascending."""

    code: ClassVar[str] = "INVALID_THRESHOLDS"


class InvalidBudget(Refusal):
    """A budget is not above 0, or makes no sense with what is measured."""

    code: ClassVar[str] = "INVALID_BUDGET"


class WatchOneThing(Refusal):
    """An alert names several of whom it watches, or not what its measure needs."""

    code: ClassVar[str] = "WATCH_ONE_THING"


class NotMeasurable(Refusal):
    """A product is no usage service, or a feature does not count what is consumed."""

    code: ClassVar[str] = "NOT_MEASURABLE"


class WatchedNotFound(Refusal):
    """The subscription, account, product, price plan or feature is not there."""

    code: ClassVar[str] = "WATCHED_NOT_FOUND"
