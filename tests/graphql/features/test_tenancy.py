"""Sellers, org units, staff and keys through the API, with every refusal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api, KeyClient

TABLES = ("org_unit", "org_unit_collaboration", "staff", "api_key", "audit_entry")
ABSENT = "01h455vb4pex5vsknk084sn02q"
SELLER = {
    "slug": "third",
    "name": "Third",
    "currency": "EUR",
    "timezone": "Europe/Athens",
    "country": "GR",
}


async def test_the_operator_makes_sellers_who_make_their_own(api: Api) -> None:
    """The new seller's key works at once, within that seller and nowhere else."""
    payload = await api.operator.changed(
        "tenantCreate", "tenant { slug } rootUnit { code } adminKey", SELLER
    )
    assert (payload["tenant"], payload["rootUnit"]) == ({"slug": "third"}, {"code": "root"})
    third = KeyClient(api.http, payload["adminKey"])
    assert await third.ask("{ tenant { slug } }") == {"tenant": {"slug": "third"}}
    assert await api.one.refused(
        'mutation { tenantCreate(input: {slug: "x", name: "x", currency: "EUR",'
        ' timezone: "Europe/Paris", country: "FR"}) { adminKey } }'
    ) == ["FORBIDDEN"]
    assert await api.operator.refused("{ accounts { totalCount } }") == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"slug": "one"}, "SLUG_TAKEN", "input.slug"),
        ({"slug": "No"}, "INVALID_SLUG", "input.slug"),
        ({"currency": "EUX"}, "UNKNOWN_CURRENCY", "input.currency"),
        ({"timezone": "Mars/Base"}, "UNKNOWN_TIMEZONE", "input.timezone"),
        ({"country": "ZZ"}, "UNKNOWN_COUNTRY", "input.country"),
        ({"name": ""}, "INVALID_TEXT", "input.name"),
    ],
)
async def test_a_refused_seller_leaves_nothing(
    api: Api, given: dict[str, Any], code: str, path: str
) -> None:
    """The number of keys known to the installation stays: every seller has one."""
    asked = {**SELLER, "slug": "fourth", **given}
    before = await api.rows("api_key_prefix")
    assert await api.operator.codes("tenantCreate", asked) == [(code, path)]
    assert await api.rows("api_key_prefix") == before


async def test_units_staff_and_keys_are_made_and_ended(api: Api) -> None:
    """A unit below the root, a person in it, a key of theirs; then each ends."""
    unit = await api.one.changed(
        "orgUnitCreate", "orgUnit { code parent { code } }", {"code": "paris", "name": "Paris"}
    )
    assert unit["orgUnit"] == {"code": "paris", "parent": {"code": "root"}}
    shared = await api.one.changed(
        "orgUnitCollaborate",
        "orgUnit { collaborators { code } }",
        {"unit": "root", "collaborator": "paris"},
    )
    assert shared["orgUnit"] == {"collaborators": [{"code": "paris"}]}
    staff = await api.one.changed(
        "staffCreate",
        "staff { id email roles state orgUnit { code } }",
        {"email": "Eve@x.fr", "name": "Eve", "orgUnit": "paris", "roles": ["VIEWER"]},
    )
    eve = staff["staff"].pop("id")
    assert staff["staff"] == {
        "email": "eve@x.fr",
        "roles": ["VIEWER"],
        "state": "ACTIVE",
        "orgUnit": {"code": "paris"},
    }
    issued = await api.one.changed(
        "apiKeyIssue",
        "apiKey { id scopes staff { name } } text",
        {"name": "eve", "scopes": ["account.read"], "staff": eve},
    )
    key = KeyClient(api.http, issued["text"])
    viewer = (await key.ask("{ viewer { scopes } }"))["viewer"]
    assert viewer == {"scopes": ["account.read"]}
    done = await api.one.changed(
        "apiKeyRevoke", "apiKey { revokedAt }", {"apiKey": issued["apiKey"]["id"]}
    )
    assert done["apiKey"]["revokedAt"] is not None
    gone = await api.one.changed("staffDisable", "staff { state }", {"staff": eve})
    assert gone["staff"] == {"state": "DISABLED"}


async def test_a_rotated_key_and_its_successor_both_work_for_a_while(api: Api) -> None:
    """The successor has name and scopes; within 0 hours the old one is refused at once."""
    given = {"name": "till", "scopes": ["account.read"]}
    issued = await api.one.changed("apiKeyIssue", "apiKey { id } text", given)
    rotated = await api.one.changed(
        "apiKeyRotate", "apiKey { id name scopes } text", {"apiKey": issued["apiKey"]["id"]}
    )
    assert rotated["apiKey"].pop("id") != issued["apiKey"]["id"]
    assert rotated["apiKey"] == given
    for text in (issued["text"], rotated["text"]):
        viewer = (await KeyClient(api.http, text).ask("{ viewer { scopes } }"))["viewer"]
        assert viewer == {"scopes": ["account.read"]}

    other = await api.one.changed("apiKeyIssue", "apiKey { id } text", given)
    at_once = {"apiKey": other["apiKey"]["id"], "overlapHours": 0, "idempotencyKey": "turn-1"}
    first = await api.one.changed("apiKeyRotate", "apiKey { id } text", at_once)
    again = await api.one.changed("apiKeyRotate", "apiKey { id } text", at_once)
    assert again == {**first, "text": None}
    refused = await KeyClient(api.http, other["text"]).post("{ viewer { scopes } }")
    assert refused.status_code == 401


