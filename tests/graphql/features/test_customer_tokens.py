"""Tokens of customers: who issues them, what they bring, and what ends them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from core.tenancy.capabilities import OF_A_CUSTOMER
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.customers import customer
from tests.graphql.refusals.pay_tv import digests

CATALOGUE = """
features:
  mails: {name: Mails}
products:
  crm: {kind: module, name: CRM, grants: [{feature: mails, amount: 100}]}
  seat: {kind: licence, name: Seat}
  more: {kind: pack, name: More, needs: [crm]}
  tried: {kind: module, name: Tried, trial: {days: 14}}
price_plans:
  office:
    name: Office
    currency: EUR
    rates: {crm: {base: 10}, seat: {base: 9}, more: {base: 1}, tried: {base: 5}}
billing_terms:
  office: {name: Office, plans: [office], default_plan: office, fixed_charges: advance}
"""
START = "2026-01-10T12:00:00+01:00"
ITEMS = [{"product": "crm"}, {"product": "seat", "quantity": "2"}]


@pytest.fixture(scope="module")
async def people(api: Api) -> dict[str, str]:
    """An account with three members and a subscription, and an empty one; ids by name."""
    one = api.one
    await one.changed("catalogueApply", "__typename", {"yaml": CATALOGUE})
    found = {}
    for ref in ("shop", "other"):
        given = {"name": ref.title(), "ref": ref, "currency": "EUR", "testClock": START}
        made = await one.changed("accountCreate", "account { id }", given)
        found[ref] = made["account"]["id"]
        for role in ("OWNER", "ADMINISTRATOR", "MEMBER"):
            email = f"{role.lower()}@{ref}.fr"
            given = {"account": ref, "name": f"{role} {ref}", "email": email, "role": role}
            made = await one.changed("memberAdd", "member { id }", given)
            found[f"{ref} {role}"] = made["member"]["id"]
    given = {"account": "shop", "billingTerms": "office", "items": ITEMS, "ref": "office"}
    await one.changed("subscriptionCreate", "__typename", given)
    return found


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


async def test_a_token_for_invoices_alone_knows_whose_it_is(
    api: Api, people: dict[str, str]
) -> None:
    """Id and name, to greet somebody by; the rest of the account takes account.read."""
    asking = "{ viewer { scopes accountId accountName account { id } } }"
    reader = await customer(api, "shop", scopes=["invoice.read"])
    assert (await reader.ask(asking))["viewer"] == {
        "scopes": ["invoice.read"],
        "accountId": people["shop"],
        "accountName": "Shop",
        "account": None,
    }
    of_the_seller = (await api.one.ask(asking))["viewer"]
    assert (of_the_seller["accountId"], of_the_seller["accountName"]) == (None, None)


async def test_a_customer_reads_and_buys_for_their_account(
    api: Api, people: dict[str, str]
) -> None:
    """And both are told who it was: staff by name, the customer themselves too."""
    owner = await customer(api, "shop", member=people["shop OWNER"])
    viewer = (await owner.ask("{ viewer { label account { ref } member { role } } }"))["viewer"]
    assert viewer["account"] == {"ref": "shop"}
    assert viewer["member"] == {"role": "OWNER"}
    assert viewer["label"].startswith("customer:")
    added = {"subscription": "office", "product": "seat", "quantity": "1"}
    codes = await owner.codes("subscriptionItemAdd", added)
    assert codes == [("ITEM_ALREADY_THERE", "input.product")]
    items = await owner.ask('{ subscription(ref: "office") { items { id product { code } } } }')
    seat = next(
        each["id"]
        for each in items["subscription"]["items"]
        if each["product"]["code"] == "seat"
    )
    given = {"item": seat, "member": people["shop MEMBER"]}
    selection = "assignment { assignedBy { kind id name } member { name } }"
    made = await owner.changed("licenceAssign", selection, given)
    assert made["assignment"]["assignedBy"] == {
        "kind": "CUSTOMER", "id": None, "name": "OWNER shop",
    }  # fmt: skip
    history = """{ account(ref: "shop") { history(first: 1) { edges { node {
        action actor { kind name } } } } } }"""
    entry = (await api.one.ask(history))["account"]["history"]["edges"][0]["node"]
    assert entry == {
        "action": "licence.assigned", "actor": {"kind": "CUSTOMER", "name": "OWNER shop"},
    }  # fmt: skip
    audited = "{ auditEntries(first: 1) { edges { node { actor { kind name } } } } }"
    entry = (await api.one.ask(audited))["auditEntries"]["edges"][0]["node"]
    assert entry["actor"] == {"kind": "CUSTOMER", "name": "OWNER shop"}


async def test_what_a_customer_buys_is_charged_at_once(
    api: Api, people: dict[str, str]
) -> None:
    """As it is for staff, with a number of the seller's series; and they read the working."""
    owner = await customer(api, "other", member=people["other OWNER"])
    offered = await owner.ask(
        """{ availablePricePlans(account: "other", billingTerms: "office") {
            pricePlan { name } }
            priceList(account: "other") { product { code } price { amount } } }"""
    )
    assert offered["availablePricePlans"] == [{"pricePlan": {"name": "Office"}}]
    prices = {each["product"]["code"]: each["price"]["amount"] for each in offered["priceList"]}
    assert prices == {"crm": "10.00", "seat": "9.00", "more": "1.00", "tried": "5.00"}
    given = {"account": "other", "billingTerms": "office", "items": ITEMS}
    made = await owner.changed("subscriptionCreate", "subscription { id items { id } }", given)
    subscription = made["subscription"]
    order = {"subscription": subscription["id"], "item": "seat", "quantity": "3"}
    selection = "invoices { number total { amount } lines { working { amount } } }"
    charged = await owner.changed("subscriptionItemChangeQuantity", selection, order)
    assert [each["number"][:4] for each in charged["invoices"]] == ["TEST"]  # a test clock
    lines = charged["invoices"][0]["lines"]
    assert lines
    assert all(line["working"] for line in lines)
    preview = """query ($id: ID!) { invoicePreview(subscription: $id) { total { amount } }
        subscription(id: $id) { currentUsage { amount { amount } } } }"""
    shown = await owner.ask(preview, id=subscription["id"])
    assert shown["invoicePreview"] is not None
    added = {"subscription": subscription["id"], "product": "more"}
    added = await owner.changed("subscriptionItemAdd", f"item {{ id }} {selection}", added)
    for mutation, named in (
        ("subscriptionItemEnd", {"item": added["item"]["id"]}),
        ("subscriptionCancel", {"subscription": subscription["id"]}),
        ("subscriptionReactivate", {"subscription": subscription["id"]}),
        ("subscriptionEnd", {"subscription": subscription["id"]}),
    ):
        await owner.changed(mutation, "__typename", named)
    tried = {**given, "items": [{"product": "tried"}]}
    trial = await owner.changed("subscriptionTrialStart", "subscription { id }", tried)
    await owner.changed(
        "subscriptionOrder", selection, {"subscription": trial["subscription"]["id"]}
    )


