"""Equal content has one digest, other content another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.digests import content_digest, identity_digest

VALUES = st.one_of(
    st.text(), st.booleans(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(timezones=st.just(UTC)), st.dates(), st.tuples(st.text(), st.integers()),
)  # fmt: skip


class Zone(StrEnum):
    """A text that is a member too."""

    HOME = "home"
    ABROAD = "abroad"


class Colour(Enum):
    """A member without a text."""

    RED = 1


def digest(**fields) -> bytes:
    """The digest of these fields of an SMS."""
    return content_digest("sms", 1, fields)


def test_a_digest_never_changes():
    """Stored digests must match those of later releases: this one is written down."""
    fields = {
        "text": "Grüße", "count": 160, "rate": Decimal("0.050"), "flag": True,
        "at": datetime(2026, 3, 1, 12, tzinfo=UTC), "day": date(2026, 3, 1),
        "zone": Zone.HOME, "parts": ("a", 1, None),
    }  # fmt: skip
    assert content_digest("sms", 1, fields).hex() == "a10ded8323af5ebc11b788b4dbc2f6ed"
    assert (
        identity_digest("account", b"source", "id").hex() == "f4cbc6203e6552b61c8b982beabd72e4"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1.0"), Decimal("1.00")),
        (Decimal("1.00"), 1),
        (Decimal("1E+2"), 100),
        (Decimal("-0.00"), 0),
        (10**30, Decimal("1e30")),
        (Decimal("10e999999998"), Decimal("1e999999999")),
        (
            datetime(2026, 3, 1, 12, tzinfo=UTC),
            datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_equal_values_have_equal_digests(one, other):
    """Numbers by value, instants in any offset."""
    assert digest(value=one) == digest(value=other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": "1"}, {"a": 1}),
        ({"a": True}, {"a": 1}),
        ({"a": "b"}, {"b": "a"}),
        ({"a": ""}, {}),
        ({"a": 0}, {}),
        ({"a": False}, {}),
        ({"a": ("x", "y")}, {"a": ("xy",)}),
        ({"a": ("x", None)}, {"a": ("x",)}),
        ({"a": ("-",)}, {"a": (None,)}),
        ({"a": "x1:b3:syz"}, {"a": "x", "b": "yz"}),
        ({"a": Zone.HOME}, {"a": Zone.ABROAD}),
        ({"a": Zone.HOME}, {"a": "home"}),
        ({"a": date(2026, 1, 1)}, {"a": datetime(2026, 1, 1, tzinfo=UTC)}),
        ({"a": Decimal("1e999999999")}, {"a": Decimal("1e999999998")}),
        ({"a": Decimal("1e-999999999")}, {"a": 0}),
    ],
)
def test_other_content_has_another_digest(one, other):
    """Types, names and borders between values count; an absent field is not a zero."""
    assert digest(**one) != digest(**other)


def test_kind_and_version_are_part_of_the_content():
    """A new normalisation never meets an old digest."""
    known = {
        content_digest(kind, version, {}) for kind in ("sms", "post") for version in (1, 11)
    }
    known.add(content_digest("sms1", 1, {}))
    assert len(known) == 5
    assert {len(one) for one in known} == {16}


def test_none_and_defaults_are_left_out():
    """A field added later with a default leaves old digests as they were."""
    assert digest(a=1, b=None) == digest(a=1)
    assert content_digest("sms", 1, {"a": 1, "b": Decimal("2.0")}, defaults={"b": 2}) == digest(
        a=1
    )
    assert content_digest("sms", 1, {"a": 1, "b": 3}, defaults={"b": 2}) != digest(a=1)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_the_order_of_fields_does_not_count(fields):
    """The same fields given backwards."""
    backwards = dict(reversed(list(fields.items())))
    assert content_digest("x", 1, fields) == content_digest("x", 1, backwards)


@given(VALUES, VALUES)
def test_values_of_one_type_have_equal_digests_only_if_equal(one, other):
    """And always if equal."""
    if type(one) is type(other):
        assert (digest(value=one) == digest(value=other)) == (one == other)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_identities_are_equal_only_if_their_parts_are(one, other):
    """("a", "bc") is not ("ab", "c")."""
    assert (identity_digest(*one) == identity_digest(*other)) == (one == other)


def test_borders_between_parts_count():
    """And a text is the same part as its bytes."""
    assert identity_digest("a", "bc") != identity_digest("ab", "c")
    assert identity_digest("a", "") != identity_digest("a")
    assert identity_digest("é") == identity_digest("é".encode())
    assert digest(value=Colour.RED) == digest(value=Colour.RED)


def test_what_cannot_be_digested_rises():
    """Neither NaN nor a float nor an instant without a zone has one canonical form."""
    for value in (Decimal("NaN"), 1.5, datetime(2026, 1, 1), object()):  # noqa: DTZ001
        with pytest.raises((ValueError, TypeError)):
            digest(value=value)
