"""Whoever is let in no more is refused within a minute, whatever the credential."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.door import Door, door, is_let_in, provider

__all__ = ["door", "provider"]

HALF_A_MINUTE = 30
ISSUING = ["customer_token.issue", "account.read"]


@pytest.fixture(scope="module")
async def account(api: Api) -> str:
    """The ref of an account that customers are let in to."""
    given = {"name": "S", "ref": "s", "currency": "EUR"}
    await api.one.changed("accountCreate", "__typename", given)
    owner = {"account": "s", "name": "O", "email": "o@s.fr", "role": "OWNER"}
    await api.one.changed("memberAdd", "__typename", owner)
    return "s"


async def key_of(door: Door, **given: Any) -> tuple[KeyClient, str]:
    """Issue a key that may let customers in; return who holds it, and its id."""
    asked = {"name": "k", "scopes": ISSUING, **given}
    made = await door.one.changed("apiKeyIssue", "text apiKey { id }", asked)
    client = KeyClient(door.http, made["text"], door.one.tenant_id)
    return client, str(made["apiKey"]["id"])


async def token_of(
    door: Door, account: str, *, by: KeyClient | None = None, **given: Any
) -> tuple[KeyClient, str]:
    """Let a customer in to an account; return who holds the token, and its id."""
    asked = {"account": account, **given}
    made = await (by or door.one).changed("customerTokenIssue", "text token { id }", asked)
    client = KeyClient(door.http, made["text"], door.one.tenant_id)
    return client, str(made["token"]["id"])


async def member_of(door: Door, account: str, name: str) -> str:
    """Add a member to an account and return the id."""
    given = {"account": account, "name": name, "email": f"{name}@s.fr", "role": "MEMBER"}
    made = await door.one.changed("memberAdd", "member { id }", given)
    return str(made["member"]["id"])


async def ends(door: Door, mutation: str, given: dict[str, str], *clients: KeyClient) -> None:
    """Make a change by which clients who are let in are refused half a minute later."""
    assert [await is_let_in(each) for each in clients] == [True] * len(clients)
    await door.one.changed(mutation, "__typename", given)
    door.pass_by(HALF_A_MINUTE)
    assert [await is_let_in(each) for each in clients] == [False] * len(clients)


async def test_a_key_that_is_revoked_is_refused(door: Door) -> None:
    """Another one of the same seller is taken still."""
    revoked, ident = await key_of(door)
    other, _ = await key_of(door)
    await ends(door, "apiKeyRevoke", {"apiKey": ident}, revoked)
    assert await is_let_in(other)


async def test_who_is_disabled_is_refused_with_what_they_issued(
    door: Door, account: str
) -> None:
    """Their key, and a customer's token that they gave with it."""
    gil = await door.staff("gil")
    key, _ = await key_of(door, staff=gil)
    given_by_gil, _ = await token_of(door, account, by=key)
    given_by_us, _ = await token_of(door, account)
    await ends(door, "staffDisable", {"staff": gil}, key, given_by_gil)
    assert await is_let_in(given_by_us)


async def test_a_customers_token_that_is_revoked_is_refused(door: Door, account: str) -> None:
    """Another one for the same account is taken still."""
    revoked, ident = await token_of(door, account)
    other, _ = await token_of(door, account)
    await ends(door, "customerTokenRevoke", {"token": ident}, revoked)
    assert await is_let_in(other)


async def test_all_tokens_of_a_member_are_refused_once_revoked(
    door: Door, account: str
) -> None:
    """Those of the account's other members and its own are taken still."""
    jon = await member_of(door, account, "jon")
    first, _ = await token_of(door, account, member=jon)
    second, _ = await token_of(door, account, member=jon)
    owners, _ = await token_of(door, account)
    given = {"account": account, "member": jon}
    await ends(door, "customerTokensRevoke", given, first, second)
    assert await is_let_in(owners)


async def test_a_member_who_is_removed_is_refused(door: Door, account: str) -> None:
    """With the token that names the member."""
    ivy = await member_of(door, account, "ivy")
    token, _ = await token_of(door, account, member=ivy)
    await ends(door, "memberRemove", {"member": ivy}, token)


async def test_a_token_ends_with_the_key_that_gave_it(door: Door, account: str) -> None:
    """Who has stolen a key keeps nothing that they made with it."""
    issuing, ident = await key_of(door)
    token, _ = await token_of(door, account, by=issuing)
    await ends(door, "apiKeyRevoke", {"apiKey": ident}, issuing, token)


async def test_an_identity_that_is_unbound_is_refused(door: Door) -> None:
    """Another identity of the same person is taken until its token's end."""
    hal, linked = await door.staff("hal"), await door.linked("end-app")
    identity = await door.bound(hal, linked, "hal-1")
    await door.bound(hal, linked, "hal-2")
    unbound, other = (door.with_token(aud="end-app", sub=each) for each in ("hal-1", "hal-2"))
    await ends(door, "staffIdentityUnbind", {"identity": identity}, unbound)
    assert await is_let_in(other)
    door.pass_by(3_600)
    assert not await is_let_in(other)


async def test_who_comes_by_a_provider_that_is_unlinked_is_refused(door: Door) -> None:
    """By another audience of the same provider they are let in still."""
    unlinked = await door.linked("end-link")
    await door.bound(await door.staff("liv"), await door.linked("stays"), "liv")
    gone, stays = (door.with_token(aud=each, sub="liv") for each in ("end-link", "stays"))
    await ends(door, "identityProviderUnlink", {"provider": unlinked}, gone)
    assert await is_let_in(stays)


async def test_customers_of_a_closed_account_are_refused(door: Door) -> None:
    """Half a minute later; what remembers them asks again by then."""
    given = {"name": "Closing", "ref": "closing", "currency": "EUR"}
    await door.one.changed("accountCreate", "__typename", given)
    token, _ = await token_of(door, "closing")
    assert await is_let_in(token)
    async with door.api.transaction() as tx:
        await tx.execute("UPDATE account SET state = 'closed' WHERE ref = 'closing'")
    door.pass_by(HALF_A_MINUTE)
    assert not await is_let_in(token)


async def test_a_token_is_refused_at_its_end_and_not_later(door: Door) -> None:
    """Not remembered beyond it: a minute's token after a minute."""
    staff = await door.staff("fay")
    await door.bound(staff, await door.linked("fay-app"), "fay")
    now = int(door.clock.now().timestamp())
    fay = door.with_token(aud="fay-app", sub="fay", exp=now + 60)
    assert await is_let_in(fay)
    door.pass_by(45)
    assert await is_let_in(fay)
    door.pass_by(15)
    assert not await is_let_in(fay)