async def test_a_key_that_has_ended_is_not_rotated(api: Api) -> None:
    """Revoked, or of a person who is disabled; and no overlap lasts beyond a week."""
    given = {"name": "k", "scopes": ["account.read"]}
    person = {"email": "ola@x.fr", "name": "Ola", "roles": ["VIEWER"]}
    ola = (await api.one.changed("staffCreate", "staff { id }", person))["staff"]["id"]
    keys = [
        (await api.one.changed("apiKeyIssue", "apiKey { id }", given | more))["apiKey"]["id"]
        for more in ({}, {"staff": ola}, {})
    ]
    await api.one.changed("apiKeyRevoke", "apiKey { id }", {"apiKey": keys[0]})
    await api.one.changed("staffDisable", "staff { id }", {"staff": ola})
    before = await api.rows(*TABLES)
    ended = [("API_KEY_NOT_IN_FORCE", "input.apiKey")]
    for change, codes in (
        ({"apiKey": keys[0]}, ended),
        ({"apiKey": keys[1]}, ended),
        (
            {"apiKey": keys[2], "overlapHours": 169},
            [("OVERLAP_TOO_LONG", "input.overlapHours")],
        ),
        (
            {"apiKey": keys[2], "overlapHours": -1},
            [("OVERLAP_TOO_LONG", "input.overlapHours")],
        ),
        ({"apiKey": f"key_{ABSENT}"}, [("NOT_FOUND", "input.apiKey")]),
    ):
        assert await api.one.codes("apiKeyRotate", change) == codes
    assert await api.rows(*TABLES) == before


async def test_each_refusal_has_its_code_and_leaves_nothing(api: Api) -> None:
    """Codes and addresses taken, the same unit twice, unknown scopes, an expiry in the past."""
    person = {"email": "max@x.fr", "name": "Max", "roles": ["VIEWER"]}
    viewer = (await api.one.changed("staffCreate", "staff { id }", person))["staff"]["id"]
    before = await api.rows(*TABLES)
    key = {"name": "k", "scopes": ["account.read"]}
    for mutation, given, refusal in (
        ("orgUnitCreate", {"code": "root", "name": "R"}, ("CODE_TAKEN", "input.code")),
        ("orgUnitCreate", {"code": "a", "name": ""}, ("INVALID_TEXT", "input.name")),
        (
            "orgUnitCreate",
            {"code": "a", "name": "A", "parent": "none"},
            ("NOT_FOUND", "input.parent"),
        ),
        (
            "orgUnitCollaborate",
            {"unit": "root", "collaborator": "root"},
            ("SAME_UNIT", "input.collaborator"),
        ),
        (
            "orgUnitCollaborate",
            {"unit": "none", "collaborator": "root"},
            ("NOT_FOUND", "input.unit"),
        ),
        ("staffCreate", person, ("EMAIL_TAKEN", "input.email")),
        ("staffCreate", {**person, "email": "max"}, ("INVALID_EMAIL", "input.email")),
        ("staffCreate", {**person, "roles": []}, ("UNKNOWN_ROLE", "input.roles")),
        ("staffCreate", {**person, "orgUnit": "none"}, ("NOT_FOUND", "input.orgUnit")),
        ("staffDisable", {"staff": f"staff_{ABSENT}"}, ("NOT_FOUND", "input.staff")),
        ("staffDisable", {"staff": f"acc_{ABSENT}"}, ("INVALID_ID", "input.staff")),
        ("apiKeyIssue", {**key, "scopes": ["fly"]}, ("UNKNOWN_SCOPE", "input.scopes")),
        (
            "apiKeyIssue",
            {**key, "expiresAt": "2020-01-01T00:00:00Z"},
            ("EXPIRY_IN_THE_PAST", "input.expiresAt"),
        ),
        ("apiKeyIssue", {**key, "staff": f"staff_{ABSENT}"}, ("NOT_FOUND", "input.staff")),
        (
            "apiKeyIssue",
            {"name": "k", "scopes": ["account.read", "wallet.write"], "staff": viewer},
            ("SCOPE_BEYOND_ROLES", "input.scopes"),
        ),
        ("apiKeyRevoke", {"apiKey": f"key_{ABSENT}"}, ("NOT_FOUND", "input.apiKey")),
        ("apiKeyRevoke", {"apiKey": "nonsense"}, ("INVALID_ID", "input.apiKey")),
    ):
        assert await api.one.codes(mutation, given) == [refusal], mutation
    assert await api.rows(*TABLES) == before


async def test_nobody_hands_on_more_than_they_have(api: Api) -> None:
    """A key that may write staff and nothing else gives neither an admin role nor a scope."""
    narrow = await api.key_with("staff.write", "staff.read")
    before = await api.rows(*TABLES)
    admin = """mutation { staffCreate(input: {email: "q@x.fr", name: "Q", roles: [ADMIN]})
        { staff { id } } }"""
    assert await narrow.refused(admin) == ["FORBIDDEN"]
    scope = """mutation { apiKeyIssue(input: {name: "k", scopes: ["account.read"]})
        { text } }"""
    assert await narrow.refused(scope) == ["FORBIDDEN"]
    assert await api.rows(*TABLES) == before


async def test_the_audit_trail_is_read_by_subject(api: Api) -> None:
    """The latest first; only who may read it does."""
    made = await api.one.changed(
        "orgUnitCreate", "orgUnit { id }", {"code": "lyon", "name": "L"}
    )
    query = """query($s: ID) { auditEntries(subject: $s, first: 1) {
        edges { node { action actor { kind name } subjectType } } } }"""
    found = (await api.one.ask(query, s=made["orgUnit"]["id"]))["auditEntries"]["edges"]
    assert found[0]["node"]["action"] == "org_unit.created"
    narrow = await api.key_with("account.read")
    assert await narrow.refused("{ auditEntries { totalCount } }") == ["FORBIDDEN"]
