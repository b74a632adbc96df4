"""A channel of two words has one name in Python and in catalogues, and the schema's outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.config import Settings
from tests.graphql.api_clients import Api
from tests.plugins import pigeon

CATALOGUE = """
products:
  loads: {kind: usage_service, name: Loads, meters: {channel: carrier_pigeon, unit: gram}}
price_plans: {simple: {name: Simple, currency: EUR, rates: {loads: {base: 2}}}}
billing_terms: {monthly: {name: Monthly, plans: [simple], default_plan: simple}}
"""
RECORD = """mutation ($input: UsageRecordInput!) { usageRecord(input: $input) {
  verdicts { verdict reason path sent { carrierPigeon { grams } } } } }"""
FAILURES = "{ plugins { name failures { failedEvents rejectedEvents parkedSubscriptions } } }"
TOO_HEAVY, UNLUCKY = 501, 13


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A folder with the plugin `pigeon`, whose channel has two words and which fears 13."""
    folder = tmp_path_factory.mktemp("plugins")
    text = Path(pigeon.__file__).read_text(encoding="utf-8")
    text = text.replace('name = "pigeon"', 'name = "carrier_pigeon"')
    text = text.replace("PigeonEvent", "CarrierPigeonEvent")
    fear = "        if event.grams == 13:\n            return {}[event.grams]\n"
    before = "        return Measure("
    assert text.count(before) == 1
    (folder / "pigeon.py").write_text(text.replace(before, fear + before), encoding="utf-8")
    return Settings(
        pepper=SecretStr("the pepper of the tests"),
        home=tmp_path_factory.mktemp("home"),
        plugins_dir=folder,
        _env_file=None,
    )


@pytest.fixture(scope="module")
async def flown(api: Api) -> Api:
    """The API, with a customer whose loads are metered."""
    one = api.one
    await one.changed("catalogueApply", "diff", {"yaml": CATALOGUE})
    account = {"name": "Ada", "ref": "ada", "testClock": "2026-01-01T00:00:00+01:00"}
    await one.changed("accountCreate", "__typename", account)
    subscription = {
        "account": "ada",
        "billingTerms": "monthly",
        "items": [{"product": "loads"}],
    }
    await one.changed("subscriptionCreate", "__typename", subscription)
    later = {"account": "ada", "to": "2026-01-20T00:00:00+01:00"}
    await one.changed("accountClockAdvance", "__typename", later)
    return api


def load(event_id: str, **event: Any) -> dict[str, Any]:
    """Return a report as clients write it, in GraphQL and on a line alike."""
    return {
        "account": "ada", "source": "loft", "id": event_id,
        "occurredAt": "2026-01-10T10:00:00Z", "event": {"carrierPigeon": event},
    }  # fmt: skip


async def upload(api: Api, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Send lines and return the verdicts, without the summary."""
    answer = await api.http.post(
        "/usage",
        content="\n".join(json.dumps(line) for line in lines).encode(),
        headers={
            "content-type": "application/x-ndjson",
            "authorization": f"Bearer {api.one.key}",
        },
    )
    return [json.loads(line) for line in answer.text.splitlines()][:-1]


async def test_a_rejection_leads_through_the_name_that_was_sent(flown: Api) -> None:
    """carrierPigeon, by its own check, by its failure, and where two contents differ."""
    sent = [load("a", grams=20), load("b", grams=TOO_HEAVY), load("c", grams=UNLUCKY)]
    answer = await flown.one.ask(RECORD, input={"events": sent})
    told = answer["usageRecord"]["verdicts"]
    assert [(one["reason"], one["path"]) for one in told] == [
        (None, []),
        ("INVALID_VALUE", ["event", "carrierPigeon", "grams"]),
        ("PLUGIN_FAILED", ["event", "carrierPigeon"]),
    ]
    again = await flown.one.ask(RECORD, input={"events": [load("a", grams=21)]})
    (conflict,) = again["usageRecord"]["verdicts"]
    assert conflict["reason"] == "CONFLICT"
    assert conflict["sent"] == {"carrierPigeon": {"grams": 21}}


async def test_an_amendment_is_refused_by_the_same_name(flown: Api) -> None:
    """There it follows the argument."""
    await flown.one.ask(RECORD, input={"events": [load("d", grams=20)]})
    codes = await flown.one.codes("usageAmend", {"report": load("d", grams=TOO_HEAVY)})
    assert codes == [("INVALID_VALUE", "input.report.event.carrierPigeon.grams")]


async def test_lines_say_it_as_the_schema_does(flown: Api) -> None:
    """And still as the channel is called; whatever is wrong is told in the schema's words."""
    as_called = load("f", grams=20)
    as_called["event"] = {"carrier_pigeon": {"grams": 20}}
    unknown = load("i", grams=1)
    unknown["event"] = {"raven": {}}
    told = await upload(
        flown,
        load("e", grams=20),
        as_called,
        load("g", grams=TOO_HEAVY),
        load("h", gram=20),
        unknown,
        load("e", grams=21),
    )
    assert [one["verdict"] for one in told[:2]] == ["ACCEPTED", "ACCEPTED"]
    assert [one["path"] for one in told[2:5]] == [
        ["event", "carrierPigeon", "grams"],
        ["event", "carrierPigeon", "gram"],
        ["event"],
    ]
    assert "carrierPigeon" in told[4]["message"]
    assert told[5]["sent"]["event"] == {"carrierPigeon": {"grams": 21}}


async def test_what_its_plugin_failed_on_and_refused_is_counted(flown: Api) -> None:
    """Two that it fails on and three that it refuses, beside those of before; others' none."""

    async def counted(client: Any) -> dict[str, dict[str, int]]:
        found = (await client.ask(FAILURES))["plugins"]
        return {one["name"]: one["failures"] for one in found}

    before = (await counted(flown.one))["pigeon"]
    batch = [load(f"n{n}", grams=g) for n, g in enumerate((UNLUCKY, TOO_HEAVY, UNLUCKY, 0))]
    await flown.one.ask(RECORD, input={"events": batch})
    await upload(flown, load("o", grams=TOO_HEAVY), load("p", grams=20))
    after = await counted(flown.one)
    assert after["pigeon"] == {
        "failedEvents": before["failedEvents"] + 2,
        "rejectedEvents": before["rejectedEvents"] + 3,
        "parkedSubscriptions": 0,
    }
    nothing = {"failedEvents": 0, "rejectedEvents": 0, "parkedSubscriptions": 0}
    assert after["sms"] == nothing
    assert (await counted(flown.other))["pigeon"] == nothing
