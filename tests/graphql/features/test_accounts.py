"""Accounts, members and companies through the API: what is done, what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.graphql.api_clients import Api

ACCOUNT = "account { id ref name email currency timezone country state invoicePer }"
TABLES = ("account", "member", "company", "history_entry", "audit_entry", "outbox")
_refs = (f"ref-{number}" for number in itertools.count(1))


async def new_account(api: Api, **more: Any) -> dict[str, Any]:
    """Create an account of the first seller."""
    payload = await api.one.changed(
        "accountCreate", "account { id ref name }", {"name": "Ada", "ref": next(_refs), **more}
    )
    return payload["account"]


async def test_an_account_takes_what_is_left_out_from_its_seller(api: Api) -> None:
    """The seller is in Paris and bills in euros; the root unit looks after it."""
    payload = await api.one.changed(
        "accountCreate",
        "account { id name currency timezone country invoicePer state "
        "attributes { name } address { city } orgUnit { code } testClock }",
        {"name": "  Ada Lovelace "},
    )
    account = payload["account"]
    assert account.pop("id").startswith("acc_")
    assert account == {
        "name": "Ada Lovelace",
        "currency": "EUR",
        "timezone": "Europe/Paris",
        "country": "FR",
        "invoicePer": "SUBSCRIPTION",
        "state": "ACTIVE",
        "attributes": [],
        "address": {"city": None},
        "orgUnit": {"code": "root"},
        "testClock": None,
    }


async def test_an_account_keeps_all_that_is_given(api: Api) -> None:
    """Attributes keep their kinds: a text, a truth value, a whole number beyond 32 bits."""
    payload = await api.one.changed(
        "accountCreate",
        "account { ref email currency country timezone classification taxNumber invoicePer "
        "testClock attributes { name text flag number } address { line1 postalCode city } }",
        {
            "name": "Grace",
            "ref": "grace",
            "email": " Grace@Example.COM ",
            "country": "gr",
            "currency": "GBP",
            "timezone": "Europe/Athens",
            "orgUnit": "root",
            "classification": "gold",
            "taxNumber": "EL123",
            "invoicePer": "ACCOUNT",
            "testClock": "2026-01-01T00:00:00+02:00",
            "attributes": [
                {"name": "sector", "value": {"text": "public"}},
                {"name": "vip", "value": {"flag": True}},
                {"name": "seats", "value": {"number": "5000000000"}},
            ],
            "address": {"line1": "1 Street", "postalCode": "105", "city": "Athens"},
        },
    )
    assert payload["account"] == {
        "ref": "grace",
        "email": "grace@example.com",
        "currency": "GBP",
        "country": "GR",
        "timezone": "Europe/Athens",
        "classification": "gold",
        "taxNumber": "EL123",
        "invoicePer": "ACCOUNT",
        "testClock": "2025-12-31T22:00:00Z",
        "attributes": [
            {"name": "seats", "text": None, "flag": None, "number": "5000000000"},
            {"name": "sector", "text": "public", "flag": None, "number": None},
            {"name": "vip", "text": None, "flag": True, "number": None},
        ],
        "address": {"line1": "1 Street", "postalCode": "105", "city": "Athens"},
    }


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"ref": "taken"}, "REF_TAKEN", "input.ref"),
        ({"currency": "EUX"}, "UNKNOWN_CURRENCY", "input.currency"),
        ({"timezone": "Mars/Base"}, "UNKNOWN_TIMEZONE", "input.timezone"),
        ({"country": "ZZ"}, "UNKNOWN_COUNTRY", "input.country"),
        ({"email": "nobody"}, "INVALID_EMAIL", "input.email"),
        ({"name": " "}, "INVALID_TEXT", "input.name"),
        (
            {"attributes": [{"name": "1st", "value": {"flag": True}}]},
            "INVALID_ATTRIBUTE",
            "input.attributes.1st",
        ),
        (
            {"attributes": [{"name": "half", "value": {"number": "0.5"}}]},
            "INVALID_ATTRIBUTE",
            "input.attributes.half",
        ),
        (
            {"attributes": [{"name": "a", "value": {"flag": True}}] * 2},
            "INVALID_ATTRIBUTE",
            "input.attributes.1.name",
        ),
        ({"orgUnit": "nowhere"}, "NOT_FOUND", "input.orgUnit"),
        ({"orgUnit": "acc_01h455vb4pex5vsknk084sn02q"}, "INVALID_ID", "input.orgUnit"),
        ({"orgUnit": "unit_01h455vb4pex5vsknk084sn02q"}, "NOT_FOUND", "input.orgUnit"),
        ({"idempotencyKey": ""}, "IDEMPOTENCY_KEY_INVALID", "input.idempotencyKey"),
    ],
)
async def test_a_refused_account_leaves_nothing(
    api: Api, given: dict[str, Any], code: str, path: str
) -> None:
    """Each refusal has its code and leads to the argument; no table has another row."""
    if given.get("ref") == "taken" and not await exists(api, "taken"):
        await new_account(api, ref="taken")
    before = await api.rows(*TABLES)
    assert await api.one.codes("accountCreate", {"name": "Ada", **given}) == [(code, path)]
    assert await api.rows(*TABLES) == before


async def exists(api: Api, ref: str) -> bool:
    """Say whether the first seller has an account of this ref."""
    answer = await api.one.ask("query($r: String!) { account(ref: $r) { id } }", r=ref)
    return answer["account"] is not None


async def test_an_account_changes_what_is_mentioned_and_nothing_else(api: Api) -> None:
    """Null clears, absence keeps; the account may be named by its ref."""
    account = await new_account(api, email="a@example.com", classification="gold")
    payload = await api.one.changed(
        "accountUpdate",
        "account { id name email classification }",
        {"account": account["ref"], "name": "Ada B", "email": None},
    )
    assert payload["account"] == {
        "id": account["id"],
        "name": "Ada B",
        "email": None,
        "classification": "gold",
    }


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"email": "nobody"}, "INVALID_EMAIL", "input.email"),
        ({"name": ""}, "INVALID_TEXT", "input.name"),
        (
            {"attributes": [{"name": "a b", "value": {"text": "x"}}]},
            "INVALID_ATTRIBUTE",
            "input.attributes.a b",
        ),
        ({"account": "nobody"}, "NOT_FOUND", "input.account"),
        ({"account": "acc_01h455vb4pex5vsknk084sn02q"}, "NOT_FOUND", "input.account"),
        ({"account": "mem_01h455vb4pex5vsknk084sn02q"}, "INVALID_ID", "input.account"),
    ],
)
async def test_a_refused_change_leaves_nothing(
    api: Api, given: dict[str, Any], code: str, path: str
) -> None:
    """The account stays as it was, and neither history nor audit has another entry."""
    account = await new_account(api)
    before = await api.rows(*TABLES)
    asked = {"account": account["id"], **given}
    assert await api.one.codes("accountUpdate", asked) == [(code, path)]
    assert await api.rows(*TABLES) == before
    query = "query($id: ID!) { account(id: $id) { name } }"
    assert (await api.one.ask(query, id=account["id"]))["account"] == {"name": "Ada"}


async def add_member(api: Api, account: str, name: str, role: str) -> str:
    """Add a member and return the id."""
    payload = await api.one.changed(
        "memberAdd",
        "member { id }",
        {"account": account, "name": name, "email": f"{name}@example.com", "role": role},
    )
    return payload["member"]["id"]


async def test_members_come_and_go(api: Api) -> None:
    """The owner first, then others; who leaves is still listed, as removed."""
    account = await new_account(api)
    await add_member(api, account["id"], "olga", "OWNER")
    mona = await add_member(api, account["ref"], "mona", "MEMBER")
    payload = await api.one.changed("memberRemove", "member { state }", {"member": mona})
    assert payload["member"] == {"state": "REMOVED"}
    query = """query($id: ID!) { account(id: $id) {
        members { edges { node { name role state account { ref } } } } } }"""
    members = (await api.one.ask(query, id=account["id"]))["account"]["members"]["edges"]
    ref = {"ref": account["ref"]}
    assert [edge["node"] for edge in members] == [
        {"name": "olga", "role": "OWNER", "state": "ACTIVE", "account": ref},
        {"name": "mona", "role": "MEMBER", "state": "REMOVED", "account": ref},
    ]


async def test_members_are_refused_for_each_reason(api: Api) -> None:
    """A first member without a role that holds, a second owner, the last holder, and more."""
    account = await new_account(api)
    first = {"account": account["id"], "name": "m", "email": "m@example.com"}
    assert await api.one.codes("memberAdd", {**first, "role": "MEMBER"}) == [
        ("FIRST_MEMBER_HOLDS", "input.role")
    ]
    owner = await add_member(api, account["id"], "olga", "OWNER")
    await add_member(api, account["id"], "mona", "MEMBER")
    before = await api.rows(*TABLES)
    for given, refusal in (
        ({"role": "OWNER"}, ("MEMBER_ROLE_TAKEN", "input.role")),
        ({"role": "MEMBER", "email": "mona@example.com"}, ("EMAIL_TAKEN", "input.email")),
        ({"role": "MEMBER", "email": "m"}, ("INVALID_EMAIL", "input.email")),
        ({"role": "MEMBER", "name": ""}, ("INVALID_TEXT", "input.name")),
        ({"role": "MEMBER", "account": "nobody"}, ("NOT_FOUND", "input.account")),
        ({"role": "MEMBER", "account": owner}, ("INVALID_ID", "input.account")),
    ):
        assert await api.one.codes("memberAdd", {**first, **given}) == [refusal]
    for member, refusal in (
        (owner, ("LAST_ADMINISTRATOR", "input.member")),
        ("mem_01h455vb4pex5vsknk084sn02q", ("NOT_FOUND", "input.member")),
        (account["id"], ("INVALID_ID", "input.member")),
    ):
        assert await api.one.codes("memberRemove", {"member": member}) == [refusal]
    assert await api.rows(*TABLES) == before


async def test_companies_come_and_go(api: Api) -> None:
    """Its country is the account's where none is given; refusals leave nothing."""
    account = await new_account(api)
    payload = await api.one.changed(
        "companyAdd",
        "company { id name country taxNumber account { ref } }",
        {"account": account["ref"], "name": "Acme", "taxNumber": "FR1"},
    )
    company = payload["company"]
    assert (company["country"], company["taxNumber"]) == ("FR", "FR1")
    assert company["account"] == {"ref": account["ref"]}
    before = await api.rows(*TABLES)
    given = {"account": account["id"], "name": "Acme"}
    for change, refusal in (
        ({"country": "ZZ"}, ("UNKNOWN_COUNTRY", "input.country")),
        ({"name": ""}, ("INVALID_TEXT", "input.name")),
        ({"account": "nobody"}, ("NOT_FOUND", "input.account")),
        ({"account": company["id"]}, ("INVALID_ID", "input.account")),
    ):
        assert await api.one.codes("companyAdd", {**given, **change}) == [refusal]
    for wrong, refusal in (
        ("comp_01h455vb4pex5vsknk084sn02q", ("NOT_FOUND", "input.company")),
        (account["id"], ("INVALID_ID", "input.company")),
    ):
        assert await api.one.codes("companyRemove", {"company": wrong}) == [refusal]
    assert await api.rows(*TABLES) == before
    payload = await api.one.changed(
        "companyRemove", "company { state }", {"company": company["id"]}
    )
    assert payload["company"] == {"state": "REMOVED"}


