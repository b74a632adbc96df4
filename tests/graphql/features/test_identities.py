"""Staff who sign in with a provider, and what ends being let in, whatever the credential."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from core.identities import TokenVerifier
from core.kernel.clock import FixedClock
from core.tenancy.authenticate import Authenticator
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.refusals.pay_tv import digests
from tests.identity_provider import LocalProvider, local_provider

VIEWER = "{ viewer { label scopes expiresAt } }"


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the seconds."""
        return self.now


@dataclass
class Door:
    """An application that trusts a provider, at a time that a test moves."""

    api: Api
    http: httpx.AsyncClient
    provider: LocalProvider
    clock: FixedClock
    seconds: Seconds

    @property
    def one(self) -> KeyClient:
        """The administrator of the seller `one`."""
        return KeyClient(self.http, self.api.one.key, self.api.one.tenant_id)

    @property
    def other(self) -> KeyClient:
        """The administrator of the other seller."""
        return KeyClient(self.http, self.api.other.key, self.api.other.tenant_id)

    def with_token(self, **claims: Any) -> KeyClient:
        """Somebody with a token of the provider, in force for an hour from now on."""
        now = int(self.clock.now().timestamp())
        text = self.provider.token(**{"iat": now, "exp": now + 3600, **claims})
        return KeyClient(self.http, text)

    def pass_by(self, seconds: float) -> None:
        """Let time go by, for what is remembered and for what is over."""
        self.seconds.now += seconds
        self.clock.advance(timedelta(seconds=seconds))

    async def staff(self, name: str, *roles: str) -> str:
        """Add a member of the staff; roles are SUPPORT unless said otherwise."""
        given = {"email": f"{name}@one.fr", "name": name, "roles": list(roles or ("SUPPORT",))}
        return str(
            (await self.one.changed("staffCreate", "staff { id }", given))["staff"]["id"]
        )

    async def linked(self, audience: str, *, by_email: bool = False) -> str:
        """Link the provider for an audience."""
        given = {"issuer": self.provider.issuer, "audience": audience, "bindsByEmail": by_email}
        made = await self.one.changed("identityProviderLink", "provider { id }", given)
        return str(made["provider"]["id"])

    async def bound(self, staff: str, provider: str, subject: str) -> str:
        """Bind a subject of the provider to a member of the staff."""
        given = {"staff": staff, "provider": provider, "subject": subject}
        made = await self.one.changed("staffIdentityBind", "identity { id }", given)
        return str(made["identity"]["id"])


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    """A provider with one key."""
    with local_provider() as started:
        yield started


@pytest.fixture
async def door(api: Api, provider: LocalProvider) -> AsyncIterator[Door]:
    """The application with its own clock, and a memory that has seen nobody."""
    clock, seconds = FixedClock(datetime.now(UTC)), Seconds()
    verifier = TokenVerifier([provider.issuer], monotonic=seconds)
    application = replace(
        api.application,
        clock=clock,
        settings=api.application.settings.model_copy(
            update={"oidc_issuers": (provider.issuer,)}
        ),
        authenticator=Authenticator(
            api.application.database,
            pepper=api.application.pepper,
            monotonic=seconds,
            clock=clock,
            verifier=verifier,
        ),
    )
    transport = httpx.ASGITransport(app=create_app(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Door(api, http, provider, clock, seconds)
    await verifier.close()


async def is_let_in(client: KeyClient) -> bool:
    """Say whether a credential is taken; whoever is not learns nothing of why."""
    answer = await client.post(VIEWER)
    if answer.status_code == 200:
        return True
    assert answer.status_code == 401
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    told = "what you sent is not valid; send an API key or a token that is in force"
    assert error["message"] == told
    return False


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
        (door.other, "identityProviderLink", {"issuer": issuer, "audience": "cem-app"},
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


async def test_whoever_is_revoked_is_refused_within_a_minute(door: Door) -> None:
    """Each kind of credential by each way that ends it: in at 0 s, out at 30 s."""
    one = door.one
    account = {"name": "S", "ref": "s", "currency": "EUR"}
    await one.changed("accountCreate", "__typename", account)
    owner = {"account": "s", "name": "O", "email": "o@s.fr", "role": "OWNER"}
    await one.changed("memberAdd", "__typename", owner)

    async def key(**given: Any) -> tuple[KeyClient, str]:
        asked = {"name": "k", "scopes": ["customer_token.issue", "account.read"], **given}
        made = await one.changed("apiKeyIssue", "text apiKey { id }", asked)
        return KeyClient(door.http, made["text"], one.tenant_id), made["apiKey"]["id"]

    async def token(by: KeyClient = one, **given: Any) -> tuple[KeyClient, str]:
        asked = {"account": "s", **given}
        made = await by.changed("customerTokenIssue", "text token { id }", asked)
        return KeyClient(door.http, made["text"], one.tenant_id), made["token"]["id"]

    async def member(name: str) -> str:
        given = {"account": "s", "name": name, "email": f"{name}@s.fr", "role": "MEMBER"}
        return str((await one.changed("memberAdd", "member { id }", given))["member"]["id"])

    gil, hal = await door.staff("gil"), await door.staff("hal")
    linked, unlinked = await door.linked("end-app"), await door.linked("end-link")
    ivy, jon = await member("ivy"), await member("jon")
    a_key, a_key_id = await key()
    gils, _ = await key(staff=gil)
    issuing, issuing_id = await key()
    a_token, a_token_id = await token()
    identity = await door.bound(hal, linked, "hal-1")
    await door.bound(hal, linked, "hal-2")
    let_in = {
        "a revoked key": a_key,
        "a disabled person's key": gils,
        "a revoked token": a_token,
        "a removed member's token": (await token(member=ivy))[0],
        "a member's token, all revoked": (await token(member=jon))[0],
        "a token by a revoked key": (await token(by=issuing))[0],
        "a token by a disabled person": (await token(by=gils))[0],
        "an unbound identity": door.with_token(aud="end-app", sub="hal-1"),
        "an unlinked provider": door.with_token(aud="end-link", sub="hal-2"),
    }
    stays = {
        "another token": (await token())[0],
        "another identity": door.with_token(aud="end-app", sub="hal-2"),
    }
    for name, client in {**let_in, **stays}.items():
        assert await is_let_in(client), name
    for mutation, given in (
        ("apiKeyRevoke", {"apiKey": a_key_id}),
        ("apiKeyRevoke", {"apiKey": issuing_id}),
        ("staffDisable", {"staff": gil}),
        ("customerTokenRevoke", {"token": a_token_id}),
        ("customerTokensRevoke", {"account": "s", "member": jon}),
        ("memberRemove", {"member": ivy}),
        ("staffIdentityUnbind", {"identity": identity}),
        ("identityProviderUnlink", {"provider": unlinked}),
    ):
        await one.changed(mutation, "__typename", given)
    door.pass_by(30)
    for name, client in let_in.items():
        assert not await is_let_in(client), name
    for name, client in stays.items():
        assert await is_let_in(client), name
    async with door.api.transaction() as tx:
        await tx.execute("UPDATE account SET state = 'closed' WHERE ref = 's'")
    door.pass_by(30)
    assert not await is_let_in(stays["another token"])
    assert await is_let_in(stays["another identity"])
    door.pass_by(3_600)
    assert not await is_let_in(stays["another identity"])


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
