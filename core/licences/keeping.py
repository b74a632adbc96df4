"""Who keeps a seat when fewer are left. Pure.

Fewer seats than are held cannot be chosen, but somebody may be given one between the choice
and the day on which fewer act. Then those who have held theirs longest keep them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from core.licences.records import LicenceAssignment


class Quantity(NamedTuple):
    """How many seats an item has from an instant on."""

    from_at: datetime
    seats: int


def beyond(
    held: Sequence[LicenceAssignment], quantities: Sequence[Quantity]
) -> Mapping[UUID, datetime]:
    """Return which assignments have ended because fewer seats were left, and when.

    `quantities` are those that have begun, in any order. Of 3 seats, all held, 2 are left:
    the one that was assigned last ends at that instant.
    """
    left = sorted(held, key=lambda each: (each.from_at, each.id))
    ended: dict[UUID, datetime] = {}
    for from_at, seats in sorted(quantities):
        before = [each for each in left if each.from_at < from_at]
        lost = {each.id for each in before[seats:]}
        ended |= dict.fromkeys(lost, from_at)
        left = [each for each in left if each.id not in lost]
    return ended
