"""What a customer's token opens: some fields, on one account, and nothing else."""

from __future__ import annotations

import re
from typing import Final

import pytest

from api.access import customers_need
from api.schema import make_schema
from core.plugin_host import PluginHost
from core.tenancy.capabilities import OF_A_CUSTOMER
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.customers import SCHEMA, customer, document
from tests.graphql.refusals.answers import swapped, told
from tests.graphql.refusals.pay_tv import Seller, digests, seller
from tests.graphql.refusals.test_limited_view import SHARED
from tests.graphql.refusals.test_units_view import BY_ID, BY_REF, inputs
from tests.graphql.refusals.units import ABSENT, OF_ACCOUNTS
from tests.graphql.refusals.world import TENANT_TABLES

OPEN_QUERIES: Final = frozenset({
    "account", "availablePricePlans", "can", "creditNote", "creditNotes", "invoice",
    "invoicePreview", "invoices", "node", "nodes", "priceList", "subscription",
    "subscriptions", "usageEvents", "viewer",
})  # fmt: skip
OPEN_MUTATIONS: Final = frozenset({
    "licenceAssign", "licenceRelease", "subscriptionCancel", "subscriptionCreate",
    "subscriptionEnd", "subscriptionItemAdd", "subscriptionItemChangeQuantity",
    "subscriptionItemEnd", "subscriptionItemOrder", "subscriptionOrder",
    "subscriptionPlanChange", "subscriptionReactivate", "subscriptionTrialStart",
})  # fmt: skip
HIDDEN: Final = frozenset({
    "api_key", "audit_entry", "audit_seal", "audit_unsealed", "close_chunk", "close_run",
    "customer_token", "identity_provider", "outbox", "staff", "staff_identity",
})  # fmt: skip
"""Tables that a customer's transaction finds empty, though they hang on no account."""
assert SCHEMA.query_type is not None
assert SCHEMA.mutation_type is not None
SHUT: Final = sorted(
    [("query", each) for each in set(SCHEMA.query_type.fields) - OPEN_QUERIES]
    + [("mutation", each) for each in set(SCHEMA.mutation_type.fields) - OPEN_MUTATIONS]
)


@pytest.fixture(scope="module")
async def shop(api: Api) -> Seller:
    """Everything that an account may have, on the accounts `a` and `p`."""
    made = await seller(api.one)
    other = {"name": "C", "ref": "c", "currency": "EUR", "testClock": "2026-02-01T00:00:00Z"}
    made.ids["stranger"] = await made.make("accountCreate", "account", other)
    return made


@pytest.fixture(scope="module")
async def stranger(api: Api, shop: Seller) -> KeyClient:
    """A customer whose account has nothing, and all scopes that a customer may have."""
    return await customer(api, "c")


@pytest.fixture(scope="module")
async def owner(api: Api, shop: Seller) -> KeyClient:
    """The customer of the account `a`."""
    return await customer(api, "a")


def test_what_is_open_to_customers_is_what_is_listed_here() -> None:
    """Read off the schema: whoever opens another field meets this list."""
    schema = make_schema(PluginHost())
    found: dict[str, set[str]] = {}
    for name, root in (("query", schema.query), ("mutation", schema.mutation)):
        found[name] = {
            schema.config.name_converter.get_graphql_name(field)
            for field in root.__strawberry_definition__.fields
            if customers_need(field.base_resolver.wrapped_func) is not False
        }
    assert found == {
        "query": {*OPEN_QUERIES} - {"node", "nodes"},  # these ask for each type
        "mutation": {*OPEN_MUTATIONS},
    }


def test_no_field_asks_of_customers_what_they_can_never_have() -> None:
    """An open field needs one of a customer's scopes, or none."""
    for kind in make_schema(PluginHost()).schema_converter.type_map.values():
        for field in getattr(kind.definition, "fields", ()):
            if field.base_resolver is not None:
                needed = customers_need(field.base_resolver.wrapped_func)
                assert needed in {True, False} or needed in OF_A_CUSTOMER, field.name


