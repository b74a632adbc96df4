"""Staff who sign in with a provider: who is let in, with which rights, and who is told so."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.door import VIEWER, Door, door, is_let_in, provider
from tests.graphql.refusals.pay_tv import digests
from tests.identity_provider import LocalProvider

__all__ = ["door", "provider"]


async def test_staff_sign_in_with_what_a_provider_says_of_them(door: Door) -> None:
    """With all that their roles bring, under their own name, until the token's end."""
    staff = await door.staff("ada", "VIEWER")
    provider = await door.linked("ada-app")
    stranger = door.with_token(aud="ada-app", sub="ada-1")
    assert not await is_let_in(stranger)
    await door.bound(staff, provider, "ada-1")
    ada = door.with_token(aud="ada-app", sub="ada-1")
    viewer = (await ada.ask(VIEWER))["viewer"]
    assert viewer["label"].startswith("staff:")
    assert viewer["scopes"] == [
        "account.read", "catalogue.read", "invoice.read", "job.read", "subscription.read",
        "usage.read",
    ]  # fmt: skip
    ends = datetime.fromisoformat(viewer["expiresAt"])
    assert int((ends - door.clock.now()).total_seconds()) in {3599, 3600}
    named = {"code": "x", "name": "X"}
    text = "mutation ($i: OrgUnitCreateInput!) { orgUnitCreate(input: $i) { __typename } }"
    assert await ada.refused(text, i=named) == ["FORBIDDEN"]
    assert not await is_let_in(door.with_token(aud="another-app", sub="ada-1"))
    assert not await is_let_in(door.with_token(aud="ada-app", sub="eve"))


async def test_who_comes_with_a_verified_address_is_bound_where_the_link_says_so(
    door: Door,
) -> None:
    """Once, to an active person; whose binding was taken away does not come back by it."""
    await door.staff("bea")
    await door.linked("strict-app")
    claims = {"sub": "bea-1", "email": "Bea@one.fr", "email_verified": True}
    assert not await is_let_in(door.with_token(aud="strict-app", **claims))
    await door.linked("open-app", by_email=True)
    for more in ({"email_verified": False}, {"email": "nobody@one.fr"}, {"email": "bea"}):
        assert not await is_let_in(door.with_token(aud="open-app", **{**claims, **more}))
    bea = door.with_token(aud="open-app", **claims)
    assert await is_let_in(bea)
    query = """{ staffIdentities(last: 1) { edges { node { id subject staff { name } } } } }"""
    node = (await door.one.ask(query))["staffIdentities"]["edges"][0]["node"]
    assert (node["subject"], node["staff"]["name"]) == ("bea-1", "bea")
    assert not await is_let_in(door.with_token(aud="open-app", **{**claims, "sub": "bea-2"}))
    await door.one.changed("staffIdentityUnbind", "__typename", {"identity": node["id"]})
    door.pass_by(30)
    assert not await is_let_in(bea)
    assert not await is_let_in(door.with_token(aud="open-app", **claims))


async def test_what_is_linked_and_bound_is_refused_by_its_code(door: Door) -> None:
    """And nothing changes."""
    staff = await door.staff("cem", "ADMIN")
    provider = await door.linked("cem-app")
    await door.bound(staff, provider, "cem-1")
    ended = await door.linked("over-app")
    await door.one.changed("identityProviderUnlink", "__typename", {"provider": ended})
    issuer = door.provider.issuer
    gone = await door.staff("gone")
    await door.one.changed("staffDisable", "__typename", {"staff": gone})
    bind = {"staff": staff, "provider": provider, "subject": "cem-2"}
    before = await digests(door.api, door.api.one, door.api.other)
    for client, mutation, given, told in (
        (door.one, "identityProviderLink", {"issuer": "https://evil.example", "audience": "a"},
         ("ISSUER_NOT_TRUSTED", "input.issuer")),
        (door.one, "identityProviderLink", {"issuer": issuer, "audience": "cem-app"},
         ("AUDIENCE_TAKEN", "input.audience")),
        (door.one, "identityProviderLink", {"issuer": issuer, "audience": " "},
         ("INVALID_TEXT", "input.audience")),
        (door.other, "identityProviderUnlink", {"provider": provider},
         ("NOT_FOUND", "input.provider")),
        (door.one, "staffIdentityBind", {**bind, "subject": "cem-1"},
         ("IDENTITY_TAKEN", "input.subject")),
        (door.one, "staffIdentityBind", {**bind, "provider": ended},
         ("NOT_FOUND", "input.provider")),
        (door.one, "staffIdentityBind", {**bind, "staff": gone}, ("NOT_FOUND", "input.staff")),
        (door.other, "staffIdentityBind", bind, ("NOT_FOUND", "input.staff")),
        (door.one, "staffIdentityBind", {**bind, "subject": ""},
         ("INVALID_TEXT", "input.subject")),
        (door.one, "staffIdentityUnbind", {"identity": staff},
         ("INVALID_ID", "input.identity")),
    ):  # fmt: skip
        assert await client.codes(mutation, given) == [told], (mutation, given)
    assert await digests(door.api, door.api.one, door.api.other) == before


