"""What products allow and terms say of changes, through the API: by hand, listed, refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api
from tests.unit.catalogue.living import LIVING

TABLES = ("product", "catalogue_entry", "catalogue_entry_version", "audit_entry")
# No channel with windows is needed for what is read here.
SHOP = (
    LIVING.replace("  chat: {name: Chat, window: whatsapp}\n", "")
    .replace("    rule_sets: {whatsapp: 2025-07-01}\n", "")
    .replace("{channel: whatsapp, unit: marketing}", "{channel: sms, unit: segment}")
)
GRANTS = """grants { featureCode feature { code counts beyond product } amount unlimited per
    renews needsPayment validFor } trial { days grants { featureCode amount unlimited } }
    needs fulfils"""
CHANGES = """upgrade downgrade fewer more earlyEnd term notice noNoticeUpTo minimumQuantity
    payment { within retries reminders suspendAfter endAfter }"""


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """The first seller with the whole catalogue."""
    await api.one.changed("catalogueApply", "__typename", {"yaml": SHOP})
    return api


async def product(shop: Api, code: str) -> Any:
    """What a product allows."""
    query = f"{{ products(first: 50) {{ edges {{ node {{ code {GRANTS} }} }} }} }}"
    edges = (await shop.one.ask(query))["products"]["edges"]
    found = {edge["node"].pop("code"): edge["node"] for edge in edges}
    return found[code]


async def test_what_a_product_allows_is_read_with_its_features(shop: Api) -> None:
    """Grants by feature, the trial's in their place, what it needs and opens."""
    assert await product(shop, "sales") == {
        "grants": [
            {
                "featureCode": "mail.send",
                "feature": {
                    "code": "mail.send",
                    "counts": "CONSUMPTION",
                    "beyond": "BLOCKS",
                    "product": None,
                },
                "amount": "100",
                "unlimited": False,
                "per": "SUBSCRIPTION",
                "renews": "PERIOD",
                "needsPayment": False,
                "validFor": "",
            },
            {
                "featureCode": "users",
                "feature": {
                    "code": "users",
                    "counts": "MEMBERS",
                    "beyond": "BILLS",
                    "product": "more-users",
                },
                "amount": "1",
                "unlimited": False,
                "per": "SUBSCRIPTION",
                "renews": "NEVER",
                "needsPayment": False,
                "validFor": "",
            },
        ],
        "trial": {
            "days": 30,
            "grants": [{"featureCode": "mail.send", "amount": "200", "unlimited": False}],
        },
        "needs": [],
        "fulfils": "",
    }
    training = await product(shop, "training")
    assert (training["needs"], training["fulfils"]) == (["sales"], "First training")


async def test_terms_show_what_changes_do_and_what_follows(shop: Api) -> None:
    """Every key of the terms' version is a field."""
    query = f"""{{ billingTerms(first: 5) {{ edges {{ node {{ currentVersion {{ {CHANGES} }} }}
        }} }} }}"""
    edges = (await shop.one.ask(query))["billingTerms"]["edges"]
    assert edges[0]["node"]["currentVersion"] == {
        "upgrade": "RESET",
        "downgrade": "PRORATE",
        "fewer": "CREDIT",
        "more": "NEXT_INVOICE",
        "earlyEnd": "CREDIT",
        "term": "year",
        "notice": "30 days",
        "noNoticeUpTo": 10,
        "minimumQuantity": True,
        "payment": {
            "within": "14 days",
            "retries": ["1 day", "3 days"],
            "reminders": ["2 days", "9 days"],
            "suspendAfter": "14 days",
            "endAfter": "60 days",
        },
    }


async def test_a_surcharge_is_shown_with_its_rate(shop: Api) -> None:
    """20 % on top of each row, four decimals; the other rate has none."""
    query = """{ pricePlans(first: 5) { edges { node { versions { ruleSets { name value }
        rates { productCode surcharge { percent precision } } } } } } }"""
    version = (await shop.one.ask(query))["pricePlans"]["edges"][0]["node"]["versions"][0]
    assert version == {
        "ruleSets": [],
        "rates": [
            {"productCode": "message", "surcharge": {"percent": "20", "precision": 4}},
            {"productCode": "sales", "surcharge": None},
        ],
    }


