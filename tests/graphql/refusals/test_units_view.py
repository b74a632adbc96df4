"""Where viewing is limited to units, another unit's accounts are as if there were none.

Every mutation and query of the schema is in one of the tables below; a new one fails here
until it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import build_schema

from api.graphql.ids import split_id
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.refusals.answers import swapped, told
from tests.graphql.refusals.living import lasting_inputs
from tests.graphql.refusals.pay_tv import Seller, digests, good_definitions, good_inputs
from tests.graphql.refusals.units import ABSENT, EVENT, OF_ACCOUNTS, SEEING, shop, staff
from tests.graphql.refusals.watching import watching_inputs

__all__ = ["shop", "staff"]

SCHEMA: Final = build_schema(Path("api/schema.graphql").read_text())
NO_ACCOUNT_ASKED: Final = frozenset(good_definitions()) | {
    "accountCreate", "apiKeyIssue", "apiKeyRevoke", "apiKeyRotate", "billingTermsCreate",
    "billingTermsPublish", "catalogueApply", "closeStart", "gaugeCreate",
    "identityProviderLink", "identityProviderUnlink", "orgUnitCollaborate", "orgUnitCreate",
    "pricePlanCreate", "pricePlanPublish", "productCreate", "productRetire", "productUpdate",
    "rateTableCreate", "rateTableSlotAdd", "simulationCancel", "staffCreate",
    "staffDisable", "staffIdentityBind", "staffIdentityUnbind", "tenantCreate", "tenantUpdate",
}  # fmt: skip
"""Mutations that name nothing of an account."""
NO_ACCOUNT_SHOWN: Final = frozenset({
    "apiKeys", "billingTerms", "buyInAdvanceDefinitions", "catalogueExport", "closeRuns",
    "discounts", "features", "gauges", "identityProviders", "jobTypes", "orgUnits",
    "plugins", "pricePlans", "products", "rateTables", "staffIdentities",
    "segments", "simulation", "simulations", "staff", "tenant", "udrTypes",
    "usageCatalogues", "usageDefinitions", "usageRules", "viewer",
})  # fmt: skip
"""Queries of the catalogue and of the seller itself."""
BY_ID: Final = (
    "{ node(id: ID) { id } }",
    "{ nodes(ids: [ID]) { id } }",
    "{ account(id: ID) { id } }",
    "{ subscription(id: ID) { id } }",
    "{ job(id: ID) { id } }",
    "{ invoice(id: ID) { id } }",
    "{ invoiceDiff(invoice: ID) { changed } }",
    "{ invoicePreview(subscription: ID) { lineCount } }",
    "{ creditNote(id: ID) { id } }",
    "{ customerTokens(account: ID) { totalCount edges { cursor } } }",
    "{ creditNotes(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ alerts(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ alerts(where: {subscription: ID}) { totalCount edges { cursor } } }",
    "{ alertEvents(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ alertEvents(where: {subscription: ID}) { totalCount edges { cursor } } }",
    "{ alertEvents(where: {alert: ID}) { totalCount edges { cursor } } }",
    (
        '{ usageSeries(account: ID, per: DAY, from: "2026-01-01", to: "2026-01-02") '
        "{ product points { quantity } } }"
    ),
    "{ priceList(account: ID) { per } }",
    '{ can(account: ID, checks: [{feature: "mails"}]) { allowed } }',
    '{ can(account: "p", checks: [{feature: "mails", member: ID}]) { allowed message } }',
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
    (
        '{ usageJudgements(account: ID, channel: "whatsapp", key: "k", '
        'from: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z") { reason } }'
    ),
    '{ usageWindow(account: ID, channel: "whatsapp", key: "k", with: "w") { isOpen } }',
)
BY_REF: Final = (
    ("{ account(ref: REF) { id } }", "a"),
    ("{ subscription(ref: REF) { id } }", "subscription-s"),
    ("{ job(ref: REF) { id } }", "job-a"),
    ("{ invoice(number: REF) { id } }", "TEST-1"),
    ("{ invoicePreview(subscription: REF) { lineCount } }", "subscription-s"),
    ("{ usageEvents(where: {account: REF}) { edges { cursor } } }", "a"),
    ('{ usageWindow(account: REF, channel: "whatsapp", key: "k", with: "w") { isOpen } }', "a"),
    ("{ creditNote(number: REF) { id } }", "TEST-2"),
    ("{ creditNotes(where: {account: REF}) { totalCount } }", "a"),
    ("{ priceList(account: REF) { per } }", "p"),
    ('{ can(account: REF, checks: [{feature: "mails"}]) { allowed } }', "p"),
    ("{ jobs(where: {account: REF}) { totalCount } }", "a"),
    ("{ discountGrants(where: {account: REF}) { totalCount } }", "a"),
    ("{ availablePricePlans(account: REF) { isDefault } }", "a"),
)
LISTS: Final = (
    "accounts", "subscriptions", "invoices", "jobs", "discountGrants", "parkedSubscriptions",
    "creditNotes", "customerTokens", "alerts",
    "fulfilmentTasks",
)  # fmt: skip


def inputs(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """An input of each mutation that names something of an account."""
    account, subscription = {"account": ids["account"]}, {"subscription": ids["subscription"]}
    item = {"item": ids["item"]}
    return good_inputs(ids) | lasting_inputs(ids) | watching_inputs(ids) | {
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
    covered = {*NO_ACCOUNT_SHOWN, *LISTS, *asked, "reconciliation", "revenueSeries"}
    assert covered == set(SCHEMA.query_type.fields)


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
    assert swapped(given, nobodys) != given, "the input names nothing of an account"
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
            sent = {"input": swapped(given, swap)}
            text = await told(staff["south"], document, sent)
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
            _without(await told(staff["south"], query.replace("ID", f'"{each}"'), {}), [each])
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
            await told(staff["south"], query.replace("REF", f'"{each}"'), {}), [f"'{each}'"]
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
