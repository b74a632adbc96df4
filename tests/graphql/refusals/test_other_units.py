"""What another unit sells is unknown to staff, by every verb and in every list."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.refusals.pay_tv import Seller, digests, seller

SECRETS: Final = """
price_plans:
  secret: {name: Secret, currency: EUR, units: [south], family: few,
    rates: {ppv: {base: 1}, gold: {base: 1}, hours: {base: 1}}}
  plain: {name: Plain, currency: EUR, family: few, rates: {ppv: {base: 2}, gold: {base: 2}}}
  on-secret: {name: On a secret, currency: EUR, base: secret, rates: {gold: {base: 0}}}
billing_terms:
  secretly: {name: Secretly, plans: [secret, plain], default_plan: secret}
  jobs-secretly: {name: Secret jobs, kind: job, plans: [secret], default_plan: secret}
products:
  preview: {kind: usage_service, name: Preview, type: film, meters: {channel: ott, unit: order}}
usage_catalogues:
  secret:
    name: Secret
    currency: EUR
    provider: Nagra Media Live
    termed_services: [ppv]
    services: {preview: {provisioning_id: P1, base: 1}}
    units: [south]
discounts:
  secret: {name: Secret, method: ad_hoc, of: subscription, percent: 1, units: [south]}
  theirs-to-approve: {name: Asked, method: ad_hoc, of: subscription, percent: 1,
    approval: south}