async def test_an_accounts_history_tells_the_latest_first(api: Api) -> None:
    """Created, then a member added: two entries, by the caller's key."""
    account = await new_account(api)
    await add_member(api, account["id"], "olga", "OWNER")
    query = """query($id: ID!) { account(id: $id) { history(first: 1) {
        edges { cursor node {
            action actor { kind id name } summary subjectType details { name value } } }
        pageInfo { hasNextPage endCursor } } } }"""
    history = (await api.one.ask(query, id=account["id"]))["account"]["history"]
    (edge,) = history["edges"]
    assert edge["node"]["action"] == "member.added"
    assert edge["node"]["actor"]["kind"] == "API_KEY"
    assert edge["node"]["actor"]["id"].startswith("key_")
    assert edge["node"]["details"] == [{"name": "role", "value": "owner"}]
    assert edge["node"]["summary"] == "A member was added."
    assert history["pageInfo"] == {"hasNextPage": True, "endCursor": edge["cursor"]}
    more = """query($id: ID!, $after: String) { account(id: $id) { history(after: $after) {
        edges { node { action } } } } }"""
    rest = await api.one.ask(more, id=account["id"], after=edge["cursor"])
    assert rest["account"]["history"]["edges"] == [{"node": {"action": "account.created"}}]


async def test_the_history_of_a_test_clock_bears_its_dates(api: Api) -> None:
    """Created on 1 January of the account's time, a member on the 20th; the audit is real."""
    account = await new_account(api, testClock="2026-01-01T00:00:00Z")
    moved = {"account": account["id"], "to": "2026-01-20T10:00:00Z"}
    await api.one.changed("accountClockAdvance", "account { id }", moved)
    await add_member(api, account["id"], "olga", "OWNER")
    query = """query($id: ID!) { account(id: $id) { history { edges { node { action at } } } }
        auditEntries(subject: $id) { edges { node { action at } } } }"""
    told = await api.one.ask(query, id=account["id"])
    entries = [edge["node"] for edge in told["account"]["history"]["edges"]]
    assert [(one["action"], one["at"][:16]) for one in entries] == [
        ("member.added", "2026-01-20T10:00"),
        ("account.clock_advanced", "2026-01-20T10:00"),
        ("account.created", "2026-01-01T00:00"),
    ]
    assert all(edge["node"]["at"] > "2026-01-20T11" for edge in told["auditEntries"]["edges"])


