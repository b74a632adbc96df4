"""Why a series is not computed."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class InvalidRange(Refusal):
    """The range is empty, lies in the future, or has more points than a series may have."""

    code: ClassVar[str] = "INVALID_RANGE"
