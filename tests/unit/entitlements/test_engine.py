"""The decision: reasons in their order, what is left, and what is billed beyond."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.catalogue.schema import FeatureDefinition
from core.entitlements.engine import Check, Person, Standing, decide
from core.entitlements.reasons import Reason
from core.entitlements.records import Source

NOW = datetime(2026, 1, 10, tzinfo=UTC)
SUBSCRIPTION, ITEM, MODULE, ADA, BEN = (UUID(int=number) for number in range(1, 6))
FEATURES = {
    "mails": FeatureDefinition(code="mails", name="Mails"),
    "old": FeatureDefinition(code="old", name="Old", state="inactive"),
    "contacts": FeatureDefinition(
        code="contacts", name="Contacts", counts="contacts", beyond="holds"
    ),
    "users": FeatureDefinition(
        code="users", name="Users", counts="members", beyond="bills", product="user"
    ),
    "free_form": FeatureDefinition(code="free_form", name="Free form", window="whatsapp"),
}


def source(feature: str = "mails", granted: int | None = 10, **more: object) -> Source:
    """A grant of one item."""
    amount = None if granted is None else Decimal(granted)
    made = Source(feature, SUBSCRIPTION, ITEM, MODULE, amount, NOW, None)
    return replace(made, **more)  # type: ignore[arg-type]


def standing(*sources: Source, **counted: int) -> Standing:
    """An account with an administrator and a member without rights."""
    return Standing(
        account_id=UUID(int=9),
        at=NOW,
        features=FEATURES,
        sources=sources,
        counted={key: Decimal(value) for key, value in counted.items()},
        members={
            ADA: Person("administrator", frozenset()),
            BEN: Person("member", frozenset()),
        },
    )


CLOSED = [
    ("NEEDS_PAYMENT", {"closed": "NEEDS_PAYMENT"}),
    ("SUSPENDED", {"closed": "SUSPENDED"}),
    ("TRIAL_OVER", {"closed": "TRIAL_OVER"}),
    ("NO_LICENCE", {"needs_seat": True, "holders": frozenset({ADA})}),
    ("NO_ACCESS", {"modules": frozenset({MODULE})}),
]


@pytest.mark.parametrize(("reason", "more"), CLOSED)
def test_what_stands_in_the_way_is_the_reason(reason: Reason, more: dict[str, object]) -> None:
    """10 are there, but not for Ben: nothing remains."""
    verdict = decide(standing(source(**more)), Check("mails", member_id=BEN))

    assert (verdict.allowed, verdict.reason, verdict.remaining) == (False, reason, Decimal(0))


@pytest.mark.parametrize("more", [more for reason, more in CLOSED if reason.startswith("NO_")])
def test_who_holds_a_licence_or_is_the_administrator_may(more: dict[str, object]) -> None:
    """Ada holds the seat, and opens every module."""
    assert decide(standing(source(**more)), Check("mails", member_id=ADA)).allowed


def test_an_open_grant_suffices_beside_a_closed_one() -> None:
    """10 open and 10 unpaid: 10 are allowed, 11 wait for the payment, 21 are too many."""
    found = standing(source(), source(closed="NEEDS_PAYMENT", item_id=UUID(int=7)))

    assert decide(found, Check("mails", Decimal(10))).allowed
    assert decide(found, Check("mails", Decimal(11))).reason == "NEEDS_PAYMENT"
    assert decide(found, Check("mails", Decimal(21))).reason == "USED_UP"


def test_amounts_are_summed_and_what_is_used_is_taken_off() -> None:
    """10 of which 4 are used, and 5: 11 remain."""
    found = standing(source(used=Decimal(4)), source(granted=5, item_id=UUID(int=7)))

    assert decide(found, Check("mails", Decimal(11))).allowed
    verdict = decide(found, Check("mails", Decimal(12)))
    assert (verdict.reason, verdict.remaining, verdict.help) == ("USED_UP", Decimal(11), "buy")
    assert verdict.message == "11 of mails are left, 12 were asked for"


def test_one_grant_without_limit_is_enough() -> None:
    """Any amount: nothing that could be told remains."""
    verdict = decide(standing(source(granted=None), source()), Check("mails", Decimal(10**9)))

    assert (verdict.allowed, verdict.remaining) == (True, None)


def test_nothing_granted_differs_from_nothing_left() -> None:
    """A module that grants 0 has something to fill; without it there is nothing."""
    assert decide(standing(source(granted=0)), Check("mails")).reason == "USED_UP"
    assert decide(standing(), Check("mails")).reason == "NO_GRANT"


def test_what_is_counted_is_held_against_the_sum() -> None:
    """3 bought, 2 there: one more is in, the next one waits."""
    found = standing(source("contacts", 3), contacts=2)

    assert decide(found, Check("contacts", Decimal(1))).allowed
    verdict = decide(found, Check("contacts", Decimal(2)))
    assert (verdict.reason, verdict.remaining) == ("HELD", Decimal(1))


def test_what_is_beyond_may_be_billed() -> None:
    """A pack of 2 and 2 users: of 3 more all 3 are billed; of a pack of 3, two."""
    for granted, billed in ((2, 3), (3, 2)):
        verdict = decide(
            standing(source("users", granted), users=2), Check("users", Decimal(3))
        )
        assert (verdict.allowed, verdict.billed) == (True, Decimal(billed))


def test_a_window_is_asked_about_last() -> None:
    """Who may not write at all is told so; who may is told that the window is closed."""
    found = standing(source("free_form", None, needs_seat=True, holders=frozenset({ADA})))

    assert decide(found, Check("free_form", member_id=BEN)).reason == "NO_LICENCE"
    assert decide(found, Check("free_form", member_id=ADA)).reason == "WINDOW_CLOSED"
    assert decide(found, Check("free_form", member_id=ADA, is_open=True)).allowed


def test_the_unknown_and_the_inactive_are_allowed_to_nobody() -> None:
    """Whatever is granted of them."""
    assert decide(standing(source("old")), Check("old")).reason == "UNKNOWN_FEATURE"
    assert decide(standing(), Check("nothing")).reason == "UNKNOWN_FEATURE"
    stranger = Check("mails", member_id=UUID(int=99))
    assert decide(standing(source()), stranger).reason == "UNKNOWN_MEMBER"