@pytest.mark.parametrize(("root", "name"), SHUT)
async def test_what_is_not_open_is_forbidden(
    api: Api, owner: KeyClient, root: str, name: str
) -> None:
    """Every other query and mutation, whatever is asked; and nothing changes."""
    text, variables = document(root, name)
    before = await digests(api, api.one) if root == "mutation" else None
    assert await owner.refused(text, **variables) == ["FORBIDDEN"]
    if before is not None:
        assert await digests(api, api.one) == before


def _bare(text: str, names: list[str]) -> str:
    for name in names:
        text = text.replace(name, "…").replace(name.partition("_")[2] or name, "…")
    return re.sub(r"\b(a|zz|subscription-s|no-such)\b", "…", text)


@pytest.mark.parametrize("query", BY_ID)
async def test_ids_of_other_accounts_lead_nowhere(
    shop: Seller, stranger: KeyClient, query: str
) -> None:
    """Each kind of id of what hangs on another account: as one that does not exist."""
    for name, ident in shop.ids.items():
        prefix = ident.partition("_")[0]
        if prefix not in OF_ACCOUNTS or name == "stranger":
            continue
        answers = [
            _bare(await told(stranger, query.replace("ID", f'"{each}"'), {}), [each])
            for each in (ident, f"{prefix}_{ABSENT}")
        ]
        assert answers[0] == answers[1], ident


