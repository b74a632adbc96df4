"""Named points at which a test may kill this process; without one they do nothing.

`FORFAIT_FAULT_POINT=before_commit` ends the process with SIGKILL when it first gets there,
`before_commit:3` at the third time. The variable is read once, at import, and only a test
sets it: a release that sees it set in production says so in its logs (`core.config` does
not know it).
"""

from __future__ import annotations

import os
import signal
from typing import Final

POINTS: Final = (
    "after_freeze",
    "after_claim",
    "after_read",
    "after_lines",
    "new_settled",
    "before_numbers",
    "before_commit",
    "after_commit",
)
"""Every point of a closing, in the order in which it passes them."""

BETWEEN_CLOSINGS: Final = (
    "interim_billed",
    "jobs_billed",
    "orders_posted",
    "provider_answered",
    "messages_carried",
)
"""Points of what goes on between closings, each right before it is committed or noted."""

OF_CHANGES: Final = ("credits_given", "credits_booked")
"""Points of a change with money: between its credit notes and its invoice, and at its end."""

OF_CLAIMS: Final = ("step_done",)
"""Where a step of what follows an unpaid invoice is done, and not noted yet."""

BETWEEN_ASKING_AND_NOTING: Final = ("gateway_answered",)
"""Where a gateway has answered, and nothing of it is stored yet."""

OF_SIMULATIONS: Final = ("simulated",)
"""Where a chunk of a simulation is stored, and not committed yet."""

_ARMED, _, _TIMES = os.environ.get("FORFAIT_FAULT_POINT", "").partition(":")
_remaining: dict[str, int] = {_ARMED: int(_TIMES or 1)} if _ARMED else {}


def reached(point: str) -> None:
    """Pass a point; the process ends here when a test armed it."""
    if not _remaining or point not in _remaining:
        return
    _remaining[point] -= 1
    if _remaining[point] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
