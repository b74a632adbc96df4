"""Where viewing is limited to units, another unit's accounts are as if there were none.

Every mutation and query of the schema is in one of the tables below; a new one fails here
until it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from graphql import build_schema

from api.graphql.ids import split_id
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.refusals.pay_tv import Seller, digests, good_definitions, good_inputs, seller
from tests.graphql.refusals.world import TENANT_TABLES

SCHEMA: Final = build_schema(Path("api/schema.graphql").read_text())
ABSENT: Final = "01h455vb4pex5vsknk084sn02q"
OF_ACCOUNTS: Final = {
    "acc", "sub", "job", "jobline", "item", "mem", "comp", "grant", "advance", "order",
    "wallet", "walletentry", "inv",
}  # fmt: skip
"""Prefixes of ids of what hangs on an account; the fixture makes one of each."""
UNITS: Final = {"north": None, "shop": "north", "west": None, "south": None}
"""The units and those above them; none: the root. The shop lets West work on its things."""
SEEING: Final = ("north", "shop", "west", "root")
EVENT: Final = {
    "source": "x", "id": "y", "occurredAt": "2026-01-10T12:00:00+01:00",
    "event": {"email": {"recipients": 1}},
}  # fmt: skip
NO_ACCOUNT_ASKED: Final = frozenset(good_definitions()) | {
    "accountCreate", "apiKeyIssue", "apiKeyRevoke", "apiKeyRotate", "billingTermsCreate",
    "billingTermsPublish", "catalogueApply", "closeStart", "gaugeCreate", "orgUnitCollaborate",
    "orgUnitCreate", "pricePlanCreate", "pricePlanPublish", "productCreate", "productRetire",
    "productUpdate", "rateTableCreate", "rateTableSlotAdd", "staffCreate", "staffDisable",
    "tenantCreate", "tenantUpdate",
}  # fmt: skip
"""Mutations that name nothing of an account."""
NO_ACCOUNT_SHOWN: Final = frozenset({
    "apiKeys", "billingTerms", "buyInAdvanceDefinitions", "catalogueExport", "closeRuns",
    "discounts", "gauges", "jobTypes", "orgUnits", "pricePlans", "products", "rateTables",
    "segments", "staff", "tenant", "udrTypes", "usageCatalogues", "usageDefinitions",
    "usageRules", "viewer",
})  # fmt: skip
"""Queries of the catalogue and of the seller itself."""
BY_ID: Final = (
    "{ node(id: ID) { id } }",
    "{ nodes(ids: [ID]) { id } }",
    "{ account(id: ID) { id } }",
    "{ subscription(id: ID) { id } }",
    "{ job(id: ID) { id } }",
    "{ invoice(id: ID) { id } }",
    "{ invoicePreview(subscription: ID) { lineCount } }",
    "{ auditEntries(subject: ID) { totalCount edges { node { action } } } }",
    "{ availableDiscounts(subscription: ID) { timesLeft } }",
    "{ availableDiscounts(job: ID) { timesLeft } }",
    "{ availableDurations(subscription: ID) { shortest } }",
    "{ availablePricePlans(account: ID) { isDefault } }",
    "{ availablePricePlans(subscription: ID) { isDefault } }",
    "{ availablePricePlans(job: ID) { isDefault } }",
    "{ availableUsageServices(subscription: ID) { provider } }",
    "{ discountGrants(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ discountGrants(where: {subscription: ID}) { totalCount edges { cursor } } }",
    "{ discountGrants(where: {job: ID}) { totalCount edges { cursor } } }",
    "{ invoices(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ invoices(where: {subscription: ID}) { totalCount edges { cursor } } }",
    "{ jobs(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ usageEvents(where: {account: ID}) { edges { cursor } } }",
    '{ usageEvents(where: {account: "a", subscription: ID}) { edges { cursor } } }',
)
BY_REF: Final = (
    ("{ account(ref: REF) { id } }", "a"),
    ("{ subscription(ref: REF) { id } }", "subscription-s"),
    ("{ job(ref: REF) { id } }", "job-a"),
    ("{ invoice(number: REF) { id } }", "TEST-1"),
    ("{ invoicePreview(subscription: REF) { lineCount } }", "subscription-s"),
    ("{ usageEvents(where: {account: REF}) { edges { cursor } } }", "a"),
    ("{ jobs(where: {account: REF}) { totalCount } }", "a"),
    ("{ discountGrants(where: {account: REF}) { totalCount } }", "a"),
    ("{ availablePricePlans(account: REF) { isDefault } }", "a"),
)
LISTS: Final = (
    "accounts", "subscriptions", "invoices", "jobs", "discountGrants", "parkedSubscriptions",
)  # fmt: skip
SHARED: Final = frozenset({
    # The seller's own, and what it sells.
    "tenant", "org_unit", "org_unit_collaboration", "staff", "api_key", "visible_to", "gauge",
    "product", "suite_member", "rate_table", "rate_table_slot", "price_plan",
    "price_plan_version", "rate", "billing_terms", "billing_terms_version",
    "billing_terms_plan", "catalogue_entry", "catalogue_entry_version",
    # Work of the whole seller; what is shown of it names no account.
    "close_run", "close_chunk", "usage_batch", "audit_entry", "audit_seal", "audit_unsealed",
    "idempotency_key", "outbox", "provisioning_log",
    # Numbers follow those of all; the others are read for a parent that was seen.
    "invoice_number", "billing_step", "discount_free_time", "team_member",
        "profile_right", "member_profile", "usage_dirtied",
})  # fmt: skip
"""Tables that a limited view shows whole; the audit trail has a test of its own."""


@pytest.fixture(scope="module")
async def staff(api: Api) -> dict[str, KeyClient]:
    """An administrator of each unit, of a seller who limits viewing to units."""
    await api.one.changed("tenantUpdate", "__typename", {"limitsViewing": True})
    found = {}
    for unit, above in UNITS.items():
        given = {"code": unit, "name": unit} | ({"parent": above} if above else {})
        await api.one.changed("orgUnitCreate", "__typename", given)
    works = {"unit": "shop", "collaborator": "west"}
    await api.one.changed("orgUnitCollaborate", "__typename", works)
    scopes = (await api.one.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
    for unit in (*UNITS, "root"):
        member = {"email": f"{unit}@x.fr", "name": unit, "orgUnit": unit, "roles": ["ADMIN"]}
        made = await api.one.changed("staffCreate", "staff { id }", member)
        key = {"name": unit, "staff": made["staff"]["id"], "scopes": scopes}
        issued = await api.one.changed("apiKeyIssue", "text", key)
        found[unit] = KeyClient(api.http, issued["text"], api.one.tenant_id)
    return found


@pytest.fixture(scope="module")
async def shop(api: Api, staff: dict[str, KeyClient]) -> Seller:
    """Everything that an account may have, on an account of the shop's."""
    made = await seller(staff["shop"])
    client, ids = made.client, made.ids
    first = {"account": "a", "email": "o@x.fr", "name": "O", "role": "OWNER"}
    await made.make("memberAdd", "member", first)
    ids["member"] = await made.make(
        "memberAdd",
        "member",
        {"account": "a", "email": "m@x.fr", "name": "M", "role": "MEMBER"},
    )
    ids["company"] = await made.make("companyAdd", "company", {"account": "a", "name": "C"})
    job = {"account": "a", "type": "repair", "ref": "job-a"}
    ids["named"] = await made.make("jobCreate", "job", job)
    read = '{ subscription(ref: "subscription-s") { items { id } } }'
    ids["item"] = (await client.ask(read))["subscription"]["items"][0]["id"]
    moved = {"account": "a", "to": "2026-02-11T00:00:00+01:00"}
    await client.changed("accountClockAdvance", "__typename", moved)
    invoices = (await client.ask("{ invoices { edges { node { id } } } }"))["invoices"]
    ids["invoice"] = invoices["edges"][0]["node"]["id"]
    assert {each.partition("_")[0] for each in ids.values()} >= OF_ACCOUNTS
    return made


