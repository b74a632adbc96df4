"""The month that is closed: January 2026 in Paris; the clock says 1 February, one o'clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

ZONE: Final = "Europe/Paris"
OPENED: Final = datetime(2025, 12, 1, tzinfo=UTC)
STARTS: Final = datetime(2025, 12, 31, 23, tzinfo=UTC)
ENDS: Final = datetime(2026, 1, 31, 23, tzinfo=UTC)
NEXT_ENDS: Final = datetime(2026, 2, 28, 23, tzinfo=UTC)
AFTER_NEXT_ENDS: Final = datetime(2026, 3, 31, 22, tzinfo=UTC)
CLOSING: Final = datetime(2026, 2, 1, tzinfo=UTC)
