"""What is asked about a plugin that is left out: readable answers, and no internal error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.app import create_app
from core.bootstrap import Application, bootstrap
from core.config import Settings
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.billing.selling import JANUARY, NOON, MovableClock, Selling

CATALOGUE = """
products:
  loads: {kind: usage_service, name: Loads, meters: {channel: pigeon, unit: gram}}
  chats: {kind: usage_service, name: Chats, meters: {channel: whatsapp, unit: marketing}}
price_plans:
  sound: {name: Sound, currency: EUR, rates: {loads: {base: 2}, chats: {base: 1}}}
billing_terms:
  monthly: {name: Monthly, plans: [sound], default_plan: sound}
"""
MESSAGE = {
    "direction": "OUT", "businessNumber": "+33155550000", "customer": "+33612345678",
    "form": "TEMPLATE", "category": "MARKETING",
}  # fmt: skip


@pytest.fixture(scope="module")
async def selling(api: Api, clock: MovableClock) -> Selling:
    """A customer with pigeons and chats, an event of each stored while they were served."""
    selling = Selling(api, clock)
    clock.at = JANUARY
    await api.one.changed("catalogueApply", "diff", {"yaml": CATALOGUE})
    await api.one.changed("accountCreate", "account { id }", {"name": "Ada", "ref": "ada"})
    items = [{"product": name, "quantity": "1"} for name in ("loads", "chats")]
    subscription = {"account": "ada", "billingTerms": "monthly", "items": items, "ref": "ada-s"}
    await api.one.changed("subscriptionCreate", "subscription { id }", subscription)
    clock.at = NOON
    payload = await selling.record(
        selling.mail("ada", id="p1", event={"pigeon": {"grams": 20}}),
        selling.mail("ada", id="w1", event={"whatsapp": MESSAGE}),
    )
    assert payload["counts"]["accepted"] == 2
    return selling


@pytest.fixture(scope="module")
async def left_out(
    selling: Selling, settings: Settings, clock: MovableClock
) -> AsyncIterator[KeyClient]:
    """The seller's key at a server without the two plugins."""
    without = settings.model_copy(update={"disabled_plugins": ("pigeon", "whatsapp")})
    served: Application = selling.api.application
    async with bootstrap(without, served.urls, clock=clock) as application:
        transport = httpx.ASGITransport(app=create_app(application))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            yield KeyClient(http, selling.api.one.key, selling.api.one.tenant_id)


async def test_usage_so_far_is_refused_with_what_is_missing(left_out: KeyClient) -> None:
    """Rather than priced by a guess at how the unit counts."""
    for asked in (
        '{ subscription(ref: "ada-s") { currentUsage { __typename } } }',
        '{ invoicePreview(subscription: "ada-s") { total { amount } } }',
    ):
        answer = (await left_out.post(asked)).json()
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "PLUGIN_MISSING"
        assert "disabled are whatsapp, pigeon" in error["message"]


async def test_plugins_tells_which_are_left_out(left_out: KeyClient) -> None:
    """By name; nothing is known of what they would contribute."""
    asked = "{ plugins { name state requiresApi hooks contributions { name } } }"
    found = {one["name"]: one for one in (await left_out.ask(asked))["plugins"]}
    expected = {"state": "DISABLED", "requiresApi": None, "hooks": [], "contributions": []}
    assert found["pigeon"] == {"name": "pigeon", **expected}
    assert found["email"]["state"] == "SERVED"


@pytest.mark.parametrize("event", ["p1", "w1"])
async def test_an_event_is_voided_without_its_plugin_or_refused(
    left_out: KeyClient, selling: Selling, event: str
) -> None:
    """What is summed needs no plugin; a window's neighbours are found by the plugin's reach."""
    given: dict[str, Any] = {
        "account": "ada", "source": "router", "id": event, "dryRun": True,
    }  # fmt: skip
    payload = await left_out.change("usageVoid", "__typename", given)
    codes = [error["code"] for error in payload["userErrors"]]
    assert codes == ([] if event == "p1" else ["PLUGIN_MISSING"])


async def test_a_report_to_a_channel_that_is_left_out_does_not_fit_the_schema(
    left_out: KeyClient,
) -> None:
    """Its input type is not there: the sender sees it at once."""
    asked = (
        'mutation { usageRecord(input: {events: [{account: "ada", source: "s", id: "x", '
        'occurredAt: "2026-01-09T12:00:00Z", event: {pigeon: {grams: 20}}}]}) '
        "{ counts { accepted } } }"
    )
    assert await left_out.refused(asked) == ["GRAPHQL_VALIDATION_FAILED"]
