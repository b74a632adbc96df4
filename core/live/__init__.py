"""Events for those who watch: a tenant's notifications as they are committed, in any process.

Owns: cursors, reading the outbox by snapshots, the one task a process that asks. Does not
own: what is told (whoever appends to `core.outbox`), who may hear it (the API asks again at
each event). Invariants: nothing committed is passed over, whatever began first; memory has a
bound for each listener; nobody asks while nobody listens.
"""

from core.live.cursor import (
    Cursor,
    LiveCursorInvalid,
    LiveCursorTooOld,
    Position,
    read_cursor,
)
from core.live.feed import Feed
from core.live.listener import Listener, LiveEvent

__all__ = [
    "Cursor",
    "Feed",
    "Listener",
    "LiveCursorInvalid",
    "LiveCursorTooOld",
    "LiveEvent",
    "Position",
    "read_cursor",
]
