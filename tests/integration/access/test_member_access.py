"""What members may open follows their profiles, to the instant."""

from __future__ import annotations

import pytest

from core.access.member_profiles import SetMemberProfiles, set_member_profiles
from core.access.profiles import (
    CreateProfile,
    UpdateProfile,
    create_profile,
    remove_profile,
    update_profile,
)
from core.access.records import Right
from core.access.refusals import (
    CompanyOfOtherAccount,
    NotAModule,
    ProfileNameTaken,
    ProfileOfOtherAccount,
)
from core.accounts.add_company import AddCompany, add_company
from core.accounts.remove_company import RemoveCompany
from core.accounts.remove_member import RemoveMember
from core.changes.leaving import company_leaves, member_leaves
from tests.building import utc
from tests.integration.access.conftest import People


async def test_a_profile_gives_its_rights_from_the_day_it_is_given(people: People) -> None:
    """Bo sells from the 3rd to the 20th; Cy, who has no profile, opens nothing."""
    selling = await people.profile("Selling", "sales", "crm")
    await people.give(utc(1, 3), "bo", selling)
    await people.give(utc(1, 20), "bo")
    assert await people.access() == [
        ("bo", "crm", utc(1, 3), utc(1, 20)),
        ("bo", "sales", utc(1, 3), utc(1, 20)),
    ]


async def test_a_change_of_a_profile_reaches_all_who_have_it(people: People) -> None:
    """On the 10th CRM takes the place of Sales, which nobody keeps a day longer."""
    selling = await people.profile("Selling", "sales")
    await people.give(utc(1, 3), "bo", selling)
    await people.give(utc(1, 4), "cy", selling)
    async with people.shop.at(utc(1, 10)) as tx:
        rights = [Right(people.products["crm"])]
        await update_profile(tx, UpdateProfile(selling.id, rights=rights))
    assert await people.access() == [
        ("bo", "crm", utc(1, 10), None),
        ("bo", "sales", utc(1, 3), utc(1, 10)),
        ("cy", "crm", utc(1, 10), None),
        ("cy", "sales", utc(1, 4), utc(1, 10)),
    ]


async def test_a_removed_profile_takes_its_rights_along(people: People) -> None:
    """Another profile with the same right keeps it open."""
    one, other = await people.profile("One", "sales"), await people.profile("Other", "sales")
    await people.give(utc(1, 3), "bo", one, other)
    async with people.shop.at(utc(1, 10)) as tx:
        await remove_profile(tx, one.id)
    assert await people.access() == [
        ("bo", "sales", utc(1, 3), utc(1, 10)),
        ("bo", "sales", utc(1, 3), None),
    ]


async def test_who_leaves_opens_nothing_any_more(people: People) -> None:
    """Leaving ends the rights that day; leaving once more changes nothing."""
    await people.give(utc(1, 3), "bo", await people.profile("Selling", "sales"))
    for day in (10, 12):
        async with people.shop.at(utc(1, day)) as tx:
            await member_leaves(tx, RemoveMember(people.members["bo"]))
    assert await people.access() == [("bo", "sales", utc(1, 3), utc(1, 10))]


async def test_a_right_in_a_company_ends_with_the_company(people: People) -> None:
    """The right in all companies stays."""
    async with people.shop.at(utc(1)) as tx:
        company = await add_company(tx, AddCompany(people.account_id, "Branch"))
    there = await people.profile("There", "sales", company=company.id)
    everywhere = await people.profile("Everywhere", "sales")
    await people.give(utc(1, 3), "bo", there, everywhere)
    async with people.shop.at(utc(1, 9)) as tx:
        await company_leaves(tx, RemoveCompany(company.id))
    assert await people.access() == [
        ("bo", "sales", utc(1, 3), utc(1, 9)),
        ("bo", "sales", utc(1, 3), None),
    ]


async def test_giving_the_same_profiles_again_changes_nothing(people: People) -> None:
    """One interval, and one entry of history."""
    selling = await people.profile("Selling", "sales")
    for day in (3, 9):
        await people.give(utc(1, day), "bo", selling)
    assert await people.access() == [("bo", "sales", utc(1, 3), None)]
    async with people.shop.at() as tx:
        told = await tx.fetchval(
            "SELECT count(*) FROM history_entry WHERE tenant_id = $1 AND action = $2",
            tx.tenant_id,
            "member.profiles_set",
        )
    assert told == 1


async def test_rights_are_on_modules_and_companies_of_the_account(people: People) -> None:
    """A licence is no module; a company of another account is unknown; nothing is stored."""
    other = await people.shop.customer("Other", opened=utc(1))
    async with people.shop.at(utc(1)) as tx:
        theirs = await add_company(tx, AddCompany(other, "Theirs"))
    for right, refusal in (
        (Right(people.products["seats"]), NotAModule),
        (Right(people.products["sales"], theirs.id), CompanyOfOtherAccount),
    ):
        with pytest.raises(refusal):
            async with people.shop.at(utc(1)) as tx:
                await create_profile(tx, CreateProfile(people.account_id, "No", [right]))
    async with people.shop.at() as tx:
        stored = await tx.fetchval(
            "SELECT count(*) FROM profile WHERE tenant_id = $1", tx.tenant_id
        )
    assert stored == 0


async def test_names_are_taken_once_and_profiles_stay_in_their_account(people: People) -> None:
    """A removed profile frees its name."""
    first = await people.profile("Selling", "sales")
    with pytest.raises(ProfileNameTaken):
        await people.profile("Selling", "crm")
    async with people.shop.at(utc(1)) as tx:
        await remove_profile(tx, first.id)
    await people.profile("Selling", "crm")
    with pytest.raises(ProfileOfOtherAccount):
        async with people.shop.at(utc(1)) as tx:
            command = SetMemberProfiles(people.members["bo"], [first.id])
            await set_member_profiles(tx, command)
    assert await people.access() == []


async def test_a_right_given_while_its_period_closes_begins_with_the_next(
    people: People,
) -> None:
    """What a frozen period counts is settled: the change acts from its end on."""
    subscription = await people.shop.subscribed(people.account_id, ("sales", "1"))
    async with people.shop.at(utc(1)) as tx:
        await tx.execute(
            "UPDATE billing_period SET state = 'frozen' WHERE tenant_id = $1"
            " AND subscription_id = $2 AND starts_at = $3",
            tx.tenant_id, subscription.id, utc(1),
        )  # fmt: skip
    await people.give(utc(1, 31, 23), "bo", await people.profile("Selling", "sales"))
    assert await people.access() == [("bo", "sales", utc(2), None)]
