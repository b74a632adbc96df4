"""Where viewing is limited to units: tables, the audit trail, uploads, and who may limit."""

from __future__ import annotations

from typing import Any, Final

import orjson

from core.billing_cycles.pricing import Pricing
from core.simulations.run import run_next_chunk
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.refusals.pay_tv import Seller, digests
from tests.graphql.refusals.units import EVENT, shop, staff
from tests.graphql.refusals.world import TENANT_TABLES

__all__ = ["shop", "staff"]

SHARED: Final = frozenset({
    # The seller's own, and what it sells.
    "tenant", "org_unit", "org_unit_collaboration", "staff", "api_key", "identity_provider",
    "staff_identity", "visible_to", "gauge",
    "product", "suite_member", "rate_table", "rate_table_slot", "price_plan",
    "price_plan_version", "rate", "billing_terms", "billing_terms_version",
    "billing_terms_plan", "catalogue_entry", "catalogue_entry_version",
    # Work of the whole seller; what is shown of it names no account.
    "close_run", "close_chunk", "usage_batch", "audit_entry", "audit_seal", "audit_unsealed",
    "idempotency_key", "outbox", "provisioning_log", "simulation", "alert_look",
    "alert_queue",
    # Numbers follow those of all; the others are read for a parent that was seen.
    "invoice_number", "billing_step", "discount_free_time", "usage_dirtied",
})  # fmt: skip
"""Tables that a limited view shows whole; the audit trail has a test of its own."""


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
    kinds: dict[str, set[str]] = {"shop": set(), "south": set()}
    for unit, found in kinds.items():
        for end in ("first", "last"):
            query = f"{{ auditEntries({end}: 100) {{ edges {{ node {{ subjectType }} }} }} }}"
            edges = (await staff[unit].ask(query))["auditEntries"]["edges"]
            found |= {edge["node"]["subjectType"] for edge in edges}
    subjects = {"account", "subscription", "job", "discount_grant", "payment", "refund"}
    assert subjects | {"payment_method", "team", "profile", "credit_note"} <= kinds["shop"]
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


async def test_revenue_is_that_of_the_accounts_one_sees(
    api: Api, shop: Seller, staff: dict[str, KeyClient]
) -> None:
    """The shop's staff see the series of all; South sees months without anything."""
    query = """{ revenueSeries(from: "2026-01-01", to: "2026-01-31", withTests: true)
        { months { end { amount } customers subscriptions } } }"""
    whole = (await api.one.ask(query))["revenueSeries"]
    assert whole["months"][0]["subscriptions"] > 0
    assert (await staff["shop"].ask(query))["revenueSeries"] == whole
    nothing = {"end": {"amount": "0"}, "customers": 0, "subscriptions": 0}
    assert (await staff["south"].ask(query))["revenueSeries"] == {"months": [nothing]}


async def test_a_simulation_is_the_sellers_and_names_only_accounts_one_sees(
    api: Api, shop: Seller, staff: dict[str, KeyClient]
) -> None:
    """South follows it, as it does closings, and finds nobody in it; it may stop it too."""
    given = {"month": "2026-01-01", "alternative": {"pricePlan": "other"}, "accounts": ["a"]}
    started = await staff["root"].changed("simulationStart", "simulation { id }", given)
    key = started["simulation"]["id"]
    application = api.application
    pricing = Pricing(application.host, application.pool)
    while await run_next_chunk(
        application.database,
        api.one.tenant_id,
        pricing=pricing,
        installed=application.installed,
    ):
        pass  # every chunk of every simulation
    query = """query ($id: ID!) { simulation(id: $id) { state failed { subscriptions }
        totals { accounts } losers { account { ref } } gainers { account { ref } }
        distribution { accounts } failures { edges { node { account { ref } } } }
        results { edges { node { account { ref } } } } } }"""
    seen = (await staff["shop"].ask(query, id=key))["simulation"]
    assert seen["state"] == "DONE"
    assert seen["results"] == {"edges": [{"node": {"account": {"ref": "a"}}}]}
    assert (await staff["root"].ask(query, id=key))["simulation"] == seen
    nothing: dict[str, Any] = {"edges": []}
    assert (await staff["south"].ask(query, id=key))["simulation"] == {
        "state": "DONE", "failed": {"subscriptions": 0}, "totals": [], "losers": [],
        "gainers": [], "distribution": [], "failures": nothing, "results": nothing,
    }  # fmt: skip
    waiting = await staff["shop"].changed("simulationStart", "simulation { id }", given)
    stopped = await staff["south"].changed(
        "simulationCancel", "simulation { state }", {"simulation": waiting["simulation"]["id"]}
    )
    assert stopped["simulation"] == {"state": "CANCELLED"}
