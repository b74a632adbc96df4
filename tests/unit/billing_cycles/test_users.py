"""How many users a period has beyond its packs: the most at one moment."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from core.billing_cycles.users import HeldModule, HeldPack, Opened, People
from core.kernel.periods import Period

SALES, CRM, SUITE = UUID(int=1), UUID(int=2), UUID(int=3)
FIRST, SECOND = UUID(int=11), UUID(int=12)
BO, CY, DI = UUID(int=21), UUID(int=22), UUID(int=23)
NONE = Decimal(0)


def day(number: int) -> datetime:
    """A day of January 2026."""
    return datetime(2026, 1, number, tzinfo=UTC)


JANUARY = Period(day(1), datetime(2026, 2, 1, tzinfo=UTC))


def module(
    product: UUID, *, item: int = 1, of: UUID = FIRST, since: int = 1, until: int | None = None
) -> HeldModule:
    """A module that includes nobody beside the administrator."""
    end = None if until is None else day(until)
    return HeldModule(UUID(int=100 + item), of, product, NONE, day(since), end)


def opened(member: UUID, product: UUID, since: int = 1, until: int | None = None) -> Opened:
    """A right."""
    return Opened(member, product, day(since), None if until is None else day(until))


def pack(users: int, *, item: int = 1, since: int = 1) -> HeldPack:
    """A pack that belongs to a module's item."""
    return HeldPack(UUID(int=100 + item), Decimal(users), day(since), None)


def people(
    modules: list[HeldModule], rights: list[Opened], packs: list[HeldPack] | None = None
) -> People:
    """An account whose suite has Sales and CRM."""
    return People(modules, packs or [], rights, {SUITE: {SALES, CRM}})


def beyond(found: People, product: UUID = SALES, of: UUID = FIRST, **within: Period) -> int:
    """Return how many users are beyond in January, or in the time given."""
    peak = found.peak(of, product, within=within.get("within", JANUARY))
    return 0 if peak is None else int(peak.beyond)


def test_who_comes_when_another_leaves_is_not_counted_beside() -> None:
    """Bo until the 10th, Cy from that instant on: one at every moment."""
    rights = [opened(BO, SALES, 1, 10), opened(CY, SALES, 10)]
    assert beyond(people([module(SALES)], rights)) == 1


def test_an_hour_together_counts_two() -> None:
    """Cy comes a day before Bo leaves; the peak names that day and who was there."""
    rights = [opened(BO, SALES, 1, 10), opened(CY, SALES, 9)]
    peak = people([module(SALES)], rights).peak(FIRST, SALES, within=JANUARY)
    assert peak is not None
    assert (peak.beyond, peak.users, peak.covered, peak.at) == (Decimal(2), 2, NONE, day(9))


def test_two_rights_make_one_user() -> None:
    """Sales in one company and in another, or through two profiles: one person."""
    assert beyond(people([module(SALES)], [opened(BO, SALES), opened(BO, SALES, 5)])) == 1


def test_a_pack_covers_the_module_that_it_belongs_to() -> None:
    """Two users of both modules, and a pack of two for Sales: two are left, on CRM."""
    rights = [opened(one, where) for one in (BO, CY) for where in (SALES, CRM)]
    found = people([module(SALES), module(CRM, item=2)], rights, [pack(2)])
    assert (beyond(found), beyond(found, CRM)) == (0, 2)


def test_a_pack_that_comes_later_does_not_cover_what_was_before() -> None:
    """Three users from the 1st, a pack of two from the 20th: three were beyond until then."""
    rights = [opened(one, SALES) for one in (BO, CY, DI)]
    assert beyond(people([module(SALES)], rights, [pack(2, since=20)])) == 3


def test_a_suite_counts_a_user_of_several_modules_once() -> None:
    """Bo sells and keeps contacts, Cy only sells: two."""
    rights = [opened(BO, SALES), opened(BO, CRM), opened(CY, SALES)]
    assert beyond(people([module(SUITE)], rights), SUITE) == 2


def test_a_right_counts_for_the_modules_own_item_before_the_suite() -> None:
    """Sales is there by itself too: its user is counted there, and not again in the suite."""
    found = people(
        [module(SUITE), module(SALES, item=2, of=SECOND)], [opened(BO, SALES), opened(CY, CRM)]
    )
    assert (beyond(found, SUITE), beyond(found, SALES, SECOND)) == (1, 1)


def test_a_right_on_a_module_that_is_not_there_counts_for_nothing() -> None:
    """Bo may open CRM, which the account has only until the 5th; the right comes then."""
    found = people([module(SALES), module(CRM, item=2, until=5)], [opened(BO, CRM, 5)])
    assert (beyond(found), beyond(found, CRM)) == (0, 0)


def test_the_same_module_in_two_subscriptions_is_counted_once() -> None:
    """The older item has the user."""
    found = people(
        [module(SALES, since=2), module(SALES, item=2, of=SECOND)], [opened(BO, SALES, 3)]
    )
    assert (beyond(found), beyond(found, SALES, SECOND)) == (0, 1)


def test_what_lies_outside_the_period_does_not_count() -> None:
    """A right that ends with the first instant, and one that begins with the end."""
    rights = [opened(BO, SALES, 1, 10), opened(CY, SALES, 20)]
    assert beyond(people([module(SALES)], rights), within=Period(day(10), day(20))) == 0


def test_a_rest_takes_its_moments_out() -> None:
    """Two users from the 10th to the 15th, in which the subscription rests: one is left."""
    found = people([module(SALES)], [opened(BO, SALES), opened(CY, SALES, 10, 15)])
    peak = found.peak(FIRST, SALES, within=JANUARY, rests=[Period(day(9), day(16))])
    assert peak is not None
    assert peak.beyond == 1