async def test_a_feature_is_defined_listed_and_found_by_its_id(shop: Api) -> None:
    """Defining it again with another name makes no version; what it counts stays."""
    made = await shop.one.changed(
        "featureDefine",
        "feature { id code counts beyond gauge window state version }",
        {"code": "shops", "name": "Shops", "counts": "GAUGE", "gauge": "stores"},
    )
    key = made["feature"].pop("id")
    assert made["feature"] == {
        "code": "shops",
        "counts": "GAUGE",
        "beyond": "BLOCKS",
        "gauge": "stores",
        "window": "",
        "state": "ACTIVE",
        "version": 1,
    }
    found = await shop.one.ask(
        "query($id: ID!) { node(id: $id) { ... on Feature { name } } }", id=key
    )
    assert found["node"] == {"name": "Shops"}
    listed = await shop.one.ask("{ features(first: 9) { totalCount edges { node { code } } } }")
    codes = [edge["node"]["code"] for edge in listed["features"]["edges"]]
    assert codes == ["contacts", "mail.send", "shops", "stores", "users"]


async def test_a_product_is_given_what_it_allows_by_hand(shop: Api) -> None:
    """Made with a grant and a trial; an update replaces the grants and leaves the trial."""
    await shop.one.changed(
        "productCreate",
        "product { id }",
        {
            "code": "shopping",
            "kind": "MODULE",
            "name": "Shopping",
            "grants": [{"feature": "mail.send", "amount": "5", "per": "UNIT"}],
            "trial": {"days": 14, "grants": [{"feature": "users", "unlimited": True}]},
        },
    )
    made = await product(shop, "shopping")
    assert [(one["featureCode"], one["amount"], one["per"]) for one in made["grants"]] == [
        ("mail.send", "5", "UNIT")
    ]
    assert made["trial"] == {
        "days": 14,
        "grants": [{"featureCode": "users", "amount": None, "unlimited": True}],
    }
    await shop.one.changed(
        "productUpdate",
        "product { id }",
        {"product": "shopping", "grants": [{"feature": "users", "unlimited": True}]},
    )
    changed = await product(shop, "shopping")
    assert [(one["featureCode"], one["amount"]) for one in changed["grants"]] == [
        ("users", None)
    ]
    assert changed["trial"] == made["trial"]


@pytest.mark.parametrize(
    ("mutation", "given", "refusals"),
    [
        (
            "featureDefine",
            {"code": "users", "name": "Users", "counts": "COMPANIES"},
            [("IMMUTABLE_FIELD", "input.counts")],
        ),
        (
            "featureDefine",
            {"code": "new", "name": "New", "beyond": "HOLDS"},
            [("CATALOGUE_INVALID", "input.beyond")],
        ),
        (
            "featureDefine",
            {"code": "new", "name": "New", "counts": "MEMBERS", "beyond": "BILLS"},
            [("CATALOGUE_INVALID", "input.product")],
        ),
        (
            "productUpdate",
            {"product": "sales", "grants": [{"feature": "nothing", "amount": "1"}]},
            [("CATALOGUE_INVALID", "input.grants.0.feature")],
        ),
        (
            "productUpdate",
            {"product": "mails", "needs": ["training"]},
            [("CATALOGUE_INVALID", "input.needs.0")],
        ),
        (
            "productUpdate",
            {"product": "sales", "trial": {"days": 0}},
            [("CATALOGUE_INVALID", "input.trial.days")],
        ),
        (
            "billingTermsPublish",
            {"code": "contract", "name": "Contract", "plans": ["basic"], "term": "45 days"},
            [("CATALOGUE_INVALID", "input.term")],
        ),
        (
            "billingTermsPublish",
            {
                "code": "contract",
                "name": "Contract",
                "plans": ["basic"],
                "payment": {"retries": ["soon"]},
            },
            [("CATALOGUE_INVALID", "input.payment.retries.0")],
        ),
    ],
)
async def test_what_is_refused_leaves_everything_as_it_was(
    shop: Api, mutation: str, given: dict[str, Any], refusals: list[tuple[str, str]]
) -> None:
    """The same checks as of a file, each with the path into the input."""
    before = await shop.rows(*TABLES)
    assert await shop.one.codes(mutation, given) == refusals
    assert await shop.rows(*TABLES) == before
