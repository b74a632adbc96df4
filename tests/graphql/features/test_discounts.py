"""Discounts through the API: offered, given, decided, listed, and kept from other sellers."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api, KeyClient
from tests.integration.discounts.conftest import CATALOGUE

TABLES = ("discount_grant", "discount_window", "history_entry", "outbox")
ABSENT = "01h455vb4pex5vsknk084sn02q"
GRANT = """grant { id state method percent amount { amount currencyCode } uses usesAllowed note
    effectiveFrom expiresAt providedBy { kind } approvedAt cancelledAt discount { code }
    subscription { ref } job { ref } account { ref } approverUnit { code } }"""


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """Both sellers have the catalogue, a unit of managers, and a subscription."""
    for client in (api.one, api.other):
        await client.changed(
            "orgUnitCreate", "orgUnit { id }", {"code": "managers", "name": "Managers"}
        )
        async with api.transaction(client) as tx:
            await apply_catalogue(tx, load_catalogue(CATALOGUE))
        await client.changed(
            "accountCreate",
            "account { id }",
            {"name": "Ada", "ref": "ada", "testClock": "2026-01-10T12:00:00+01:00"},
        )
        await client.changed("subscriptionCreate", "subscription { id }", subscribed("tv"))
    return api


def subscribed(ref: str) -> dict[str, Any]:
    """A subscription of Ada's to the package."""
    items = [{"product": "package"}, {"product": "sport"}]
    return {"account": "ada", "billingTerms": "monthly", "items": items, "ref": ref}


async def fresh(shop: Api, ref: str) -> str:
    """Another subscription of Ada's."""
    await shop.one.changed("subscriptionCreate", "subscription { id }", subscribed(ref))
    return ref


async def test_a_discount_is_given_approved_and_billed(shop: Api) -> None:
    """10 % of 30.00 net; the invoice and the grant tell the same use."""
    ref = await fresh(shop, "billed")
    given = await shop.one.changed(
        "discountGrant", GRANT, {"definition": "asked", "subscription": ref, "note": "Sorry"}
    )
    grant = given["grant"]
    key = grant.pop("id")
    assert key.startswith("grant_")
    assert grant.pop("providedBy") == {"kind": "API_KEY"}
    assert grant == {
        "state": "PENDING", "method": "AD_HOC", "percent": "10", "amount": None, "uses": 0,
        "usesAllowed": 1, "note": "Sorry", "effectiveFrom": "2026-01-10T11:00:00Z",
        "expiresAt": None, "approvedAt": None, "cancelledAt": None,
        "discount": {"code": "asked"}, "subscription": {"ref": "billed"}, "job": None,
        "account": {"ref": "ada"}, "approverUnit": {"code": "managers"},
    }  # fmt: skip
    approved = await shop.one.changed(
        "discountApprove", "grant { state approvedAt }", {"grant": key}
    )
    assert approved["grant"] == {"state": "APPROVED", "approvedAt": "2026-01-10T11:00:00Z"}
    await shop.one.changed(
        "accountClockAdvance",
        "account { id }",
        {"account": "ada", "to": "2026-02-01T00:00:00+01:00"},
    )
    found = await shop.one.ask(
        """query($id: ID!) { node(id: $id) { ... on DiscountGrant { uses
            applied(first: 5) { edges { node { amount { amount currencyCode } freeMonths
                grant { id } invoice { id discounts(first: 5) { edges { node {
                    amount { amount } grant { id discount { code } } } } } } } } } } } }""",
        id=key,
    )
    (edge,) = found["node"]["applied"]["edges"]
    use = edge["node"]
    assert found["node"]["uses"] == 1
    # 22 days of 31: 30 x 22 / 31 = 17.74 + 3.55; a tenth of 17.74 and 3.55 is 2.13.
    assert use["amount"] == {"amount": "2.13", "currencyCode": "EUR"}
    assert (use["freeMonths"], use["grant"]["id"]) == (None, key)
    codes = {
        each["node"]["grant"]["discount"]["code"]
        for each in use["invoice"]["discounts"]["edges"]
    }
    assert "asked" in codes


async def test_what_may_be_given_says_what_to_fill_in(shop: Api) -> None:
    """The range's kind, currency and time, whether it needs approval, how often more."""
    ref = await fresh(shop, "offered")
    query = """query($s: ID) { availableDiscounts(subscription: $s) { timesLeft needsApproval
        needsValue discount { code currency per range { of start upto } approval } } }"""
    found = (await shop.one.ask(query, s=ref))["availableDiscounts"]
    by_code = {each["discount"]["code"]: each for each in found}
    assert set(by_code) >= {"money", "some", "secret", "thrice"}
    assert by_code["money"]["needsValue"] is True
    assert by_code["money"]["discount"]["currency"] == "EUR"
    assert by_code["asked"]["needsApproval"] is True
    assert (await shop.one.ask(query, s="nothing"))["availableDiscounts"] == []
    assert await shop.one.refused("{ availableDiscounts { timesLeft } }") == ["ONE_TARGET_ONLY"]


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("discountGrant", {"definition": "nothing"}, "NOT_FOUND", "input.definition"),
    ("discountGrant", {"definition": "dollars"}, "CURRENCY_MISMATCH", "input.currency"),
    ("discountGrant", {"definition": "some"}, "DISCOUNT_VALUE_MISSING", "input.percent"),
    (
        "discountGrant",
        {"definition": "some", "percent": "4"},
        "DISCOUNT_OUT_OF_RANGE",
        "input.percent",
    ),
    (
        "discountGrant",
        {"definition": "thrice", "percent": "4"},
        "DISCOUNT_VALUE_FIXED",
        "input.percent",
    ),
    (
        "discountGrant",
        {"definition": "auto-once-a-year"},
        "DISCOUNT_NOT_OFFERED",
        "input.definition",
    ),
    ("discountGrant", {"definition": "thrice", "note": "a\nb"}, "INVALID_TEXT", "input.note"),
    (
        "discountGrant",
        {"definition": "thrice", "subscription": "nothing"},
        "NOT_FOUND",
        "input.subscription",
    ),
    ("discountApprove", {"grant": f"grant_{ABSENT}"}, "NOT_FOUND", "input.grant"),
    ("discountAmend", {"grant": f"grant_{ABSENT}"}, "NOT_FOUND", "input.grant"),
    ("discountCancel", {"grant": f"grant_{ABSENT}"}, "NOT_FOUND", "input.grant"),
    ("discountCancel", {"grant": f"sub_{ABSENT}"}, "INVALID_ID", "input.grant"),
]


