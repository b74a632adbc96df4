"""What a request for a longer period is refused for."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class NoActiveDefinition(Refusal):
    """No definition of buying in advance is active: no request can be made."""

    code: ClassVar[str] = "NO_ACTIVE_DEFINITION"


class DurationNotOffered(Refusal):
    """The active definition does not offer the duration to the subscription's type."""

    code: ClassVar[str] = "DURATION_NOT_OFFERED"


class NotLongerThanFrequency(Refusal):
    """The duration is not longer than the terms' frequency: it would be billed so anyhow."""

    code: ClassVar[str] = "NOT_LONGER_THAN_FREQUENCY"


class PrepaidNotInAdvance(Refusal):
    """Under prepaid terms a wallet pays each period; nothing is bought in advance."""

    code: ClassVar[str] = "PREPAID_NOT_IN_ADVANCE"


class RequestWaits(Refusal):
    """The subscription has a request that waits; amend it, or cancel it first."""

    code: ClassVar[str] = "REQUEST_WAITS"


class AdvanceRequestNotFound(Refusal):
    """No request of this tenant has the id."""

    code: ClassVar[str] = "ADVANCE_REQUEST_NOT_FOUND"


class RequestSettled(Refusal):
    """The request was billed, rejected or cancelled; it changes no more."""

    code: ClassVar[str] = "REQUEST_SETTLED"


class NothingToBillInAdvance(Refusal):
    """No unbilled period can be made longer now, or it could not be billed."""

    code: ClassVar[str] = "NOTHING_TO_BILL_IN_ADVANCE"
