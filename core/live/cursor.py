"""Where a listener is in a tenant's events: what a snapshot had seen.

A cursor is PostgreSQL's own answer to "what was committed by then": the number below which
every transaction had ended, the first one that had not begun, and those that ran between.
What it has not seen is what comes next, whenever it began.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final, Self
from uuid import UUID

from core.kernel.errors import Refusal
from core.outbox import KEPT_AFTER_DELIVERY

MOST_RUNNING: Final = 50
"""Running transactions that a cursor names; beyond, it goes back to before all of them."""

_VERSION: Final = "1"
_MAX_LENGTH: Final = 2_000
_MAX_NUMBER: Final = 2**63
_WRITTEN: Final = re.compile(r"((\d)\|([0-9a-f]{32})\|(\d{1,11})\|([\d:,]+))\|([0-9a-f]{8})")
_NUMBERS: Final = re.compile(r"(\d{1,19}):(\d{1,19}):((?:\d{1,19},)*\d{1,19})?")


class LiveCursorInvalid(Refusal):
    """The cursor is none of this tenant's, or of another database."""

    code: ClassVar[str] = "LIVE_CURSOR_INVALID"


class LiveCursorTooOld(Refusal):
    """Events since the cursor may have been removed."""

    code: ClassVar[str] = "LIVE_CURSOR_TOO_OLD"


@dataclass(frozen=True, slots=True)
class Position:
    """A snapshot: which transactions had ended."""

    ended_below: int
    begun_below: int
    running: tuple[int, ...] = ()

    @classmethod
    def before(cls, transaction: int) -> Self:
        """Return the position that has seen everything below a transaction's number."""
        return cls(transaction, transaction)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the snapshot in PostgreSQL's own notation, or None when it is none."""
        match = _NUMBERS.fullmatch(text)
        if match is None:
            return None
        running = tuple(int(number) for number in (match[3] or "").split(",") if number)
        made = cls(int(match[1]), int(match[2]), running)
        return made if made._is_ordered() else None

    def __str__(self) -> str:
        return f"{self.ended_below}:{self.begun_below}:{','.join(map(str, self.running))}"

    def has_seen(self, transaction: int) -> bool:
        """Say whether a transaction had ended by then."""
        return transaction < self.ended_below or (
            transaction < self.begun_below and transaction not in self.running
        )

    def _is_ordered(self) -> bool:
        """Say whether PostgreSQL would take it: first and last in order, the rest between."""
        inside = all(self.ended_below <= each < self.begun_below for each in self.running)
        ascending = all(
            one < next_one
            for one, next_one in zip(self.running, self.running[1:], strict=False)
        )
        ends = 0 < self.ended_below <= self.begun_below < _MAX_NUMBER
        return ends and inside and ascending


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in one tenant's events, and when it was read."""

    tenant_id: UUID
    position: Position
    read_at: datetime

    def encode(self) -> str:
        """Return it as clients keep it."""
        position = self.position
        if len(position.running) > MOST_RUNNING:
            position = Position.before(position.ended_below)
        seconds = int(self.read_at.timestamp())
        text = f"{_VERSION}|{self.tenant_id.hex}|{seconds}|{position}"
        return _packed(f"{text}|{_sum(text)}")


def read_cursor(text: str, *, tenant_id: UUID, now: datetime) -> Cursor:
    """Return the cursor that a client kept.

    Raises:
        LiveCursorInvalid: it is none, or another tenant's.
        LiveCursorTooOld: what came since is not all kept any more.
    """
    version, mark, seconds, numbers = _parts(text)
    position = Position.read(numbers)
    if version != _VERSION or mark != tenant_id.hex or position is None:
        raise invalid_cursor()
    read_at = datetime.fromtimestamp(int(seconds), tz=UTC)
    if read_at < now - KEPT_AFTER_DELIVERY:
        raise LiveCursorTooOld(
            f"events are kept for {KEPT_AFTER_DELIVERY.days} days, and the cursor is older; "
            "read the lists anew and subscribe without it",
            path=("after",),
        )
    return Cursor(tenant_id, position, read_at)


def invalid_cursor() -> LiveCursorInvalid:
    """Say that a cursor does not fit here."""
    return LiveCursorInvalid(
        "this is no cursor of an event; send one exactly as it came, or leave it out to hear "
        "what happens from now on",
        path=("after",),
    )


def _parts(text: str) -> tuple[str, str, str, str]:
    if len(text) > _MAX_LENGTH:
        raise invalid_cursor()
    try:
        padded = text + "=" * (-len(text) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise invalid_cursor() from None
    match = _WRITTEN.fullmatch(plain)
    if match is None or _sum(match[1]) != match[6] or _packed(plain) != text:
        raise invalid_cursor()
    return match[2], match[3], match[4], match[5]


def _packed(plain: str) -> str:
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _sum(text: str) -> str:
    """Return what shows that a cursor was cut off or mistyped: less of it is one as well."""
    return f"{zlib.crc32(text.encode()):08x}"