@pytest.mark.parametrize(("mutation", "given", "code", "path"), REFUSED)
async def test_a_refusal_has_a_code_and_a_path_and_leaves_nothing(
    shop: Api, mutation: str, given: dict[str, Any], code: str, path: str
) -> None:
    """One row each; nothing is written."""
    asked = {"subscription": "tv", **given} if mutation == "discountGrant" else given
    before = await shop.rows(*TABLES)
    assert await shop.one.codes(mutation, asked) == [(code, path)]
    assert await shop.rows(*TABLES) == before


async def test_a_dry_run_and_a_repeated_key_give_once(shop: Api) -> None:
    """A dry run writes nothing; the same key twice answers with the same grant."""
    ref = await fresh(shop, "keyed")
    asked = {"definition": "some", "percent": "7.5", "subscription": ref}
    before = await shop.rows(*TABLES)
    dry = await shop.one.changed(
        "discountGrant", "grant { percent }", {**asked, "dryRun": True}
    )
    assert dry["grant"] == {"percent": "7.5"}
    assert await shop.rows(*TABLES) == before
    keyed = {**asked, "idempotencyKey": "give-7.5"}
    first = await shop.one.changed("discountGrant", "grant { id }", keyed)
    again = await shop.one.changed("discountGrant", "grant { id }", keyed)
    assert first == again
    after = await shop.rows("discount_grant")
    assert after["discount_grant"] == before["discount_grant"] + 1


async def test_lists_are_filtered(shop: Api) -> None:
    """By state, approver, account and subscription; below the subscription too."""
    ref = await fresh(shop, "listed")
    pending = await shop.one.changed(
        "discountGrant", "grant { id }", {"definition": "asked", "subscription": ref}
    )
    await shop.one.changed(
        "discountGrant",
        "grant { id }",
        {"definition": "some", "percent": "5", "subscription": ref},
    )
    query = """query($w: DiscountGrantWhere) {
        discountGrants(where: $w, first: 50) { edges { node { id discount { code } } } } }"""

    async def ids(**where: Any) -> list[str]:
        found = await shop.one.ask(query, w=where)
        return [edge["node"]["id"] for edge in found["discountGrants"]["edges"]]

    waiting = {"state": "PENDING", "approverUnit": "managers", "account": "ada"}
    assert await ids(**waiting, subscription=ref) == [pending["grant"]["id"]]
    assert len(await ids(subscription=ref)) == 2
    assert await ids(subscription="nothing") == []
    assert await ids(job="nothing") == []
    below = await shop.one.ask(
        """query($r: String!) { subscription(ref: $r) {
            discountGrants(first: 5) { edges { node { state } } } } }""",
        r=ref,
    )
    states = [
        each["node"]["state"] for each in below["subscription"]["discountGrants"]["edges"]
    ]
    assert states == ["PENDING", "APPROVED"]


async def test_another_sellers_grant_does_not_exist(shop: Api) -> None:
    """Neither as a node, nor in a list, nor for any verb; theirs stays as it was."""
    theirs = await shop.other.changed(
        "discountGrant", "grant { id }", {"definition": "asked", "subscription": "tv"}
    )
    key = theirs["grant"]["id"]
    query = "query($id: ID!) { node(id: $id) { id } }"
    assert (await shop.other.ask(query, id=key))["node"] == {"id": key}
    assert (await shop.one.ask(query, id=key))["node"] is None
    before = await shop.rows(*TABLES, client=shop.other)
    for verb in ("discountAmend", "discountApprove", "discountCancel"):
        assert await shop.one.codes(verb, {"grant": key}) == [("NOT_FOUND", "input.grant")]
    assert await shop.rows(*TABLES, client=shop.other) == before
    found = await shop.one.ask("{ discountGrants(first: 100) { edges { node { id } } } }")
    assert key not in [edge["node"]["id"] for edge in found["discountGrants"]["edges"]]


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("discountGrant", {"definition": "thrice", "subscription": "tv"}),
        ("discountAmend", {"grant": f"grant_{ABSENT}"}),
        ("discountApprove", {"grant": f"grant_{ABSENT}"}),
        ("discountCancel", {"grant": f"grant_{ABSENT}"}),
    ],
)
async def test_each_verb_needs_its_capability(
    shop: Api, mutation: str, given: dict[str, Any]
) -> None:
    """A key that only reads is told so, and nothing is written."""
    reader: KeyClient = await shop.key_with("subscription.read")
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = (
        f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ grant {{ id }} }} }}"
    )
    before = await shop.rows(*TABLES)
    assert await reader.refused(document, input=given) == ["FORBIDDEN"]
    assert await shop.rows(*TABLES) == before