async def test_nobody_lets_in_whose_roles_bring_more_than_they_have(door: Door) -> None:
    """Binding an administrator to a subject of one's own would be a way up."""
    staff = await door.staff("dag", "ADMIN")
    provider = await door.linked("dag-app")
    narrow = await door.api.key_with("staff.write")
    narrow = KeyClient(door.http, narrow.key, narrow.tenant_id)
    given = {"staff": staff, "provider": provider, "subject": "mine"}
    text = (
        "mutation ($i: StaffIdentityBindInput!) { staffIdentityBind(input: $i) { __typename } }"
    )
    assert await narrow.refused(text, i=given) == ["FORBIDDEN"]
    assert not await is_let_in(door.with_token(aud="dag-app", sub="mine"))


async def test_a_limited_unit_signs_in_with_a_limited_view(door: Door) -> None:
    """As with a key: it sees its unit's accounts, and lacks staff.write."""
    await door.one.changed("orgUnitCreate", "__typename", {"code": "far", "name": "Far"})
    given = {"email": "eli@one.fr", "name": "Eli", "orgUnit": "far", "roles": ["ADMIN"]}
    staff = (await door.one.changed("staffCreate", "staff { id }", given))["staff"]["id"]
    await door.bound(staff, await door.linked("eli-app"), "eli")
    roots = {"name": "Root's", "ref": "roots", "currency": "EUR"}
    await door.one.changed("accountCreate", "__typename", roots)
    eli = door.with_token(aud="eli-app", sub="eli")
    query = '{ account(ref: "roots") { name } }'
    assert (await eli.ask(query))["account"] == {"name": "Root's"}
    await door.one.changed("tenantUpdate", "__typename", {"limitsViewing": True})
    try:
        door.pass_by(30)
        assert (await eli.ask(query))["account"] is None
        assert "staff.write" not in (await eli.ask(VIEWER))["viewer"]["scopes"]
    finally:
        await door.one.changed("tenantUpdate", "__typename", {"limitsViewing": False})


async def test_a_key_tells_when_it_was_used_last(door: Door) -> None:
    """Noted once a minute at most, so that a busy key costs nothing; null: never."""
    made = await door.one.changed(
        "apiKeyIssue", "text apiKey { id lastUsedAt }", {"name": "k", "scopes": ["usage.read"]}
    )
    assert made["apiKey"]["lastUsedAt"] is None
    client = KeyClient(door.http, made["text"], door.one.tenant_id)
    query = f'{{ node(id: "{made["apiKey"]["id"]}") {{ ... on ApiKey {{ lastUsedAt }} }} }}'

    async def used() -> datetime:
        found = (await door.one.ask(query))["node"]["lastUsedAt"]
        return datetime.fromisoformat(found)

    first = door.clock.now()
    assert await is_let_in(client)
    assert await used() == first
    for seconds, noted in ((31, 0), (28, 0), (31, 90)):  # at 31 s, 59 s and 90 s
        door.pass_by(seconds)
        assert await is_let_in(client)
        assert await used() == first + timedelta(seconds=noted)


async def test_without_trusted_issuers_a_providers_token_is_refused(
    api: Api, provider: LocalProvider
) -> None:
    """With the same words as everything else."""
    assert not await is_let_in(KeyClient(api.http, provider.token()))
    given = {"issuer": provider.issuer, "audience": "x"}
    told = [("ISSUER_NOT_TRUSTED", "input.issuer")]
    assert await api.one.codes("identityProviderLink", given) == told
