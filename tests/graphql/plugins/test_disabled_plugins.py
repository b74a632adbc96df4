"""A plugin that is disabled parks what needs it, and nothing else; enabled, it heals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from api.app import create_app
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.sweep import sweep
from core.bootstrap import Application, bootstrap
from core.config import Settings
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.billing.selling import (
    FEBRUARY,
    JANUARY,
    NOON,
    MovableClock,
    Selling,
)

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
  loads: {kind: usage_service, name: Loads, meters: {channel: pigeon, unit: gram}}
  mail: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  sound: {name: Sound, currency: EUR, rates: {loads: {base: 2}, mail: {base: 1}}}
  odd: {name: Odd, currency: EUR, rates: {seats: {model: every_second, base: 2}}}
billing_terms:
  monthly: {name: Monthly, plans: [sound, odd], default_plan: sound}
"""
INVOICES = (
    """{ invoices(orderBy: FIRST) { edges { node { total { amount } account { ref } } } } }"""
)
PARKED = """{ parkedSubscriptions { edges { node { code reason subscription { ref } } } } }"""
EVENTS = (
    '{ usageEvents(where: {account: "flyer"}) { edges { node { __typename unit quantity } } } }'
)


@pytest.fixture(scope="module")
async def selling(api: Api, clock: MovableClock) -> Selling:
    """Who sends pigeons, who is priced by the plugin's model, and who needs neither."""
    selling = Selling(api, clock)
    clock.at = JANUARY
    await api.one.changed("catalogueApply", "diff", {"yaml": CATALOGUE})
    for ref, plan, item in (
        ("flyer", "sound", "loads"),
        ("odd", "odd", "seats"),
        ("mailer", "sound", "mail"),
    ):
        await api.one.changed("accountCreate", "account { id }", {"name": ref, "ref": ref})
        quantity = "5" if item == "seats" else "1"
        subscription = {
            "account": ref,
            "billingTerms": "monthly",
            "pricePlan": plan,
            "items": [{"product": item, "quantity": quantity}],
            "ref": ref,
        }
        await api.one.changed("subscriptionCreate", "subscription { id }", subscription)
    clock.at = NOON
    payload = await selling.record(
        selling.mail("flyer", event={"pigeon": {"grams": 20}}),
        selling.mail("flyer", event={"pigeon": {"grams": 50}}),
        selling.mail("mailer", 10),
    )
    assert payload["counts"]["accepted"] == 3
    return selling


async def nodes(client: Any, query: str, root: str) -> list[Any]:
    """Return the nodes of a list."""
    return [edge["node"] for edge in (await client.ask(query))[root]["edges"]]


async def invoiced(api: Api) -> dict[str, str]:
    """Return the totals by customer."""
    found = await nodes(api.one, INVOICES, "invoices")
    return {node["account"]["ref"]: node["total"]["amount"] for node in found}


@asynccontextmanager
async def client_of(application: Application, *, like: KeyClient) -> AsyncIterator[KeyClient]:
    """Ask another process with the same key."""
    transport = httpx.ASGITransport(app=create_app(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield KeyClient(http, like.key, like.tenant_id)


async def swept(application: Application, clock: MovableClock) -> int:
    """Sweep once as a worker does; return how many parked subscriptions were billed."""
    pricing = Pricing(application.host, application.pool)
    return (await sweep(application.database, pricing=pricing, clock=clock)).healed


async def test_a_disabled_plugin_parks_what_needs_it_until_it_is_enabled(
    selling: Selling, settings: Settings, clock: MovableClock
) -> None:
    """10 mails + 20 % = 12.00 at once; 50 g x 2 + 20 % = 120.00 and 3 x 2 + 20 % = 7.20 later.

    The heaviest load counts, 50: summed without the plugin it would have been 70.
    """
    enabled = selling.api.application
    without = settings.model_copy(update={"disabled_plugins": ("pigeon",)})
    async with bootstrap(without, enabled.urls, clock=clock) as disabled:
        assert "pigeon" not in disabled.host.channels
        selling.api.application, kept = disabled, selling.api.application
        try:
            await selling.close(FEBRUARY)
        finally:
            selling.api.application = kept
        async with client_of(disabled, like=selling.api.one) as client:
            kinds = [node["__typename"] for node in await nodes(client, EVENTS, "usageEvents")]
            assert kinds == ["OtherUsageEvent", "OtherUsageEvent"]
        assert await invoiced(selling.api) == {"mailer": "12"}
        found = await nodes(selling.api.one, PARKED, "parkedSubscriptions")
        reasons = {
            node["subscription"]["ref"]: (node["code"], node["reason"]) for node in found
        }
        told = "no plugin of this installation has the {}; disabled are pigeon: install or "
        told += "enable the one that has it"
        assert reasons == {
            "flyer": ("PLUGIN_MISSING", told.format("channel pigeon")),
            "odd": ("PLUGIN_MISSING", told.format("price model every_second")),
        }

    for ref in ("flyer", "odd"):
        await selling.api.one.changed("parkedRetry", "parked { code }", {"subscription": ref})
        assert await swept(enabled, clock) == 1
    assert await invoiced(selling.api) == {
        "mailer": "12", "flyer": "120", "odd": "7.2",
    }  # fmt: skip
    assert await nodes(selling.api.one, PARKED, "parkedSubscriptions") == []
