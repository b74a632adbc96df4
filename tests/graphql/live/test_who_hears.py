"""Approvals, alerts and simulations; units; and who is told no more while listening."""

from __future__ import annotations

from typing import Any

import pytest

from api.features.live import telling
from core.billing_cycles.pricing import Pricing
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.database_errors import Unavailable
from core.simulations.run import run_next_chunk
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.billing.selling import NOON, MovableClock
from tests.graphql.live.clients import Served, closed_with, event_stream
from tests.graphql.live.conftest import served
from tests.graphql.processes import started
from tests.integration.discounts.conftest import CATALOGUE

INVOICES = "subscription { invoiceFinalised { id cursor invoice { account { ref } } } }"
WAITING = """subscription ($unit: ID) { approvalWaiting(unit: $unit) {
  id grant { id state approverUnit { code } } } }"""
ALERTS = """subscription ($s: ID) { alertRaised(subscription: $s) {
  id alertEvent { threshold value subscription { ref } alert { name } } } }"""
SIMULATED = """subscription ($id: ID!) { simulationProgressed(simulation: $id) {
  id simulation { state accountsDone accountsTotal } } }"""
UNITS = ("managers", "north", "south")


@pytest.fixture(scope="module")
async def shop(api: Api, clock: MovableClock) -> dict[str, KeyClient]:
    """A seller who limits viewing to units, and an administrator of each unit."""
    clock.at = NOON
    await api.one.changed("tenantUpdate", "__typename", {"limitsViewing": True})
    found = {}
    scopes = (await api.one.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
    for unit in UNITS:
        await api.one.changed("orgUnitCreate", "__typename", {"code": unit, "name": unit})
        member = {"email": f"{unit}@x.fr", "name": unit, "orgUnit": unit, "roles": ["ADMIN"]}
        made = await api.one.changed("staffCreate", "staff { id }", member)
        key = {"name": unit, "staff": made["staff"]["id"], "scopes": scopes}
        issued = await api.one.changed("apiKeyIssue", "text", key)
        found[unit] = KeyClient(api.http, issued["text"], api.one.tenant_id)
    async with api.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
    return found


async def subscribed(client: KeyClient, ref: str) -> str:
    """An account on a test clock, of the client's unit, with a package; return its id."""
    given = {"name": ref, "ref": ref, "testClock": "2026-01-10T12:00:00+01:00"}
    account = await client.changed("accountCreate", "account { id }", given)
    items = [{"product": "package"}, {"product": "sport"}]
    await client.changed(
        "subscriptionCreate",
        "subscription { id }",
        {"account": ref, "billingTerms": "monthly", "items": items, "ref": f"{ref}-s"},
    )
    found: str = account["account"]["id"]
    return found


async def billed(
    client: KeyClient, account: str, to: str = "2026-02-11T00:00:00+01:00"
) -> None:
    """Let an account's time pass the end of its period."""
    await client.changed("accountClockAdvance", "__typename", {"account": account, "to": to})


async def test_a_unit_hears_of_its_own_accounts_alone(
    shop: dict[str, KeyClient], listening: Served, api: Api
) -> None:
    """The root hears of both; a cursor does not show what the unit hides either."""
    accounts = {unit: await subscribed(shop[unit], f"of-{unit}") for unit in UNITS[1:]}
    async with (
        listening.socket(shop["north"].key) as north,
        listening.socket(api.one.key) as root,
    ):
        at_north, at_root = await north.subscribe(INVOICES), await root.subscribe(INVOICES)
        await listening.until_heard_by(2)
        for unit in ("south", "north"):
            await billed(shop[unit], accounts[unit])
        heard = {(await root.told(at_root))["invoice"]["account"]["ref"] for _each in "12"}
        assert heard == {"of-north", "of-south"}
        own = await north.told(at_north)
        assert own["invoice"]["account"] == {"ref": "of-north"}
        assert await listening.is_silent(north)


async def test_what_waits_for_a_units_approval_is_told_until_it_is_decided(
    shop: dict[str, KeyClient], listening: Served, api: Api
) -> None:
    """Another unit's staff name theirs and hear nothing; a grant approved at once is none."""
    await subscribed(api.one, "ada")
    async with listening.socket(api.one.key) as client:
        ours = await client.subscribe(WAITING, unit="managers")
        all_of_them = await client.subscribe(WAITING)
        others = await client.subscribe(WAITING, unit="north")
        await listening.until_heard_by(3)
        given = {"definition": "asked", "subscription": "ada-s", "note": "Sorry"}
        made = await api.one.changed("discountGrant", "grant { id state }", given)
        expected = {
            "id": made["grant"]["id"], "state": "PENDING", "approverUnit": {"code": "managers"},
        }  # fmt: skip
        first = await client.told(ours)
        assert first["grant"] == expected
        assert await client.told(all_of_them) == first
        assert await listening.is_silent(client)
        assert client.waiting(others) == []


async def test_alerts_are_told_of_the_subscription_that_is_watched(
    shop: dict[str, KeyClient], listening: Served, api: Api
) -> None:
    """A next invoice of 1.00 or more; another subscription's alert is not told."""
    watched, other = await subscribed(api.one, "watched"), await subscribed(api.one, "other")
    async with listening.socket(api.one.key) as client:
        key = await client.subscribe(ALERTS, s="watched-s")
        await listening.until_heard_by(1)
        alert = {
            "name": "Dear",
            "measure": "NEXT_INVOICE",
            "currency": "EUR",
            "thresholds": ["1"],
        }
        await api.one.changed("alertDefine", "alert { id }", alert)
        for account in (other, watched):
            await billed(api.one, account, to="2026-01-12T00:00:00+01:00")
        told = await client.told(key)
        assert told["alertEvent"]["subscription"] == {"ref": "watched-s"}
        assert told["alertEvent"]["alert"] == {"name": "Dear"}
        assert await listening.is_silent(client)


async def test_a_simulation_is_told_until_it_ends(
    shop: dict[str, KeyClient], listening: Served, api: Api
) -> None:
    """As it waits first; the last event says that it is done, and the stream ends."""
    account = await subscribed(api.one, "simulated")
    await billed(api.one, account)
    asked: dict[str, Any] = {
        "month": "2026-01-01",
        "accounts": ["simulated"],
        "alternative": {"catalogue": CATALOGUE.replace("base: 25", "base: 26")},
    }
    made = await api.one.changed("simulationStart", "simulation { id }", asked)
    async with listening.socket(api.one.key) as client:
        key = await client.subscribe(SIMULATED, id=made["simulation"]["id"])
        first = await client.told(key)
        assert first["simulation"]["state"] == "QUEUED"
        application = api.application
        pricing = Pricing(application.host, application.pool)
        assert api.one.tenant_id is not None
        while await run_next_chunk(
            application.database,
            api.one.tenant_id,
            pricing=pricing,
            installed=application.installed,
        ):
            pass
        while (message := await client.of(key))["type"] == "next":
            (last,) = message["payload"]["data"].values()
        assert message["type"] == "complete"
        assert last["simulation"] == {"state": "DONE", "accountsDone": 1, "accountsTotal": 1}


async def test_a_right_that_is_taken_away_ends_what_it_opened(
    shop: dict[str, KeyClient], listening: Served, api: Api
) -> None:
    """At the next event: FORBIDDEN, and the socket stays for what is allowed still."""
    account = await subscribed(api.one, "before")
    key = await api.key_with("invoice.read", "account.read")
    async with listening.socket(key.key) as client:
        watching = await client.subscribe(INVOICES)
        await listening.until_heard_by(1)
        async with api.transaction() as tx:
            await tx.execute(
                "UPDATE api_key SET scopes = '{account.read}' WHERE scopes @> $1"
                " AND cardinality(scopes) = 2",
                ["invoice.read", "account.read"],
            )
        listening.app.state.application.authenticator._memory.clear()
        await billed(api.one, account)
        refused = await client.of(watching)
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["code"] == "FORBIDDEN"
        answer = await client.of(await client.subscribe("{ viewer { scopes } }"))
        assert answer["payload"]["data"]["viewer"]["scopes"] == ["account.read"]


async def test_a_key_revoked_before_an_event_hears_no_event(
    shop: dict[str, KeyClient], listening: Served, api: Api
) -> None:
    """The event closes the socket; nothing of it is sent."""
    account = await subscribed(api.one, "revoked")
    key = await api.key_with("invoice.read", "subscription.read")
    async with listening.socket(key.key) as client:
        await client.subscribe(INVOICES)
        await listening.until_heard_by(1)
        async with api.transaction() as tx:
            await tx.execute(
                "UPDATE api_key SET revoked_at = now() WHERE cardinality(scopes) = 2"
                " AND scopes @> $1",
                ["invoice.read", "subscription.read"],
            )
        listening.app.state.application.authenticator._memory.clear()
        await billed(api.one, account)
        assert await closed_with(client.socket) == (4403, "Forbidden")


async def test_an_event_waits_for_a_database_that_is_away(
    shop: dict[str, KeyClient], listening: Served, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice it cannot be asked who listens; then the event is told, once."""
    account = await subscribed(api.one, "patient")
    monkeypatch.setattr(telling, "PAUSE_SECONDS", 0.1)
    authenticator = listening.app.state.application.authenticator
    genuine, failures = authenticator.authenticate, iter((True, True))

    async def failing(text: str) -> Any:
        if next(failures, False):
            raise Unavailable("the database is away")
        return await genuine(text)

    async with listening.socket(api.one.key) as client:
        key = await client.subscribe(INVOICES)
        await listening.until_heard_by(1)
        monkeypatch.setattr(authenticator, "authenticate", failing)
        await billed(api.one, account)
        assert (await client.told(key))["invoice"]["account"] == {"ref": "patient"}
        assert next(failures, None) is None
        assert await listening.is_silent(client)


async def test_a_process_that_stops_says_so_to_its_sockets(
    api: Api, clock: MovableClock, module_database: Any
) -> None:
    """1001, within a moment, whatever is being watched; clients connect again elsewhere."""
    async with started(module_database, clock=clock) as application:
        async with (
            served(application) as stopping,
            stopping.socket(api.one.key) as watching,
            stopping.socket(api.one.key) as idle,
        ):
            await watching.subscribe(INVOICES)
            await stopping.until_heard_by(1)
            stopping.server.should_exit = True
            codes = [(await closed_with(each.socket))[0] for each in (watching, idle)]
        assert codes == [1001, 1001]
        assert application.live.listeners == 0


async def test_a_process_that_stops_breaks_its_event_streams_off(
    api: Api, clock: MovableClock, module_database: Any
) -> None:
    """Not one is told that its operation is complete: clients would not come again."""
    async with started(module_database, clock=clock) as application:
        async with (
            served(application) as stopping,
            event_stream(stopping, api.one.key, INVOICES) as watching,
        ):
            await stopping.until_heard_by(1)
            stopping.server.should_exit = True
            with pytest.raises(AssertionError, match="the stream ended"):
                await watching.next()
        assert application.live.listeners == 0
