"""What items grant at an instant: times, units, packs and what is bought twice."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.catalogue.features import Allowed
from core.catalogue.schema import GrantDefinition
from core.entitlements.records import Held, Life, Source
from core.entitlements.sources import TICKET, sources_of

SUBSCRIPTION, ACCOUNT, ITEM, MODULE, PRODUCT = (UUID(int=number) for number in range(1, 6))


def day(month: int, number: int = 1, year: int = 2026) -> datetime:
    """A day in UTC."""
    return datetime(year, month, number, tzinfo=UTC)


def life(**more: Any) -> Life:
    """An active subscription since 1 January, in its February period."""
    usual = Life(
        SUBSCRIPTION, ACCOUNT, "active", "UTC", day(1), None, None, None, None, False, day(2),
        day(3),
    )  # fmt: skip
    return usual._replace(**more)


def held(quantity: int = 1, **more: Any) -> Held:
    """An item of a pack since 1 January."""
    usual = Held(
        ITEM,
        SUBSCRIPTION,
        PRODUCT,
        "pack",
        "pack",
        Decimal(quantity),
        day(1),
        None,
        False,
        None,
    )
    return usual._replace(**more)


def granted(items: list[Held], grant: GrantDefinition, *, at: datetime) -> list[Source]:
    """The sources of one grant, without the tickets."""
    found = sources_of(life(), items, allowed={PRODUCT: Allowed(grants=(grant,))}, at=at)
    return [each for each in found if each.feature != TICKET]


def test_an_amount_is_for_the_subscription_or_for_each_unit() -> None:
    """3 units of 10: 10, or 30."""
    for per, amount in (("subscription", 10), ("unit", 30)):
        grant = GrantDefinition(feature="mails", amount=Decimal(10), per=per)  # type: ignore[arg-type]
        (found,) = granted([held(3)], grant, at=day(2, 5))
        assert (found.granted, found.from_at, found.until_at) == (Decimal(amount), day(1), None)


def test_an_amount_that_renews_has_the_time_of_the_period() -> None:
    """1 February to 1 March."""
    grant = GrantDefinition(feature="mails", amount=Decimal(10), renews="period")
    (found,) = granted([held()], grant, at=day(2, 5))
    assert (found.from_at, found.until_at, found.renews) == (day(2), day(3), True)


def test_what_is_bought_on_two_days_expires_on_two_days() -> None:
    """2 in January and 3 more in March, each good for 12 months from its day."""
    grant = GrantDefinition(
        feature="mails", amount=Decimal(10), per="unit", valid_for="12 months"
    )
    items = [held(2, until_at=day(3)), held(5, from_at=day(3))]

    found = granted(items, grant, at=day(4))
    assert [(each.granted, each.from_at, each.until_at) for each in found] == [
        (Decimal(20), day(1), day(1, year=2027)),
        (Decimal(30), day(3), day(3, year=2027)),
    ]
    assert [each.from_at for each in granted(items, grant, at=day(2, year=2027))] == [day(3)]


def test_a_pack_grants_nothing_when_its_module_has_ended() -> None:
    """Though its own item goes on, and though it was sold once."""
    grant = GrantDefinition(feature="mails", amount=Decimal(10))
    module = held(item_id=MODULE, product_id=UUID(int=9), kind="module", until_at=day(2))
    for kind in ("pack", "one_time_service"):
        pack = held(module_item_id=MODULE, kind=kind)
        assert len(granted([module, pack], grant, at=day(1, 31))) == 1
        assert granted([module, pack], grant, at=day(2)) == []


def test_what_is_sold_once_stays_though_its_item_ends_at_once() -> None:
    """Its item ends with the moment in which it begins."""
    grant = GrantDefinition(feature="mails", amount=Decimal(10))
    once = held(kind="one_time_service", until_at=day(1))
    assert len(granted([once], grant, at=day(5))) == 1


def test_a_subscription_that_has_ended_or_not_begun_grants_nothing() -> None:
    """Not even tickets."""
    for other in (
        life(ends_at=day(2)),
        life(state="ended"),
        life(starts_at=day(3)),
    ):
        assert list(sources_of(other, [held()], allowed={}, at=day(2))) == []


def test_a_rest_closes_everything_but_tickets() -> None:
    """Whatever the rest is for."""
    grant = GrantDefinition(feature="mails", amount=Decimal(10))
    found = sources_of(
        life(is_resting=True), [held()], allowed={PRODUCT: Allowed(grants=(grant,))}, at=day(2)
    )
    assert [(each.feature, each.closed) for each in found] == [
        (TICKET, None), ("mails", "SUSPENDED"),
    ]  # fmt: skip
