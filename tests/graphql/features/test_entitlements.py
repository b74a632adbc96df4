"""Entitlements, licences and contacts through the API."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api, KeyClient

CATALOGUE = """
features:
  email.send: {name: Send e-mails}
  contacts: {name: Contacts, counts: contacts, beyond: holds}
  seat.use: {name: Use a seat}
products:
  mails: {kind: module, name: Mails, grants: [{feature: email.send, amount: 3}]}
  contacts:
    {kind: termed_service, name: Contacts, grants: [{feature: contacts, amount: 1, per: unit}]}
  seat: {kind: licence, name: Seat, grants: [{feature: seat.use, unlimited: true, per: unit}]}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates: {mails: {base: 1}, contacts: {base: 1}, seat: {base: 1}}
billing_terms:
  monthly: {name: Monthly, plans: [simple]}
"""
CAN = """
query ($account: ID!, $checks: [EntitlementCheckInput!]!) {
  can(account: $account, checks: $checks) {
    feature allowed reason message remaining billed help products { code }
  }
}
"""
START = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
async def seller(api: Api) -> Api:
    """Two sellers with the same catalogue."""
    for client in (api.one, api.other):
        async with api.transaction(client) as tx:
            await apply_catalogue(tx, load_catalogue(CATALOGUE))
    return api


async def customer(client: KeyClient, ref: str) -> dict[str, str]:
    """An account with 2 seats, 3 mails and room for 2 contacts, and two members."""
    account = {"name": ref, "ref": ref, "country": "FR", "currency": "EUR", "testClock": START}
    await client.changed("accountCreate", "account { id }", account)
    items = [
        {"product": "mails"},
        {"product": "contacts", "quantity": "2"},
        {"product": "seat", "quantity": "2"},
    ]
    made = await client.changed(
        "subscriptionCreate",
        "subscription { id items { id product { code } } }",
        {"account": ref, "billingTerms": "monthly", "items": items},
    )
    found = {each["product"]["code"]: each["id"] for each in made["subscription"]["items"]}
    for name, role in (("Ada", "OWNER"), ("Ben", "MEMBER"), ("Cleo", "MEMBER")):
        added = await client.changed(
            "memberAdd",
            "member { id }",
            {"account": ref, "name": name, "email": f"{name}@example.com", "role": role},
        )
        found[name] = added["member"]["id"]
    return found | {"subscription": made["subscription"]["id"]}


async def asked(client: KeyClient, account: str, *checks: dict[str, Any]) -> list[Any]:
    """Ask, and return the verdicts."""
    found: list[Any] = (await client.ask(CAN, account=account, checks=list(checks)))["can"]
    return found


async def test_checks_are_answered_in_their_order(seller: Api) -> None:
    """One allowed, one with what would help, one unknown."""
    ids = await customer(seller.one, "checks")

    found = await asked(
        seller.one,
        "checks",
        {"feature": "email.send", "amount": "3"},
        {"feature": "email.send", "amount": "4"},
        {"feature": "seat.use", "member": ids["Ben"]},
        {"feature": "nothing"},
        {"feature": "support.ticket"},
    )

    assert [(each["allowed"], each["reason"], each["help"]) for each in found] == [
        (True, None, None),
        (False, "USED_UP", "BUY"),
        (False, "NO_LICENCE", "ASSIGN_LICENCE"),
        (False, "UNKNOWN_FEATURE", None),
        (True, None, None),
    ]
    assert found[1]["products"] == [{"code": "mails"}]
    assert found[1]["message"] == "3 of email.send are left, 4 were asked for"
    assert found[1]["remaining"] == "3"
    assert found[4]["remaining"] is None


async def test_many_checks_of_many_accounts_are_a_fixed_number_of_statements(
    seller: Api,
) -> None:
    """Ten times the checks, and twice the accounts: not one statement more."""
    for ref in ("many-1", "many-2"):
        await customer(seller.one, ref)
    query = """
    query ($checks: [EntitlementCheckInput!]!, $ref: String!) {
      accounts(first: 20, where: {nameStartsWith: $ref}) { edges { node {
        can(checks: $checks) { allowed }
        entitlements { feature remaining }
      } } }
    }
    """
    counts = []
    for ref, number in (("many-1", 1), ("many-", 10)):
        checks = [{"feature": "email.send", "amount": str(n + 4)} for n in range(number)]
        with seller.statements() as seen:
            answer = await seller.one.ask(query, ref=ref, checks=checks)
        nodes = [edge["node"] for edge in answer["accounts"]["edges"]]
        assert [len(node["can"]) for node in nodes] == [number] * len(nodes)
        counts.append((len(nodes), len(seen)))

    assert [accounts for accounts, _ in counts] == [1, 2]
    assert counts[0][1] == counts[1][1]


async def test_what_an_account_has_is_listed(seller: Api) -> None:
    """By feature: what grants it, how much, what is left; the ticket comes without an item."""
    ids = await customer(seller.one, "listed")
    await seller.one.changed(
        "entitlementConsume", "isRepeated",
        {"account": "listed", "feature": "email.send", "amount": "2", "source": "a", "id": "1"},
    )  # fmt: skip

    found = await seller.one.ask(
        """{ account(ref: "listed") { entitlements {
          feature granted used remaining counted perLicence reason item product { code }
          subscription { id } } } }"""
    )

    rows = found["account"]["entitlements"]
    assert [
        (row["feature"], row["granted"], row["used"], row["remaining"], row["perLicence"])
        for row in rows
    ] == [
        ("contacts", "2", "0", "2", False),
        ("email.send", "3", "2", "1", False),
        ("seat.use", None, "0", None, True),
        ("support.ticket", None, "0", None, False),
    ]
    assert [row["item"] for row in rows] == [ids["contacts"], ids["mails"], ids["seat"], None]
    assert {row["subscription"]["id"] for row in rows} == {ids["subscription"]}


async def test_consuming_is_once_for_each_report(seller: Api) -> None:
    """The same again is the same answer; other content is refused, and so is too much."""
    ids = await customer(seller.one, "consuming")
    given = {
        "account": "consuming", "feature": "email.send", "amount": "2", "member": ids["Ben"],
        "source": "app", "id": "m1",
    }  # fmt: skip
    shown = "isRepeated consumption { feature amount source eventId member { name } }"

    first = await seller.one.changed("entitlementConsume", shown, given)
    again = await seller.one.changed("entitlementConsume", shown, given)

    assert (first["isRepeated"], again["isRepeated"]) == (False, True)
    assert first["consumption"] == again["consumption"]
    assert first["consumption"]["member"] == {"name": "Ben"}
    for change, code in (
        ({"amount": "1"}, ("CONSUMPTION_CONFLICT", "input.id")),
        ({"id": "m2"}, ("NOT_ENTITLED", "input.feature")),
        ({"id": "m3", "feature": "contacts"}, ("NOT_CONSUMED", "input.feature")),
        ({"id": "m3", "amount": "-1"}, ("INVALID_FEATURE_AMOUNT", "input.amount")),
        ({"id": ""}, ("INVALID_TEXT", "input.id")),
        ({"id": "m3", "account": "nobody"}, ("NOT_FOUND", "input.account")),
        ({"id": "m3", "member": ids["seat"]}, ("INVALID_ID", "input.member")),
    ):
        assert await seller.one.codes("entitlementConsume", given | change) == [code]
    async with seller.transaction() as tx:
        assert (
            await tx.fetchval(
                "SELECT sum(used) FROM allowance WHERE feature = 'email.send' AND account_id ="
                " (SELECT id FROM account WHERE ref = 'consuming')"
            )
            == 2
        )


async def test_licences_are_given_and_taken_back(seller: Api) -> None:
    """Two seats, three members: the third gets one when another is taken back."""
    ids = await customer(seller.one, "seats")
    held = "assignment { id untilAt member { name } } assignments { member { name } }"
    for name in ("Ada", "Ben"):
        given = {"item": ids["seat"], "member": ids[name], "idempotencyKey": f"seat-{name}"}
        made = await seller.one.changed("licenceAssign", held, given)
        assert made["assignments"] == [{"member": {"name": name}}]
        assert await seller.one.changed("licenceAssign", held, given) == made

    third = {"item": ids["seat"], "member": ids["Cleo"]}
    assert await seller.one.codes("licenceAssign", third) == [("NO_SEAT_LEFT", "input.item")]
    released = await seller.one.changed(
        "licenceRelease", "assignment { untilAt member { name } }",
        {"assignment": made["assignment"]["id"]},
    )  # fmt: skip
    assert released["assignment"] == {"untilAt": START, "member": {"name": "Ben"}}
    await seller.one.changed("licenceAssign", held, third)

    found = await seller.one.ask(
        """{ account(ref: "seats") {
          licenceAssignments(first: 5) { edges { node { member { name } untilAt } } }
          subscriptions(first: 1) { edges { node {
            licenceAssignments(first: 5) { edges { node { item } } } } } }
          members(first: 3) { edges { node {
            licenceAssignments(first: 5) { edges { node { subscription { id } } } } } } }
        } }"""
    )
    edges = found["account"]["licenceAssignments"]["edges"]
    assert [(edge["node"]["member"]["name"], edge["node"]["untilAt"]) for edge in edges] == [
        ("Cleo", None), ("Ben", START), ("Ada", None),
    ]  # fmt: skip
    for given, code in (
        ({"item": ids["seat"]}, ("MEMBER_OR_TEAM", "input.member")),
        ({"item": ids["mails"], "member": ids["Ada"]}, ("NO_LICENCE_ITEM", "input.item")),
        ({"item": ids["Ada"], "member": ids["Ada"]}, ("INVALID_ID", "input.item")),
    ):
        assert await seller.one.codes("licenceAssign", given) == [code]


async def test_contacts_beyond_the_limit_wait(seller: Api) -> None:
    """Two are bought: the third waits until one of the others leaves."""
    await customer(seller.one, "contacts")

    def events(*told: tuple[str, str]) -> list[dict[str, str]]:
        return [
            {"email": f"{name}@example.com", "state": state, "at": START, "source": "form",
             "id": f"{name}-{state}"}
            for name, state in told
        ]  # fmt: skip

    shown = "verdicts { outcome reason } count { active held } released"
    arrived = await seller.one.changed(
        "contactsRecord",
        shown,
        {
            "account": "contacts",
            "events": events(("a", "ACTIVE"), ("b", "ACTIVE"), ("c", "ACTIVE")),
        },
    )
    assert [each["outcome"] for each in arrived["verdicts"]] == ["ACCEPTED", "ACCEPTED", "HELD"]
    assert arrived["count"] == {"active": 2, "held": 1}

    whole = await seller.one.changed(
        "contactsSnapshot",
        shown,
        {
            "account": "contacts", "at": "2026-01-01T00:00:01Z", "source": "crm", "id": "s1",
            "contacts": [{"email": "b@example.com"}, {"email": "c@example.com"}],
        },
    )  # fmt: skip
    assert (whole["count"], whole["released"]) == ({"active": 2, "held": 0}, 1)
    found = await seller.one.ask(
        '{ account(ref: "contacts") { contactCount { active held } } }'
    )
    assert found["account"]["contactCount"] == {"active": 2, "held": 0}
    assert await seller.one.codes("contactsRecord", {"account": "nobody", "events": []}) == [
        ("NOT_FOUND", "input.account")
    ]


async def test_another_seller_finds_nothing_and_changes_nothing(seller: Api) -> None:
    """Accounts, items, members and assignments of others are as if they were not there."""
    ids = await customer(seller.one, "mine")
    made = await seller.one.changed(
        "licenceAssign", "assignment { id }", {"item": ids["seat"], "member": ids["Ada"]}
    )
    before = await seller.rows("licence_assignment", "consumption", "contact", "allowance")
    account = (await seller.one.ask('{ account(ref: "mine") { id } }'))["account"]["id"]

    other = seller.other
    assert (await other.ask(CAN, account=account, checks=[{"feature": "x"}]))["can"] is None
    assert (await other.ask(CAN, account="mine", checks=[]))["can"] is None
    for mutation, given in (
        ("entitlementConsume", {"account": account, "feature": "x", "source": "a", "id": "1"}),
        ("licenceAssign", {"item": ids["seat"], "member": ids["Ben"]}),
        ("licenceRelease", {"assignment": made["assignment"]["id"]}),
        ("contactsRecord", {"account": account, "events": []}),
    ):
        codes = [code for code, _path in await other.codes(mutation, given)]
        assert codes == ["NOT_FOUND"], mutation
    tables = ("licence_assignment", "consumption", "contact", "allowance")
    assert await seller.rows(*tables) == before


async def test_who_may_only_look_changes_nothing(seller: Api) -> None:
    """`entitlement.write` is for changes, `subscription.read` for questions."""
    viewer = await seller.key_with("subscription.read", "catalogue.read")
    writer = await seller.key_with("entitlement.write")
    await customer(seller.one, "looked-at")

    assert await asked(viewer, "looked-at", {"feature": "support.ticket"})
    given = {"account": "looked-at", "feature": "email.send", "source": "a", "id": "1"}
    consume = """mutation ($i: EntitlementConsumeInput!) {
      entitlementConsume(input: $i) { isRepeated } }"""
    assert await viewer.refused(consume, i=given) == ["FORBIDDEN"]
    assert (await writer.ask(consume, i=given))["entitlementConsume"] == {"isRepeated": False}
    assert await writer.refused(CAN, account="looked-at", checks=[]) == ["FORBIDDEN"]


async def test_too_many_checks_and_bad_amounts_are_refused(seller: Api) -> None:
    """101 checks, an amount of 0, and the id of something else."""
    ids = await customer(seller.one, "bounds")
    check = {"feature": "email.send"}

    for checks, code in (
        ([check] * 101, "TOO_MANY_CHECKS"),
        ([check | {"amount": "0"}], "INVALID_FEATURE_AMOUNT"),
        ([check | {"member": ids["seat"]}], "ID_OF_OTHER_TYPE"),
    ):
        assert await seller.one.refused(CAN, account="bounds", checks=checks) == [code]
