"""Tokens of customers: who issues them, for what, and what ends them."""

from __future__ import annotations

from datetime import datetime

from core.tenancy.capabilities import OF_A_CUSTOMER
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.customers import customer
from tests.graphql.features.letting_in import people
from tests.graphql.refusals.pay_tv import digests

__all__ = ["people"]


async def test_a_token_is_issued_for_one_account(api: Api, people: dict[str, str]) -> None:
    """By ref, for an hour, with all that a customer may have; its text is shown once."""
    asked = {"account": "shop", "idempotencyKey": "visit-1"}
    selection = """text token { id prefix scopes createdAt expiresAt revokedAt
        issuedBy { kind } account { id } member { id } }"""
    made = await api.one.changed("customerTokenIssue", selection, asked)
    token = made["token"]
    assert made["text"].startswith(f"{token['prefix']}.")
    assert token["prefix"].startswith("ffc_")
    assert set(token["scopes"]) == {each.value for each in OF_A_CUSTOMER}
    lives = datetime.fromisoformat(token["expiresAt"]) - datetime.fromisoformat(
        token["createdAt"]
    )
    assert lives.total_seconds() == 3600
    assert token["issuedBy"]["kind"] == "API_KEY"
    assert token["account"] == {"id": people["shop"]}
    assert token["member"] is None
    again = await api.one.changed("customerTokenIssue", selection, asked)
    assert again == {**made, "text": None}
    listed = await api.one.ask(
        '{ customerTokens(account: "shop", first: 1) { edges { node { id } } } }'
    )
    assert listed["customerTokens"]["edges"] == [{"node": {"id": token["id"]}}]
    found = await api.one.ask(f'{{ node(id: "{token["id"]}") {{ id }} }}')
    assert found["node"] == {"id": token["id"]}


async def test_a_role_that_shrinks_shrinks_the_token(api: Api, people: dict[str, str]) -> None:
    """What the member's role no longer brings, a token issued before does not bring."""
    made = await api.one.changed(
        "memberAdd", "member { id }",
        {"account": "other", "name": "N", "email": "n@x.fr", "role": "MEMBER"},
    )  # fmt: skip
    member = made["member"]["id"]
    async with api.transaction() as tx:
        await tx.execute("UPDATE member SET role = 'owner' WHERE email = 'n@x.fr'")
    token = await customer(api, "other", member=member)
    async with api.transaction() as tx:
        await tx.execute("UPDATE member SET role = 'member' WHERE email = 'n@x.fr'")
    scopes = (await token.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
    assert scopes == ["account.read", "subscription.read", "usage.read"]


async def test_a_token_never_brings_more_than_its_issuer_has(
    api: Api, people: dict[str, str]
) -> None:
    """A narrow key issues narrow tokens; and what is no customer's is refused by its code."""
    narrow = await api.key_with("customer_token.issue", "account.read", "subscription.write")
    token = await customer(api, "shop", client=narrow)
    scopes = (await token.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
    assert scopes == ["account.read", "subscription.write"]
    text = "mutation ($i: CustomerTokenIssueInput!) { customerTokenIssue(input: $i) { text } }"
    beyond = {"account": "shop", "scopes": ["invoice.read"]}
    reader = await api.key_with("account.read")
    before = await digests(api, api.one)
    assert await narrow.refused(text, i=beyond) == ["FORBIDDEN"]
    assert await token.refused(text, i={"account": "shop"}) == ["FORBIDDEN"]
    assert await reader.refused(text, i={"account": "shop"}) == ["FORBIDDEN"]
    member = people["shop MEMBER"]
    for given, told in (
        ({"account": "shop", "scopes": ["staff.read"]}, ("UNKNOWN_SCOPE", "scopes")),
        ({"account": "shop", "scopes": []}, ("UNKNOWN_SCOPE", "scopes")),
        (
            {"account": "shop", "member": member, "scopes": ["subscription.write"]},
            ("SCOPE_BEYOND_ROLES", "scopes"),
        ),
        ({"account": "other", "member": member}, ("NOT_FOUND", "member")),
        ({"account": "nobody"}, ("NOT_FOUND", "account")),
        ({"account": people["shop"], "member": people["shop"]}, ("INVALID_ID", "member")),
        (
            {"account": "shop", "expiresInSeconds": 59},
            ("TOKEN_LIFE_OUT_OF_BOUNDS", "expiresInSeconds"),
        ),
        (
            {"account": "shop", "expiresInSeconds": 86_401},
            ("TOKEN_LIFE_OUT_OF_BOUNDS", "expiresInSeconds"),
        ),
    ):
        code, name = told
        assert await api.one.codes("customerTokenIssue", given) == [(code, f"input.{name}")]
    theirs = await api.other.codes("customerTokenIssue", {"account": people["shop"]})
    assert theirs == [("NOT_FOUND", "input.account")]
    assert await digests(api, api.one) == before


async def test_tokens_are_issued_for_what_ones_unit_sees(
    api: Api, people: dict[str, str]
) -> None:
    """A unit that does not see an account lets nobody in to it, and lists no token of it."""
    await api.one.changed("orgUnitCreate", "__typename", {"code": "far", "name": "Far"})
    bob = {"email": "bob@one.fr", "name": "Bob", "orgUnit": "far", "roles": ["SUPPORT"]}
    staff = (await api.one.changed("staffCreate", "staff { id }", bob))["staff"]["id"]
    key = {"name": "Bob's", "staff": staff, "scopes": ["customer_token.issue", "account.read"]}
    text = (await api.one.changed("apiKeyIssue", "text", key))["text"]
    bobs = KeyClient(api.http, text, api.one.tenant_id)
    await customer(api, "shop")
    count = "{ customerTokens(first: 1) { totalCount } }"
    assert (await bobs.ask(count))["customerTokens"]["totalCount"] > 0
    await api.one.changed("tenantUpdate", "__typename", {"limitsViewing": True})
    try:
        told = [("NOT_FOUND", "input.account")]
        for given in ({"account": "shop"}, {"account": people["shop"]}):
            assert await bobs.codes("customerTokenIssue", given) == told
            assert await bobs.codes("customerTokensRevoke", given) == told
        assert (await bobs.ask(count))["customerTokens"]["totalCount"] == 0
    finally:
        await api.one.changed("tenantUpdate", "__typename", {"limitsViewing": False})


async def test_tokens_that_are_long_over_are_forgotten(
    api: Api, people: dict[str, str]
) -> None:
    """A week after their end; the audit trail keeps that there was one."""
    await customer(api, "other")
    async with api.transaction() as tx:
        await tx.execute(
            "UPDATE customer_token SET created_at = created_at - interval '9 days',"
            " expires_at = expires_at - interval '9 days' WHERE account_id IN"
            " (SELECT id FROM account WHERE ref = 'other')"
        )
        old = [row[0] for row in await tx.fetch(
            "SELECT prefix FROM customer_token WHERE expires_at < now() - interval '7 days'"
        )]  # fmt: skip
        known = "SELECT count(*) FROM customer_token_prefix WHERE prefix = ANY ($1::text[])"
        assert await tx.fetchval(known, old) == len(old) > 0
    await customer(api, "other")
    async with api.transaction() as tx:
        assert await tx.fetchval(known, old) == 0
        kept = "SELECT count(*) FROM customer_token WHERE prefix = ANY ($1::text[])"
        assert await tx.fetchval(kept, old) == 0
        told = "SELECT count(*) FROM audit_entry WHERE details->>'prefix' = ANY ($1::text[])"
        assert await tx.fetchval(told, old) == len(old)