@pytest.mark.parametrize(("query", "ref"), BY_REF)
async def test_refs_of_other_accounts_lead_nowhere(
    shop: Seller, stranger: KeyClient, query: str, ref: str
) -> None:
    """As one that nothing has."""
    answers = [
        _bare(await told(stranger, query.replace("REF", f'"{each}"'), {}), [f"'{each}'"])
        for each in (ref, "no-such")
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("mutation", sorted(OPEN_MUTATIONS))
async def test_a_change_of_another_account_is_answered_as_if_there_were_none(
    api: Api, shop: Seller, stranger: KeyClient, mutation: str
) -> None:
    """By id and by ref, to the letter; and nothing changes."""
    given = inputs(shop.ids)[mutation]
    for ours in ("agreementDate", "credit", "startsAt", "ref", "type", "classification",
                 "attributes", "days", "grants", "again"):  # fmt: skip
        given.pop(ours, None)  # what is the seller's to say is refused before all else
    theirs = {each for each in shop.ids.values() if each.partition("_")[0] in OF_ACCOUNTS}
    nobodys = {each: f"{each.partition('_')[0]}_{ABSENT}" for each in theirs}
    by_ref = {shop.ids["account"]: "a", shop.ids["subscription"]: "subscription-s"}
    assert swapped(given, nobodys) != given, "the input names nothing of an account"
    text = (
        f"mutation ($input: {mutation[0].upper()}{mutation[1:]}Input!) {{ "
        f"{mutation}(input: $input) {{ userErrors {{ code message path }} }} }}"
    )
    before = await digests(api, api.one)
    for names, others in (({}, nobodys), (by_ref, {**nobodys, **dict.fromkeys(by_ref, "zz")})):
        answers = []
        for swap in (names, others):
            answer = await told(stranger, text, {"input": swapped(given, swap)})
            answers.append(_bare(answer, [*theirs, *nobodys.values()]))
        assert answers[0] == answers[1]
        assert '"NOT_FOUND"' in answers[0], answers[0]
    assert await digests(api, api.one) == before


async def test_lists_hold_what_is_the_customers_own(
    shop: Seller, stranger: KeyClient, owner: KeyClient
) -> None:
    """Counted too: of another account's there are none."""
    for name in ("subscriptions", "invoices", "creditNotes"):
        query = f"{{ {name}(first: 100) {{ totalCount edges {{ node {{ id }} }} }} }}"
        assert (await stranger.ask(query))[name] == {"totalCount": 0, "edges": []}
        mine = (await owner.ask(query))[name]
        everybodys = (await shop.client.ask(query))[name]
        ids = {edge["node"]["id"] for edge in mine["edges"]}
        assert ids, name
        assert mine["totalCount"] == len(ids), name
        all_ids = {edge["node"]["id"] for edge in everybodys["edges"]}
        assert ids < all_ids or (name == "creditNotes" and ids == all_ids)


async def test_the_database_itself_hides_every_row_of_other_accounts(
    api: Api, shop: Seller
) -> None:
    """An account that has nothing finds nothing but itself, and what it is sold."""
    async with api.transaction() as tx:
        ids = dict(await tx.fetch("SELECT ref, id FROM account"))
    async with api.application.transaction(
        api.one.tenant_id, actor="test", account_id=ids["c"]
    ) as tx:
        tables = [row[0] for row in await tx.fetch(TENANT_TABLES)]
        seen = {each: await tx.fetchval(f"SELECT count(*) FROM {each}") for each in tables}
        own = await tx.fetch("SELECT id FROM account")
    assert [row["id"] for row in own] == [ids["c"]]
    assert {each for each in HIDDEN if seen[each]} == set()
    about_itself = {"account", "history_entry"}
    rest = {each for each in seen if each not in SHARED | about_itself}
    assert {each for each in rest if seen[each]} == set()


async def test_nobody_reads_the_sellers_own_notes_of_an_account(
    shop: Seller, owner: KeyClient
) -> None:
    """Groupings, attributes, conditions and history; what the customer buys has a name."""
    wanted = """{ account(ref: "a") { classification attributes { name }
        subscriptions(first: 1) { edges { node { classification attributes { name }
          phase { pricePlanVersion { selectWhen applyWhen ruleSets { name }
            pricePlan { name } } } } } } } }"""
    answer = (await owner.ask(wanted))["account"]
    node = answer["subscriptions"]["edges"][0]["node"]
    assert (answer["classification"], answer["attributes"]) == (None, [])
    assert (node["classification"], node["attributes"]) == (None, [])
    version = node["phase"]["pricePlanVersion"]
    assert (version["selectWhen"], version["applyWhen"], version["ruleSets"]) == ("", "", [])
    assert version["pricePlan"]["name"] == "TV"
    for shut in (
        "history { edges { node { action } } }",
        "orgUnit { name }",
        "jobs { edges { node { id } } }",
        "fulfilmentTasks { edges { node { id } } }",
    ):
        query = f'{{ account(ref: "a") {{ id {shut} }} }}'
        assert await owner.refused(query) == ["FORBIDDEN"], shut
    for shut in ("versions { number }", "units", "base { code }"):
        query = (
            '{ subscription(ref: "subscription-s") { phase { pricePlanVersion { pricePlan {'
            f" {shut} }} }} }} }} }}"
        )
        assert await owner.refused(query) == ["FORBIDDEN"], shut
    for prefix in ("prod", "plan", "planver", "terms", "staff", "unit", "key", "run", "ten"):
        idents = [each for each in shop.ids.values() if each.startswith(f"{prefix}_")]
        for ident in idents[:3]:
            assert await owner.ask(f'{{ node(id: "{ident}") {{ id }} }}') == {"node": None}


async def test_what_is_the_sellers_to_say_a_customer_does_not_say(
    api: Api, shop: Seller, owner: KeyClient
) -> None:
    """Days and credits that cost money, and what conditions of prices read."""
    new = {"account": "a", "billingTerms": "monthly", "items": [{"product": "gold"}]}
    day, instant = "2026-01-01", "2026-01-11T12:00:00+01:00"
    refused = [
        ("subscriptionCreate", {**new, "startsAt": instant}),
        ("subscriptionCreate", {**new, "agreementDate": day}),
        ("subscriptionCreate", {**new, "ref": "mine"}),
        ("subscriptionCreate", {**new, "type": "GOLD"}),
        ("subscriptionCreate", {**new, "classification": "vip"}),
        (
            "subscriptionCreate",
            {**new, "attributes": [{"name": "vip", "value": {"flag": True}}]},
        ),
        (
            "subscriptionTrialStart",
            {**new, "attributes": [{"name": "vip", "value": {"flag": True}}]},
        ),
        ("subscriptionTrialStart", {**new, "days": 300}),
        ("subscriptionTrialStart", {**new, "again": True}),
        ("subscriptionOrder", {"subscription": "subscription-s", "agreementDate": day}),
        ("subscriptionEnd", {"subscription": "subscription-s", "credit": True}),
    ]
    before = await digests(api, api.one)
    for mutation, given in refused:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        text = f"mutation ($i: {kind}!) {{ {mutation}(input: $i) {{ __typename }} }}"
        assert await owner.refused(text, i=given) == ["FORBIDDEN"], (mutation, given)
    assert await digests(api, api.one) == before