async def test_a_customer_reads_no_name_of_the_sellers_people(
    api: Api, people: dict[str, str]
) -> None:
    """What staff did is by "staff", what a program did by "seller"."""
    ada = {"email": "ada@one.fr", "name": "Ada", "roles": ["ADMIN"]}
    staff = (await api.one.changed("staffCreate", "staff { id }", ada))["staff"]["id"]
    key = {"name": "Ada's", "staff": staff, "scopes": ["entitlement.write", "account.read"]}
    text = (await api.one.changed("apiKeyIssue", "text", key))["text"]
    hers = KeyClient(api.http, text, api.one.tenant_id)
    seat = {"item": "seat", "subscription": "office", "member": people["shop ADMINISTRATOR"]}
    await hers.changed("licenceAssign", "__typename", seat)
    query = """{ account(ref: "shop") { licenceAssignments(first: 10) { edges { node {
        member { role } assignedBy { kind name } } } } } }"""

    async def read(client: KeyClient) -> Any:
        edges = (await client.ask(query))["account"]["licenceAssignments"]["edges"]
        by = {edge["node"]["member"]["role"]: edge["node"]["assignedBy"] for edge in edges}
        return by["ADMINISTRATOR"]

    assert await read(api.one) == {"kind": "STAFF", "name": "Ada"}
    assert await read(await customer(api, "shop")) == {"kind": "STAFF", "name": "staff"}


async def test_a_member_who_uses_reads_and_asks_and_no_more(
    api: Api, people: dict[str, str]
) -> None:
    """Owner and administrator buy and assign; a member reads, and asks whether they may."""
    user = await customer(api, "shop", member=people["shop MEMBER"])
    scopes = (await user.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
    assert scopes == ["account.read", "subscription.read", "usage.read"]
    asked = '{ can(account: "shop", checks: [{feature: "mails"}]) { allowed } }'
    assert (await user.ask(asked))["can"] == [{"allowed": True}]
    assert (await user.ask('{ account(ref: "shop") { name } }'))["account"]["name"] == "Shop"
    assert await user.refused("{ invoices(first: 1) { totalCount } }") == ["FORBIDDEN"]
    before = await digests(api, api.one)
    for mutation in ("subscriptionCancel", "subscriptionReactivate"):
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        text = f"mutation ($i: {kind}!) {{ {mutation}(input: $i) {{ __typename }} }}"
        assert await user.refused(text, i={"subscription": "office"}) == ["FORBIDDEN"]
    assert await digests(api, api.one) == before
    for role in ("OWNER", "ADMINISTRATOR"):
        holder = await customer(api, "shop", member=people[f"shop {role}"])
        for mutation in ("subscriptionCancel", "subscriptionReactivate"):
            await holder.changed(mutation, "__typename", {"subscription": "office"})


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


async def test_a_customers_idempotency_key_is_nobody_elses(
    api: Api, people: dict[str, str]
) -> None:
    """One that a customer has used is free for the seller, and for another customer."""
    given = {"billingTerms": "office", "items": [{"product": "crm"}]}
    made = []
    for ref in ("shop", "other"):
        asked = {**given, "account": ref, "idempotencyKey": "order-1"}
        token = await customer(api, ref)
        for _again in range(2):
            answer = await token.changed("subscriptionCreate", "subscription { id }", asked)
            made.append(answer["subscription"]["id"])
    asked = {**given, "account": "shop", "idempotencyKey": "order-1"}
    answer = await api.one.changed("subscriptionCreate", "subscription { id }", asked)
    made.append(answer["subscription"]["id"])
    assert made[0] == made[1]
    assert made[2] == made[3]
    assert len(set(made)) == 3


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
