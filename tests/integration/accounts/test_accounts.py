"""Accounts, their members and companies, their history, and their time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core.accounts import repository
from core.accounts.add_company import AddCompany, add_company
from core.accounts.add_member import (
    AddMember,
    FirstMemberHolds,
    MemberEmailTaken,
    MemberRoleTaken,
    add_member,
)
from core.accounts.attributes import InvalidAttribute
from core.accounts.clock import account_now
from core.accounts.create_account import (
    AccountRefTaken,
    CreateAccount,
    UnknownAddressField,
    create_account,
)
from core.accounts.records import Account
from core.accounts.remove_company import RemoveCompany, remove_company
from core.accounts.remove_member import LastHolderStays, RemoveMember, remove_member
from core.accounts.update_account import AccountNotFound, UpdateAccount, update_account
from core.contact_details import InvalidEmail, InvalidText, UnknownCountry
from core.kernel.errors import Refusal
from core.kernel.money import UnknownCurrency
from core.kernel.zones import UnknownZone
from core.tenancy.create_org_unit import OrgUnitNotFound
from core.tenancy.create_tenant import CreatedTenant
from tests.integration.conftest import NewTenant, Open

ADA = CreateAccount(name="Ada", ref="ada")

_HISTORY = """
SELECT action, details FROM history_entry WHERE account_id = $1 ORDER BY at DESC, id DESC
"""


async def created(begin: Open, command: CreateAccount = ADA) -> Account:
    """Create an account in a transaction of its own."""
    async with begin() as tx:
        return await create_account(tx, command)


async def test_an_account_takes_from_its_tenant_what_it_does_not_say(
    begin: Open, seller: CreatedTenant
) -> None:
    """Euros, Paris, France, the root unit; and it can be read back as it was made."""
    account = await created(begin)
    assert (account.currency, account.timezone, account.country) == (
        "EUR",
        "Europe/Paris",
        "FR",
    )
    assert account.org_unit_id == seller.root_unit.id
    async with begin() as tx:
        assert await repository.account(tx, account.id) == account


@pytest.mark.parametrize(
    ("change", "refusal", "path"),
    [
        ({"name": " "}, InvalidText, ("name",)),
        ({"name": "a\nb"}, InvalidText, ("name",)),
        ({"name": "x" * 201}, InvalidText, ("name",)),
        ({"currency": "XYZ"}, UnknownCurrency, ()),
        ({"timezone": "Mars/Olympus"}, UnknownZone, ()),
        ({"country": "XX"}, UnknownCountry, ("country",)),
        ({"email": "ada@"}, InvalidEmail, ("email",)),
        ({"org_unit_id": uuid4()}, OrgUnitNotFound, ("orgUnitId",)),
        ({"attributes": {"vip": 1.5}}, InvalidAttribute, ("attributes", "vip")),
        ({"attributes": {"vip": None}}, InvalidAttribute, ("attributes", "vip")),
        ({"attributes": {"1st": True}}, InvalidAttribute, ("attributes", "1st")),
        ({"attributes": {"n": 2**63}}, InvalidAttribute, ("attributes", "n")),
        ({"address": {"street": "x"}}, UnknownAddressField, ("address", "street")),
    ],
)
async def test_what_cannot_be_stored_is_refused_with_its_place(
    begin: Open, change: dict[str, object], refusal: type[Refusal], path: tuple[str, ...]
) -> None:
    """Each value says where it was found, and no account is made."""
    with pytest.raises(refusal) as refused:
        await created(begin, replace(ADA, **change))
    assert refused.value.path == path
    async with begin() as tx:
        assert await tx.fetchval("SELECT count(*) FROM account") == 0


async def test_a_reference_belongs_to_one_account(begin: Open) -> None:
    """The second one is refused; accounts without a reference may be many."""
    await created(begin)
    with pytest.raises(AccountRefTaken):
        await created(begin)
    await created(begin, CreateAccount(name="B"))
    await created(begin, CreateAccount(name="C"))
    async with begin() as tx:
        assert await tx.fetchval("SELECT count(*) FROM account") == 3


async def test_an_update_changes_what_it_names_and_leaves_the_rest(begin: Open) -> None:
    """None clears a field; attributes replace the whole; the history says which changed."""
    command = replace(ADA, email="ada@example.com", attributes={"vip": True, "seats": 3})
    account = await created(begin, command)
    change = UpdateAccount(account.id, name="Émile", email=None, attributes={"seats": 4})
    async with begin() as tx:
        after = await update_account(tx, change)
        history = await tx.fetch(_HISTORY, account.id)
        again = await update_account(tx, change)  # nothing left to change
        unchanged = await tx.fetch(_HISTORY, account.id)
    assert (after.name, after.name_key, after.email) == ("Émile", "emile", None)
    assert after.attributes == {"seats": 4}
    assert after.ref == "ada"
    assert [entry["action"] for entry in history] == ["account.updated", "account.created"]
    assert history[0]["details"] == {"changed": ["attributes", "email", "name"]}
    assert again == after
    assert unchanged == history


async def test_another_tenant_s_account_looks_like_none(
    begin: Open, new_tenant: NewTenant, db: object
) -> None:
    """Updating it is refused as absent, and it stays as it was."""
    account = await created(begin)
    other = await new_tenant()
    async with db.transaction(other.tenant.id, actor="test") as tx:
        with pytest.raises(AccountNotFound):
            await update_account(tx, UpdateAccount(account.id, name="Mine"))
        assert await repository.accounts_by_ids(tx, [account.id]) == {}
    async with begin() as tx:
        assert await repository.account(tx, account.id) == account


async def test_members_begin_with_somebody_who_holds_the_account(begin: Open) -> None:
    """The first is owner or administrator; there is one of each at most."""
    account = await created(begin)

    def member(name: str, role: str) -> AddMember:
        return AddMember(account.id, name=name, email=f"{name}@example.com", role=role)

    async with begin() as tx:
        with pytest.raises(FirstMemberHolds):
            await add_member(tx, member("eve", "member"))
        ada = await add_member(tx, member("ada", "administrator"))
        with pytest.raises(MemberRoleTaken):
            await add_member(tx, member("bob", "administrator"))
        bob = await add_member(tx, member("bob", "member"))
        with pytest.raises(LastHolderStays):
            await remove_member(tx, RemoveMember(ada.id))
        owner = await add_member(tx, member("cleo", "owner"))
        assert (await remove_member(tx, RemoveMember(ada.id))).state == "removed"
        assert (await remove_member(tx, RemoveMember(ada.id))).state == "removed"
        for member_id, state in ((ada.id, "removed"), (bob.id, "active"), (owner.id, "active")):
            kept = await repository.member(tx, member_id)
            assert kept is not None
            assert kept.state == state


async def test_an_address_is_one_active_member_and_free_again_once_removed(begin: Open) -> None:
    """The unique index covers active members only."""
    account = await created(begin)
    ada = AddMember(account.id, name="Ada", email="ada@example.com", role="owner")
    async with begin() as tx:
        made = await add_member(tx, ada)
    with pytest.raises(MemberEmailTaken):
        async with begin() as tx:
            await add_member(tx, replace(ada, role="member", email="ADA@example.com"))
    async with begin() as tx:
        await remove_member(tx, RemoveMember(made.id))
        assert (await add_member(tx, ada)).id != made.id


async def test_companies_come_and_go_and_leave_their_trace(begin: Open) -> None:
    """A removed one stays as it was; the history keeps both steps."""
    account = await created(begin)
    async with begin() as tx:
        company = await add_company(tx, AddCompany(account.id, name="Ada SARL"))
        assert company.country == "FR"  # the account's
        assert await repository.company(tx, company.id) == company
    async with begin() as tx:
        assert (await remove_company(tx, RemoveCompany(company.id))).state == "removed"
        removed = await repository.company(tx, company.id)
        assert removed == replace(company, state="removed")
        history = await tx.fetch(_HISTORY, account.id)
    assert [entry["action"] for entry in history] == [
        "company.removed",
        "company.added",
        "account.created",
    ]


async def test_a_test_clock_is_the_account_s_time(begin: Open) -> None:
    """Without one an account lives in the transaction's instant."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    tested = await created(begin, CreateAccount(name="T", test_clock=start))
    plain = await created(begin)
    async with begin() as tx:
        assert account_now(tx, tested) == start
        assert account_now(tx, plain) == tx.now