async def test_names_are_found_without_case_or_accents(api: Api) -> None:
    """A prefix is folded as the names are, and so is their order; it has no wildcards."""
    for name in ("xénon", "Xylo", "XENIA", "Xena"):
        await new_account(api, name=name)
    query = """query($where: AccountWhere) {
        accounts(where: $where, orderBy: NAME) { edges { node { name } } } }"""

    async def names(prefix: str) -> list[str]:
        found = await api.one.ask(query, where={"nameStartsWith": prefix})
        return [edge["node"]["name"] for edge in found["accounts"]["edges"]]

    assert await names("x") == ["Xena", "XENIA", "xénon", "Xylo"]
    assert await names("XÉN") == ["Xena", "XENIA", "xénon"]
    assert await names("xen_") == []


async def test_one_account_is_asked_for_by_one_name(api: Api) -> None:
    """By id or by ref; none or both are the caller's mistake; absent ones are null."""
    account = await new_account(api)
    by_ref = "query($r: String) { account(ref: $r) { id } }"
    assert (await api.one.ask(by_ref, r=account["ref"]))["account"] == {"id": account["id"]}
    assert (await api.one.ask(by_ref, r="nobody"))["account"] is None
    assert await api.one.refused("{ account { id } }") == ["ONE_NAME_ONLY"]
    both = 'query($i: ID) { account(id: $i, ref: "x") { id } }'
    assert await api.one.refused(both, i=account["id"]) == ["ONE_NAME_ONLY"]