"""
SUB = {"subscription": "subscription-s"}
NEW = {"account": "a", "items": [{"product": "gold"}]}
JOB = {"account": "a", "type": "repair"}
FILM = {**SUB, "udrType": "film"}
# A verb, what it is given, and the argument that names what is hidden; its code is unknown.
CHOICES: Final[tuple[tuple[str, dict[str, Any], str, str], ...]] = (
    ("subscriptionCreate", {**NEW, "billingTerms": "secretly"}, "pricePlan", "secret"),
    ("subscriptionCreate", {**NEW, "billingTerms": "secretly"}, "pricePlan", "on-secret"),
    ("subscriptionAmendTerms", {**SUB, "billingTerms": "secretly"}, "pricePlan", "secret"),
    ("subscriptionAmendTerms", {**SUB, "billingTerms": "secretly"}, "pricePlan", "on-secret"),
    ("subscriptionPlanChange", {"subscription": "under-s"}, "pricePlan", "secret"),
    ("jobCreate", {**JOB, "billingTerms": "jobs-secretly"}, "pricePlan", "secret"),
    ("jobAmendTerms", {"job": "job", "billingTerms": "jobs-secretly"}, "pricePlan", "secret"),
    ("discountGrant", SUB, "definition", "secret"),
    ("usageOrder", FILM, "service", "preview"),
    ("usageOrder", {**FILM, "orderedFor": "2026-01-20T00:00:00Z"}, "service", "preview"),
)
LISTS: Final = (
    ('{ availablePricePlans(account: "a", billingTerms: "secretly") { pricePlan { code } } }',
     {"secret", "on-secret"}),
    ('{ availableDiscounts(subscription: "subscription-s") { discount { code } } }',
     {"secret"}),
    ('{ availableUsageServices(subscription: "subscription-s") { service { code } } }',
     {"preview"}),
)  # fmt: skip
UNITS = ("south", "west", "north")


@pytest.fixture(scope="module")
async def shop(api: Api) -> Seller:
    """South sells secrets, west works with south, and north has nothing to do with them."""
    made = await seller(api.one)
    for code in UNITS:
        await api.one.changed("orgUnitCreate", "__typename", {"code": code, "name": code})
    await api.one.changed(
        "orgUnitCollaborate", "__typename", {"unit": "south", "collaborator": "west"}
    )
    await api.one.changed("catalogueApply", "__typename", {"yaml": SECRETS})
    under = {**NEW, "billingTerms": "secretly", "pricePlan": "plain", "ref": "under-s"}
    await api.one.changed("subscriptionCreate", "__typename", under)
    return made


@pytest.fixture(scope="module")
async def staff(api: Api, shop: Seller) -> dict[str, KeyClient]:
    """A key of an administrator of each unit."""
    found = {}
    for unit in UNITS:
        given = {"email": f"{unit}@x.fr", "name": unit, "orgUnit": unit, "roles": ["ADMIN"]}
        made = await api.one.changed("staffCreate", "staff { id }", given)
        scopes = [
            "account.read", "catalogue.read", "subscription.read", "subscription.write",
            "job.read", "job.write", "discount.grant", "discount.approve", "usage.write",
        ]  # fmt: skip
        key = {"name": unit, "staff": made["staff"]["id"], "scopes": scopes}
        issued = await api.one.changed("apiKeyIssue", "text", key)
        found[unit] = KeyClient(api.http, issued["text"], api.one.tenant_id)
    return found


async def _ids(client: KeyClient) -> dict[str, str]:
    fields = ("pricePlans", "discounts", "products")
    asked = " ".join(
        f"{name}(first: 100) {{ edges {{ node {{ id code }} }} }}" for name in fields
    )
    found = await client.ask(f"{{ {asked} }}")
    nodes = [edge["node"] for name in fields for edge in found[name]["edges"]]
    return {f"{each['id'].partition('_')[0]}:{each['code']}": each["id"] for each in nodes}


@pytest.mark.parametrize("choice", CHOICES, ids=lambda each: f"{each[0]}-{each[3]}")
async def test_staff_of_another_unit_are_answered_as_if_there_were_none(
    api: Api, shop: Seller, staff: dict[str, KeyClient], choice: Any
) -> None:
    """By code and by id: the answer for a name that nothing has; the others may."""
    mutation, given, argument, code = choice
    given = {**given, "dryRun": True}
    if given.get("job"):
        given["job"] = shop.ids["job"]
    for client in (api.one, staff["south"], staff["west"]):
        payload = await client.change(mutation, "__typename", {**given, argument: code})
        assert payload["userErrors"] == [], payload
    prefix = {"pricePlan": "plan", "definition": "discount", "service": "prod"}[argument]
    ident = (await _ids(api.one))[f"{prefix}:{code}"]
    before = await digests(api, api.one)
    absent = f"{ident.partition('_')[0]}_01h455vb4pex5vsknk084sn02q"
    answers = []
    for name in (code, "no-such", ident, absent):
        payload = await staff["north"].change(mutation, "__typename", {**given, argument: name})
        assert payload["userErrors"], name
        told = str(payload["userErrors"])
        answers.append(told.replace(f"'{name}'", "…").replace(f"'{code}'", "…"))
    assert answers[0] == answers[1]
    if argument == "service":  # products are no secret; who may order them is
        assert answers[2] == answers[0]
    else:
        assert answers[2] == answers[3]
    assert await digests(api, api.one) == before


@pytest.mark.parametrize(("query", "secrets"), LISTS)
async def test_lists_offer_what_the_verbs_take(
    api: Api, staff: dict[str, KeyClient], query: str, secrets: set[str]
) -> None:
    """All of it to the tenant, the unit and its collaborator; nothing of it to others."""
    for client, seen in (
        (api.one, secrets), (staff["south"], secrets), (staff["west"], secrets),
        (staff["north"], set()),
    ):  # fmt: skip
        text = str(await client.ask(query))
        assert {each for each in secrets if f"'{each}'" in text} == seen


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("subscriptionCreate", {**NEW, "billingTerms": "secretly"}),
        ("jobCreate", {**JOB, "billingTerms": "jobs-secretly"}),
    ],
)
async def test_a_hidden_default_plan_is_no_way_in(
    api: Api, staff: dict[str, KeyClient], mutation: str, given: dict[str, Any]
) -> None:
    """Terms whose default is hidden have none for the staff of another unit."""
    assert await staff["north"].codes(mutation, {**given, "dryRun": True}) == [
        ("PLAN_NOT_ALLOWED", "input.pricePlan")
    ]
    assert await staff["west"].codes(mutation, {**given, "dryRun": True}) == []


async def test_only_the_named_unit_approves(api: Api, staff: dict[str, KeyClient]) -> None:
    """Not a collaborator, nor others; whoever gave it may, being of that unit."""
    given = {**SUB, "definition": "theirs-to-approve"}
    made = await staff["south"].changed("discountGrant", "grant { id state }", given)
    assert made["grant"]["state"] == "PENDING"
    grant = {"grant": made["grant"]["id"]}
    before = await digests(api, api.one)
    for unit in ("west", "north"):
        assert await staff[unit].codes("discountApprove", grant) == [
            ("NOT_THE_APPROVER", "input.grant")
        ]
    assert await digests(api, api.one) == before
    approved = await staff["south"].changed("discountApprove", "grant { state }", grant)
    assert approved["grant"]["state"] == "APPROVED"


async def test_a_hidden_discount_is_changed_by_its_units_and_its_approver(
    api: Api, staff: dict[str, KeyClient]
) -> None:
    """North sees neither grant of South's own; it may cancel the one that it approves."""
    approved_north = """
discounts:
  asked-north: {name: Asked north, method: ad_hoc, of: subscription, percent: 1,
    units: [south], approval: north}
  asked-west: {name: Asked west, method: ad_hoc, of: subscription, percent: 1,
    units: [south], approval: west}
"""
    await api.one.changed("catalogueApply", "__typename", {"yaml": approved_north})
    grants = {}
    for code in ("asked-north", "asked-west"):
        given = {**SUB, "definition": code}
        made = await staff["south"].changed("discountGrant", "grant { id }", given)
        grants[code] = {"grant": made["grant"]["id"]}
    before = await digests(api, api.one)
    absent = {"grant": "grant_01h455vb4pex5vsknk084sn02q"}
    for mutation, more in (("discountAmend", {"note": "x"}), ("discountCancel", {})):
        selection = "userErrors { message }"
        hidden = await staff["north"].change(mutation, selection, grants["asked-west"] | more)
        unknown = await staff["north"].change(mutation, selection, absent | more)
        assert hidden["userErrors"], hidden
        assert hidden == unknown
    assert await digests(api, api.one) == before
    for unit, code in (("south", "asked-west"), ("north", "asked-north")):
        ended = await staff[unit].changed("discountCancel", "grant { state }", grants[code])
        assert ended["grant"]["state"] == "CANCELLED"