def inputs(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """An input of each mutation that names something of an account."""
    account, subscription = {"account": ids["account"]}, {"subscription": ids["subscription"]}
    item = {"item": ids["item"]}
    return good_inputs(ids) | {
        "accountClockAdvance": {**account, "to": "2026-03-01T00:00:00+01:00"},
        "accountUpdate": {**account, "name": "B"},
        "companyAdd": {**account, "name": "D"},
        "companyRemove": {"company": ids["company"]},
        "gaugeSet": {"readings": [{
            **account, "gauge": "g", "value": "1", "source": "x", "id": "y",
            "at": "2026-01-10T12:00:00+01:00",
        }]},
        "jobBillingRetry": {"job": ids["job"]},
        "memberAdd": {**account, "email": "n@x.fr", "name": "N", "role": "MEMBER"},
        "memberRemove": {"member": ids["member"]},
        "parkedRetry": subscription,
        "subscriptionCancel": subscription,
        "subscriptionCreate": {
            **account, "billingTerms": "monthly", "items": [{"product": "gold"}],
        },
        "subscriptionItemAdd": {**subscription, "product": "gold"},
        "subscriptionItemChangeQuantity": {**item, "quantity": "2"},
        "subscriptionItemEnd": item,
        "subscriptionPlanChange": {**subscription, "pricePlan": "other"},
        "subscriptionReactivate": subscription,
        "usageAmend": {"report": {**account, **EVENT}},
        "usageRecord": {"events": [{**account, **EVENT}]},
        "usageVoid": {**account, "source": "x", "id": "y"},
    }  # fmt: skip


MUTATIONS: Final = sorted(inputs(defaultdict(str)))


def test_every_mutation_and_query_of_the_schema_is_in_a_table_here() -> None:
    """A new field says whether it names or shows what hangs on an account."""
    assert SCHEMA.mutation_type is not None
    assert SCHEMA.query_type is not None
    assert {*MUTATIONS, *NO_ACCOUNT_ASKED} == set(SCHEMA.mutation_type.fields)
    asked = {each.split("(")[0].strip("{ ") for each in BY_ID}
    covered = {*NO_ACCOUNT_SHOWN, *LISTS, *asked, "reconciliation"}
    assert covered == set(SCHEMA.query_type.fields)


def _swapped(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _swapped(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [_swapped(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


async def _told(client: KeyClient, document: str, variables: dict[str, Any]) -> str:
    """The answer as a text, without the names that were given."""
    answer = (await client.post(document, variables)).json()
    answer.pop("extensions", None)
    text = orjson.dumps(answer).decode()
    assert "INTERNAL_SERVER_ERROR" not in text, (document, variables)
    return text


def _without(text: str, names: list[str]) -> str:
    for name in names:
        text = text.replace(name, "…")
        if "_" in name:
            text = text.replace(name.partition("_")[2], "…")
            text = text.replace(str(split_id(name)[1]), "…")
    return text


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_change_of_another_units_account_is_answered_as_if_there_were_none(
    api: Api, shop: Seller, staff: dict[str, KeyClient], mutation: str
) -> None:
    """By id and by ref, to the letter; and nothing changes."""
    given = inputs(shop.ids)[mutation]
    theirs = {each for each in shop.ids.values() if each.partition("_")[0] in OF_ACCOUNTS}
    nobodys = {each: f"{each.partition('_')[0]}_{ABSENT}" for each in theirs}
    by_ref = {shop.ids["account"]: "a", shop.ids["subscription"]: "subscription-s"}
    assert _swapped(given, nobodys) != given, "the input names nothing of an account"
    name = f"{mutation[0].upper()}{mutation[1:]}Input"
    more = {"usageRecord": "verdicts { reason message path }",
            "gaugeSet": "verdicts { reason message }"}.get(mutation, "")  # fmt: skip
    document = (
        f"mutation ($input: {name}!) {{ {mutation}(input: $input) "
        f"{{ {more} userErrors {{ code message path }} }} }}"
    )
    before = await digests(api, api.one)
    for names, others in (({}, nobodys), (by_ref, {**nobodys, **dict.fromkeys(by_ref, "zz")})):
        answers = []
        for swap in (names, others):
            sent = {"input": _swapped(given, swap)}
            text = await _told(staff["south"], document, sent)
            bare = _without(text, [*theirs, *nobodys.values()])
            answers.append(re.sub(r"\b(a|zz|subscription-s)\b", "…", bare))
        assert answers[0] == answers[1]
        assert '"code"' in answers[0] or '"reason":"' in answers[0], answers[0]
    assert await digests(api, api.one) == before


@pytest.mark.parametrize("query", BY_ID)
async def test_another_units_ids_lead_nowhere(
    shop: Seller, staff: dict[str, KeyClient], query: str
) -> None:
    """Each kind of id, right or wrong for the argument: as one that does not exist."""
    for ident in shop.ids.values():
        prefix = ident.partition("_")[0]
        if prefix not in OF_ACCOUNTS:
            continue
        absent = f"{prefix}_{ABSENT}"
        answers = [
            _without(await _told(staff["south"], query.replace("ID", f'"{each}"'), {}), [each])
            for each in (ident, absent)
        ]
        assert answers[0] == answers[1], ident


@pytest.mark.parametrize(("query", "ref"), BY_REF)
async def test_another_units_refs_lead_nowhere(
    shop: Seller, staff: dict[str, KeyClient], query: str, ref: str
) -> None:
    """As one that nothing has."""
    answers = [
        _without(
            await _told(staff["south"], query.replace("REF", f'"{each}"'), {}), [f"'{each}'"]
        )
        for each in (ref, "no-such")
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("field", LISTS)
async def test_lists_show_what_a_unit_sees_and_no_more(
    api: Api, shop: Seller, staff: dict[str, KeyClient], field: str
) -> None:
    """The owner, the unit above it, its collaborator and the root see all that there is."""
    query = f"{{ {field}(first: 100) {{ totalCount edges {{ cursor }} }} }}"
    whole = (await api.one.ask(query))[field]
    assert whole["totalCount"] > 0 or field == "parkedSubscriptions"
    for unit in SEEING:
        assert (await staff[unit].ask(query))[field] == whole, unit
    nothing = {"totalCount": 0, "edges": []}
    assert (await staff["south"].ask(query))[field] == nothing


async def test_seen_objects_are_found_by_their_ids(
    shop: Seller, staff: dict[str, KeyClient]
) -> None:
    """What South asks for in vain is there for the others; so the tests above can fail."""
    wanted = [
        each for each in shop.ids.values()
        if each.partition("_")[0] in OF_ACCOUNTS - {"item", "jobline"}
    ]  # fmt: skip
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for unit in SEEING:
        found = (await staff[unit].ask(query, ids=wanted))["nodes"]
        assert [each and each["id"] for each in found] == wanted, unit
    found = (await staff["south"].ask(query, ids=wanted))["nodes"]
    assert found == [None] * len(wanted)


async def test_the_database_itself_hides_every_row_of_an_account(
    api: Api, shop: Seller, staff: dict[str, KeyClient]
) -> None:
    """Each table of the seller's is whole for the shop, and empty for South or shared."""
    async with api.transaction() as tx:
        ids = dict(await tx.fetch("SELECT code, id FROM org_unit"))
    seen: dict[str, dict[str, int]] = {}
    for unit in ("shop", "south", None):
        async with api.application.transaction(
            api.one.tenant_id, actor="test", unit_id=ids.get(unit)
        ) as tx:
            tables = [row[0] for row in await tx.fetch(TENANT_TABLES)]
            seen[unit or "all"] = {
                table: await tx.fetchval(f"SELECT count(*) FROM {table}") for table in tables
            }
    whole = seen["all"]
    bound = {table for table in whole if table not in SHARED}
    assert {table: seen["shop"][table] for table in bound} == {
        table: whole[table] for table in bound
    }
    assert {table for table in bound if seen["south"][table]} == set()
    assert sum(whole[table] > 0 for table in bound) >= 20


async def test_the_audit_trail_shows_a_unit_what_it_sees(
    shop: Seller, staff: dict[str, KeyClient]
) -> None:
    """Of accounts the seen ones; of the seller's catalogue and people everything."""
    query = "{ auditEntries(first: 100) { edges { node { subjectType } } } }"
    kinds = {}
    for unit in ("shop", "south"):
        edges = (await staff[unit].ask(query))["auditEntries"]["edges"]
        kinds[unit] = {edge["node"]["subjectType"] for edge in edges}
    assert {"account", "subscription", "job", "discount_grant"} <= kinds["shop"]
    assert kinds["south"] <= {"tenant", "org_unit", "staff", "api_key", "catalogue"}
    assert kinds["south"]


async def test_a_limited_unit_changes_no_units_staff_or_keys(
    api: Api, staff: dict[str, KeyClient]
) -> None:
    """Else it could let itself see more; the root may, and so may keys without staff."""
    before = await digests(api, api.one)
    for mutation, given in (
        ("tenantUpdate", {"limitsViewing": False}),
        ("orgUnitCollaborate", {"unit": "shop", "collaborator": "south"}),
        ("staffCreate", {"email": "x@x.fr", "name": "X", "roles": ["ADMIN"]}),
        ("apiKeyIssue", {"name": "x", "scopes": ["account.read"]}),
    ):
        name = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = f"mutation ($i: {name}!) {{ {mutation}(input: $i) {{ __typename }} }}"
        assert await staff["south"].refused(document, i=given) == ["FORBIDDEN"]
    assert await digests(api, api.one) == before
    same = {"limitsViewing": True}
    made = await staff["root"].changed("tenantUpdate", "tenant { limitsViewing }", same)
    assert made["tenant"] == same
    assert await digests(api, api.one) == before


async def test_accounts_are_made_within_ones_view(
    api: Api, shop: Seller, staff: dict[str, KeyClient]
) -> None:
    """One's own unit unless said; another's is no unit; a taken ref stays taken."""
    south = staff["south"]
    made = await south.changed(
        "accountCreate", "account { id orgUnit { code } }", {"name": "S"}
    )
    assert made["account"]["orgUnit"] == {"code": "south"}
    given = {"name": "W", "orgUnit": "shop"}
    made_by = await staff["west"].changed(
        "accountCreate", "account { orgUnit { code } }", given
    )
    assert made_by["account"]["orgUnit"] == {"code": "shop"}
    before = await digests(api, api.one)
    for unit in ("shop", "root"):
        given = {"name": "S", "orgUnit": unit}
        assert await south.codes("accountCreate", given) == [("NOT_FOUND", "input.orgUnit")]
    taken = {"name": "S", "ref": "a"}
    assert await south.codes("accountCreate", taken) == [("REF_TAKEN", "input.ref")]
    assert await digests(api, api.one) == before
    assert await staff["shop"].ask(f'{{ node(id: "{made["account"]["id"]}") {{ id }} }}') == {
        "node": None
    }


async def test_an_uploaded_line_and_a_kept_answer_are_no_way_in(
    api: Api, shop: Seller, staff: dict[str, KeyClient]
) -> None:
    """An upload knows no account of another unit's; a key's answer is its own unit's."""
    line = orjson.dumps({"account": "a", **EVENT}) + b"\n"
    headers = {
        "content-type": "application/x-ndjson",
        "authorization": f"Bearer {staff['south'].key}",
    }
    sent = await api.http.post("/usage", content=line, headers=headers)
    assert orjson.loads(sent.content.splitlines()[0])["reason"] == "UNKNOWN_ACCOUNT"
    given = {"account": "a", "name": "A", "idempotencyKey": "once"}
    await staff["shop"].changed("accountUpdate", "account { name }", given)
    assert await staff["south"].codes("accountUpdate", given) == [
        ("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")
    ]
    await staff["shop"].changed("accountUpdate", "account { name }", given)


async def test_counts_of_the_whole_seller_are_not_for_a_limited_unit(
    api: Api, shop: Seller, staff: dict[str, KeyClient]
) -> None:
    """The reconciliation is by day and channel, so it is empty, as documented."""
    query = '{ reconciliation(from: "2020-01-01", to: "2020-01-31") { day } }'
    assert await staff["south"].ask(query) == {"reconciliation": []}
    assert await staff["south"].ask("{ closeRuns { totalCount } }") == await api.one.ask(
        "{ closeRuns { totalCount } }"
    )


async def test_viewing_is_not_limited_until_a_seller_says_so(api: Api) -> None:
    """The other seller's staff of a unit see the root's accounts; then it is limited."""
    await api.other.changed("orgUnitCreate", "__typename", {"code": "u", "name": "U"})
    member = {"email": "u@x.fr", "name": "U", "orgUnit": "u", "roles": ["VIEWER"]}
    made = await api.other.changed("staffCreate", "staff { id }", member)
    key = {"name": "u", "staff": made["staff"]["id"], "scopes": ["account.read"]}
    issued = await api.other.changed("apiKeyIssue", "text", key)
    viewer = KeyClient(api.http, issued["text"], api.other.tenant_id)
    await api.other.changed("accountCreate", "__typename", {"name": "A"})
    query = "{ accounts { totalCount } }"
    assert await viewer.ask(query) == {"accounts": {"totalCount": 1}}
    for limits, count in ((True, 0), (False, 1)):
        await api.other.changed("tenantUpdate", "__typename", {"limitsViewing": limits})
        assert await viewer.ask(query) == {"accounts": {"totalCount": count}}
