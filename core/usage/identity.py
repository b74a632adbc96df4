"""The identity of an event and the digest of its content. Pure.

Both are stored, so what they cover never changes: a new rule of content gets a new
`CONTENT_VERSION`, which is in the digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from core.kernel.digests import ContentDigester, Field, IdentityDigester

CONTENT_VERSION: Final = 1
_UUID_LENGTH: Final = 36
_UUID_7: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE
)


def event_identity(account_id: UUID, *, source: str, event_id: str) -> UUID:
    """Return the 16 bytes that stand for (account, source, event id).

    When the event id is a UUIDv7 the first 6 bytes are its time, so that the unique index
    grows at its end: random keys cost the index four to six times the work. They come from
    the id alone, never from the clock, so that a repeated event has the same identity.
    """
    return UUID(bytes=Identities().octets(account_id, source=source, event_id=event_id))


class Identities:
    """Identities of a batch; what a source of an account begins with is digested once."""

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun: dict[tuple[UUID, str], IdentityDigester] = {}

    def octets(self, account_id: UUID, *, source: str, event_id: str) -> bytes:
        """Return the 16 bytes of `event_identity`."""
        digester = self._begun.get((account_id, source))
        if digester is None:
            digester = IdentityDigester(account_id.bytes, source)
            self._begun[account_id, source] = digester
        digest = digester.digest(event_id)
        if (
            len(event_id) == _UUID_LENGTH
            and event_id[14] == "7"
            and _UUID_7.fullmatch(event_id)
        ):
            return bytes.fromhex(event_id[:8] + event_id[9:13]) + digest[6:]
        return digest


def content_digester(
    channel: str, names: Iterable[str], *, defaults: Mapping[str, Field]
) -> ContentDigester:
    """Return what digests the content of a channel's events.

    It covers the fields of the event as it was sent, what is not default; the instant, in
    whatever offset it was written; and the subscription, where the sender named one. 1.0
    and 1.00 are the same content.
    """
    covered = (*names, "occurred_at", "subscription")
    return ContentDigester(channel, CONTENT_VERSION, covered, defaults=defaults)


def content_hash(
    digester: ContentDigester,
    fields: dict[str, Field],
    *,
    occurred_at: datetime,
    subscription_id: UUID | None,
) -> bytes:
    """Return the digest by which a repeated event is told from another one of its id."""
    fields["occurred_at"] = occurred_at
    if subscription_id is not None:
        fields["subscription"] = subscription_id.hex
    return digester.digest(fields)
