"""The identity of an event and the digest of its content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from core.kernel.digests import content_digest, identity_digest
from core.usage.identity import CONTENT_VERSION, content_digester, content_hash, event_identity

ACCOUNT = UUID("01a20000-0000-7000-8000-000000000001")
OTHER = UUID("01a20000-0000-7000-8000-000000000002")
SEVEN = "018f2d0c-5b7a-7c3d-9e4f-0123456789ab"
NOON = datetime(2026, 1, 9, 12, tzinfo=UTC)


def test_an_identity_is_the_digest_of_account_source_and_id() -> None:
    """Stored for ever: these very bytes. Each of the three makes another event."""
    identity = event_identity(ACCOUNT, source="app", event_id="e1")
    assert identity.bytes == identity_digest(ACCOUNT.bytes, "app", "e1")
    others = {
        event_identity(OTHER, source="app", event_id="e1"),
        event_identity(ACCOUNT, source="app2", event_id="e1"),
        event_identity(ACCOUNT, source="app", event_id="e2"),
        event_identity(ACCOUNT, source="appe", event_id="1"),
    }
    assert len(others | {identity}) == 5


def test_an_event_id_with_a_time_gives_it_to_the_identity() -> None:
    """The first 48 bits of a UUIDv7 are its milliseconds; the rest stays the digest."""
    identity = event_identity(ACCOUNT, source="app", event_id=SEVEN)
    assert identity.bytes[:6] == bytes.fromhex("018f2d0c5b7a")
    assert identity.bytes[6:] == identity_digest(ACCOUNT.bytes, "app", SEVEN)[6:]
    upper = event_identity(ACCOUNT, source="app", event_id=SEVEN.upper())
    assert upper.bytes[:6] == identity.bytes[:6]
    assert upper != identity


def test_only_a_whole_uuid_of_version_7_has_a_time() -> None:
    """Version 4, another variant, no hyphens, a prefix: plain digests all of them."""
    for event_id in (
        SEVEN.replace("-7c3d", "-4c3d"),
        SEVEN.replace("-9e4f", "-1e4f"),
        SEVEN.replace("-", ""),
        f"x{SEVEN[1:]}",
        f"{SEVEN}0",
    ):
        identity = event_identity(ACCOUNT, source="app", event_id=event_id)
        assert identity.bytes == identity_digest(ACCOUNT.bytes, "app", event_id)


def digest(at: datetime = NOON, subscription: UUID | None = None, **fields: object) -> bytes:
    """The content hash of an event with an amount, a note and a default count of 1."""
    digester = content_digester("sale", ("amount", "note", "count"), defaults={"count": 1})
    return content_hash(digester, dict(fields), occurred_at=at, subscription_id=subscription)


def test_equal_contents_have_one_digest() -> None:
    """1.0 is 1.00, a default is the same as none, an offset does not matter."""
    paris = timezone(timedelta(hours=1))
    same = {
        digest(amount=Decimal("1.0")),
        digest(amount=Decimal("1.00"), count=1, note=None),
        digest(amount=Decimal(1), at=NOON.astimezone(paris)),
    }
    assert len(same) == 1


def test_each_difference_is_another_content() -> None:
    """A field, the instant, a named subscription."""
    different = {
        digest(),
        digest(amount=Decimal(1)),
        digest(note="1"),
        digest(count=2),
        digest(at=NOON + timedelta(microseconds=1)),
        digest(subscription=ACCOUNT),
        digest(subscription=OTHER),
    }
    assert len(different) == 7


def test_the_prepared_digest_is_the_kernels() -> None:
    """Stored digests are those of `content_digest`, whatever prepares them."""
    fields = {"amount": Decimal("2.50"), "note": "é", "occurred_at": NOON}
    assert digest(amount=Decimal("2.50"), note="é") == content_digest(
        "sale", CONTENT_VERSION, fields
    )
