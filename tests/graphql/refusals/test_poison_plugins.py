"""A third party's price model that fails parks its own subscriptions, until it is mended."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from core.billing_cycles.pricing import Pricing
from core.billing_cycles.sweep import sweep
from core.bootstrap import Application, bootstrap
from core.plugin_host import PluginSource, installed_sources
from tests.graphql.api_clients import Api
from tests.graphql.features.billing.selling import FEBRUARY, JANUARY, MovableClock, Selling

KINDS = ("RAISE", "HANG", "EXIT", "NAN")
CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
price_plans:
  sound: {name: Sound, currency: EUR, rates: {seats: {base: 25}}}
PLANS
billing_terms:
  monthly: {name: Monthly, plans: [sound, CODES], default_plan: sound}
"""
ODD_PLAN = """
  CODE:
    name: Odd
    currency: EUR
    rates: {seats: {model: poison_model, base: 2, options: {kind: KIND}}}
"""
MENDED = PluginSource(name="poison", version="6.7", target="tests.plugins.antidote")
INVOICES = """{ invoices(orderBy: FIRST) { edges { node {
  number total { amount } account { ref } } } } }"""
PARKED = """{ parkedSubscriptions { edges { node {
  code reason plugin attempts subscription { ref } } } } }"""
REASON = "plugin poison 6.6 could not price: "


@pytest.fixture(scope="module")
async def selling(api: Api, clock: MovableClock) -> Selling:
    """A sound customer, and one for each way to fail; 13 seats each, from 1 January."""
    selling = Selling(api, clock)
    clock.at = JANUARY
    plans = "".join(
        ODD_PLAN.replace("CODE", kind.lower()).replace("KIND", kind) for kind in KINDS
    )
    codes = ", ".join(kind.lower() for kind in KINDS)
    given = {"yaml": CATALOGUE.replace("PLANS", plans).replace("CODES", codes)}
    await api.one.changed("catalogueApply", "diff", given)
    for plan in ("sound", *map(str.lower, KINDS)):
        await api.one.changed("accountCreate", "account { id }", {"name": plan, "ref": plan})
        subscription = {
            "account": plan,
            "billingTerms": "monthly",
            "pricePlan": plan,
            "items": [{"product": "seats", "quantity": "13"}],
            "ref": plan,
        }
        await api.one.changed("subscriptionCreate", "subscription { id }", subscription)
    return selling


async def invoiced(selling: Selling) -> list[tuple[str, str, str]]:
    """Customer, number and total of each invoice."""
    edges = (await selling.api.one.ask(INVOICES))["invoices"]["edges"]
    return [
        (node["account"]["ref"], node["number"], node["total"]["amount"])
        for node in (edge["node"] for edge in edges)
    ]


async def parked(selling: Selling) -> dict[str, dict[str, Any]]:
    """What is parked, by the subscription's ref."""
    edges = (await selling.api.one.ask(PARKED))["parkedSubscriptions"]["edges"]
    return {edge["node"]["subscription"]["ref"]: edge["node"] for edge in edges}


async def swept(application: Application, clock: MovableClock) -> int:
    """Sweep once as a worker does; return how many parked subscriptions were billed."""
    pricing = Pricing(application.host, application.pool)
    return (await sweep(application.database, pricing=pricing, clock=clock)).healed


async def test_a_failing_plugin_parks_its_own_and_mended_bills_them_one_by_one(
    selling: Selling, clock: MovableClock
) -> None:
    """13 seats x 25 + 20 % = 390.00 at once; mended, 13 x 2 + 20 % = 31.20 for each."""
    sound = ("sound", "INV-000001", "390")
    assert await selling.close(FEBRUARY) == 1
    assert await invoiced(selling) == [sound]
    found = await parked(selling)
    assert set(found) == {"raise", "hang", "exit", "nan"}
    for node in found.values():
        assert (node["code"], node["plugin"]) == ("PLUGIN_FAILED", "poison 6.6")
        assert node["reason"].startswith(REASON)
        assert node["attempts"] == 1
    assert found["hang"]["reason"] == f"{REASON}no answer within 1 s"
    assert "ZeroDivisionError" in found["raise"]["reason"]

    await _retried_without_a_mend(selling, clock)
    assert await invoiced(selling) == [sound]

    before = selling.api.application
    mended = bootstrap(
        before.settings, before.urls, clock=clock, plugins=[*installed_sources(), MENDED]
    )
    expected = [sound]
    async with mended as application:
        for number, ref in enumerate(("nan", "hang", "exit", "raise"), start=2):
            await _retry(selling, ref)
            assert await swept(application, clock) == 1
            expected.append((ref, f"INV-{number:06}", "31.2"))
            assert await invoiced(selling) == expected
    assert await parked(selling) == {}


async def test_a_preview_that_a_plugin_fails_on_does_not_blame_the_caller(
    selling: Selling,
) -> None:
    """The family is the server's, the code the plugin's; the log has the plugin's lines."""
    with capture_logs() as logs:
        answer = await selling.api.one.post(
            '{ invoicePreview(subscription: "raise") { dueAt } }'
        )
    (error,) = answer.json()["errors"]
    assert error["message"] == f"{REASON}ZeroDivisionError: division by zero at poison.py:106"
    assert error["extensions"] == {"code": "PLUGIN_FAILED", "family": "INTERNAL_SERVER_ERROR"}
    (told,) = [log for log in logs if log["event"] == "plugin_failed"]
    assert (told["plugin"], told["price_model"]) == ("poison 6.6", "poison_model")
    assert told["frames"] == ("poison.py:193", "poison.py:106")


async def _retry(selling: Selling, ref: str) -> None:
    """Ask for one more try of one subscription."""
    payload = await selling.api.one.changed(
        "parkedRetry", "parked { plugin }", {"subscription": ref}
    )
    assert payload["parked"] == [{"plugin": "poison 6.6"}]


async def _retried_without_a_mend(selling: Selling, clock: MovableClock) -> None:
    """It is parked again, and counted; the others were not tried."""
    await _retry(selling, "raise")
    assert await swept(selling.api.application, clock) == 0
    found = await parked(selling)
    assert {ref: node["attempts"] for ref, node in found.items()} == {
        "raise": 2, "hang": 1, "exit": 1, "nan": 1
    }  # fmt: skip