async def test_a_test_clock_moves_forward_only(api: Api) -> None:
    """From 1 January to 1 March; back, in real time and too far it stays where it is."""
    account = await new_account(api, testClock="2026-01-01T00:00:00Z")
    moved = await api.one.changed(
        "accountClockAdvance",
        "account { testClock } invoiceCount parkedCount",
        {"account": account["ref"], "to": "2026-03-01T00:00:00Z", "idempotencyKey": "clock"},
    )
    assert moved["account"] == {"testClock": "2026-03-01T00:00:00Z"}
    assert (moved["invoiceCount"], moved["parkedCount"]) == (0, 0)
    real = await new_account(api)
    before = await api.rows(*TABLES)
    for given, code in (
        ({"account": account["ref"], "to": "2026-02-01T00:00:00Z"}, "CLOCK_BACKWARDS"),
        ({"account": real["ref"], "to": "2027-02-01T00:00:00Z"}, "NO_TEST_CLOCK"),
        ({"account": "nobody", "to": "2027-02-01T00:00:00Z"}, "NOT_FOUND"),
    ):
        found = await api.one.codes("accountClockAdvance", given)
        assert [each for each, _path in found] == [code]
    assert await api.rows(*TABLES) == before
    query = "query($id: ID!) { account(id: $id) { testClock } }"
    stored = (await api.one.ask(query, id=account["id"]))["account"]
    assert stored == {"testClock": "2026-03-01T00:00:00Z"}
