"""What using up an entitlement refuses."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class NotEntitled(Refusal):
    """The account, or the member, may not: the message names the reason and what helps."""

    code: ClassVar[str] = "NOT_ENTITLED"


class NotConsumed(Refusal):
    """The feature counts what there is; nothing of it is consumed."""

    code: ClassVar[str] = "NOT_CONSUMED"


class ConsumptionConflict(Refusal):
    """Another consumption has this source and id."""

    code: ClassVar[str] = "CONSUMPTION_CONFLICT"
