"""What customers read and do who were let in, and as whom they are known."""

from __future__ import annotations

from typing import Any

from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.customers import customer
from tests.graphql.features.letting_in import ITEMS, people
from tests.graphql.refusals.pay_tv import digests

__all__ = ["people"]


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
