"""Seats: given to members and taken back, never more than are bought."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.access.teams import CreateTeam, create_team
from core.accounts.remove_member import MemberNotFound, RemoveMember
from core.changes.leaving import member_leaves
from core.licences.assign import AssignLicence, NoSeatLeft, assign_licence
from core.licences.records import LicenceAssignment
from core.licences.release import release_licence
from core.licences.seats import NoLicence, SeatsInUse, require_free, set_seats
from core.subscriptions.change_quantity import change_quantity
from tests.building import FIRST, utc
from tests.integration.entitlements.conftest import Mailer


async def bought(mailer: Mailer, seats: int) -> tuple[UUID, UUID]:
    """Buy seats; return the account and the item."""
    account = await mailer.shop.customer()
    subscription = await mailer.subscribed(account, ("seat", str(seats)))
    ((item,),) = await mailer.shop.rows(
        "SELECT item_id FROM subscription_item WHERE tenant_id = $1 AND subscription_id = $2",
        subscription.id,
    )
    return account, item


async def give(
    mailer: Mailer, item: UUID, member: UUID, *, now: datetime = FIRST
) -> LicenceAssignment:
    """Assign one seat."""
    async with mailer.shop.at(now) as tx:
        return (await assign_licence(tx, AssignLicence(item, member)))[0]


async def held(mailer: Mailer) -> list[tuple[int, int]]:
    """How many seats there are and how many are held, by item."""
    rows = await mailer.shop.rows("SELECT seats, used FROM licence_seat WHERE tenant_id = $1")
    return [(row[0], row[1]) for row in rows]


async def test_only_who_holds_a_licence_may_use_it(mailer: Mailer) -> None:
    """Of two members one holds a seat; both may read, and without a member nobody sends."""
    account, item = await bought(mailer, 2)
    ada = await mailer.member(account, "Ada", "owner")
    ben = await mailer.member(account, "Ben")
    await give(mailer, item, ada)

    assert (await mailer.ask(account, "seats.use", member=ada)).verdict.allowed
    refused = (await mailer.ask(account, "seats.use", member=ben)).verdict
    assert (refused.reason, refused.help) == ("NO_LICENCE", "assign_licence")
    assert (await mailer.ask(account, "seats.use")).verdict.reason == "NO_LICENCE"
    assert (await mailer.ask(account, "reports", member=ben)).verdict.allowed


async def test_assigning_acts_at_once_both_ways(mailer: Mailer) -> None:
    """Given, given again without taking a second seat, taken back, taken back again."""
    account, item = await bought(mailer, 1)
    ada = await mailer.member(account, "Ada", "owner")
    first = await give(mailer, item, ada)
    assert (await give(mailer, item, ada)).id == first.id
    assert await held(mailer) == [(1, 1)]

    for _ in range(2):
        async with mailer.shop.at(utc(1, 2)) as tx:
            released = await release_licence(tx, first.id)
        assert (released.until_at, released.released_by) == (utc(1, 2), "staff:ada")

    assert await held(mailer) == [(1, 0)]
    later = (await mailer.ask(account, "seats.use", member=ada, now=utc(1, 3))).verdict
    assert later.reason == "NO_LICENCE"


async def test_16_at_once_share_5_seats(mailer: Mailer) -> None:
    """Five are given, eleven refused; nobody holds two."""
    account, item = await bought(mailer, 5)
    people = [await mailer.member(account, "Ada", "owner")]
    people += [await mailer.member(account, f"M{number}") for number in range(15)]

    async def attempt(member: UUID) -> bool:
        try:
            await give(mailer, item, member)
        except NoSeatLeft:
            return False
        return True

    given = await asyncio.gather(*(attempt(member) for member in people))

    assert sum(given) == 5
    assert await held(mailer) == [(5, 5)]
    assert await mailer.shop.rows(
        "SELECT count(DISTINCT member_id) FROM licence_assignment WHERE tenant_id = $1"
    ) == [(5,)]


async def test_a_team_gets_a_licence_for_each_or_none_at_all(mailer: Mailer) -> None:
    """Three members, one of whom holds a seat, and two free seats: that is enough; with one
    free seat nobody gets any.
    """
    account, item = await bought(mailer, 3)
    people = [await mailer.member(account, "Ada", "owner")]
    people += [await mailer.member(account, name) for name in ("Ben", "Cleo", "Dan")]
    async with mailer.shop.at(FIRST) as tx:
        team = await create_team(tx, CreateTeam(account, "Sales", people[:3]))
    await give(mailer, item, people[0])
    outside = await give(mailer, item, people[3])

    with pytest.raises(NoSeatLeft, match="2 seats of seat are needed, 1 of 3 are free"):
        async with mailer.shop.at(FIRST) as tx:
            await assign_licence(tx, AssignLicence(item, team_id=team.id))
    assert await held(mailer) == [(3, 2)]

    async with mailer.shop.at(FIRST) as tx:
        await release_licence(tx, outside.id)
        assigned = await assign_licence(tx, AssignLicence(item, team_id=team.id))
    assert {each.member_id for each in assigned} == set(people[:3])
    assert await held(mailer) == [(3, 3)]


async def test_fewer_seats_than_are_held_cannot_be_chosen(mailer: Mailer) -> None:
    """Three held of three: two are refused now and for later; after a release two will do."""
    account, item = await bought(mailer, 3)
    people = [await mailer.member(account, "Ada", "owner")]
    people += [await mailer.member(account, name) for name in ("Ben", "Cleo")]
    given = [await give(mailer, item, each) for each in people]

    with pytest.raises(SeatsInUse, match="3 seats are held, 2 would be left; release 1"):
        async with mailer.shop.at(FIRST) as tx:
            await set_seats(tx, item, given[0].subscription_id, 2)
    with pytest.raises(SeatsInUse):
        async with mailer.shop.at(FIRST) as tx:
            await require_free(tx, item, seats=2)
    assert await held(mailer) == [(3, 3)]

    async with mailer.shop.at(FIRST) as tx:
        await release_licence(tx, given[1].id)
        await set_seats(tx, item, given[0].subscription_id, 2)
    assert await held(mailer) == [(2, 2)]


async def test_the_longest_held_keep_theirs_when_fewer_act(mailer: Mailer) -> None:
    """Fewer were chosen for February while two were held; a third is given one in January,
    and on 1 February the third, who came last, holds nothing.
    """
    account, item = await bought(mailer, 3)
    people = [await mailer.member(account, "Ada", "owner")]
    people += [await mailer.member(account, name) for name in ("Ben", "Cleo")]
    for day, each in enumerate(people[:2], start=2):
        await give(mailer, item, each, now=utc(1, day))
    async with mailer.shop.at(utc(1, 5)) as tx:
        await change_quantity(tx, item_id=item, quantity=Decimal(2))
    await give(mailer, item, people[2], now=utc(1, 20))

    async def who(now: datetime) -> list[bool]:
        return [
            (await mailer.ask(account, "seats.use", member=each, now=now)).verdict.allowed
            for each in people
        ]

    assert await who(utc(1, 31)) == [True, True, True]
    assert await who(utc(2, 1)) == [True, True, False]
    with pytest.raises(NoSeatLeft):
        await give(mailer, item, people[2], now=utc(2, 2))
    assert await mailer.shop.rows(
        "SELECT until_at, released_by FROM licence_assignment"
        " WHERE tenant_id = $1 AND member_id = $2",
        people[2],
    ) == [(None, None)], "the refusal rolled back what it had settled"
    async with mailer.shop.at(utc(2, 2)) as tx:
        await assign_licence(tx, AssignLicence(item, people[0]))
    assert await mailer.shop.rows(
        "SELECT until_at, released_by FROM licence_assignment"
        " WHERE tenant_id = $1 AND member_id = $2",
        people[2],
    ) == [(utc(2, 1), "fewer seats")]


async def test_a_member_who_leaves_holds_nothing(mailer: Mailer) -> None:
    """The seat is free for the next one, and the one who left cannot be given another."""
    account, item = await bought(mailer, 1)
    await mailer.member(account, "Ada", "owner")
    ben = await mailer.member(account, "Ben")
    await give(mailer, item, ben)

    async with mailer.shop.at(utc(1, 2)) as tx:
        await member_leaves(tx, RemoveMember(ben))

    assert await held(mailer) == [(1, 0)]
    with pytest.raises(MemberNotFound):
        await give(mailer, item, ben)


async def test_only_licences_have_seats(mailer: Mailer) -> None:
    """A module is nobody's; setting its seats does nothing."""
    account = await mailer.shop.customer()
    subscription = await mailer.subscribed(account, ("office", "1"))
    ada = await mailer.member(account, "Ada", "owner")
    ((item,),) = await mailer.shop.rows(
        "SELECT item_id FROM subscription_item WHERE tenant_id = $1"
    )

    with pytest.raises(NoLicence):
        await give(mailer, item, ada)
    async with mailer.shop.at(FIRST) as tx:
        await set_seats(tx, item, subscription.id, 5)
    assert await held(mailer) == []
