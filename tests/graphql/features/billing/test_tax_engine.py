"""A seller chooses a plugin's tax engine, and sees on its documents what the engine said."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.bootstrap import Application
from core.embedded import DatabaseUrls
from core.plugin_host import installed_sources
from tests.graphql.features.billing.selling import FEBRUARY, JANUARY, MovableClock, Selling
from tests.graphql.processes import started
from tests.plugins import border_tax

TENANT = "{ tenant { limitsViewing taxEngine } }"
TAXES = "taxes { rate net { amount } tax { amount } label note }"
NONE = {
    "rate": "0", "net": {"amount": "50"}, "tax": {"amount": "0"}, "label": "Outside",
    "note": border_tax.REVERSED,
}  # fmt: skip


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, clock: MovableClock
) -> AsyncIterator[Application]:
    """The process as it serves, with a third party's tax engine installed."""
    plugins = [*installed_sources(), border_tax]
    async with started(module_database, clock=clock, plugins=plugins) as opened:
        yield opened


async def test_an_engine_that_nobody_registers_is_refused_and_nothing_changes(
    selling: Selling,
) -> None:
    """The refusal names the engines that there are."""
    one = selling.api.one
    payload = await one.change("tenantUpdate", "tenant { slug }", {"taxEngine": "guess"})
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("UNKNOWN_TAX_ENGINE", ["input", "taxEngine"])
    assert error["message"].endswith("installed are: border_tax")
    assert (await one.ask(TENANT))["tenant"] == {"limitsViewing": False, "taxEngine": None}


async def test_what_the_engine_says_is_on_preview_invoice_and_credit_note(
    selling: Selling,
) -> None:
    """2 seats for a German company with a tax number: 50.00, no tax, and the note why."""
    one = selling.api.one
    changed = await one.changed(
        "tenantUpdate", "tenant { limitsViewing taxEngine }", {"taxEngine": "border_tax"}
    )
    assert changed["tenant"] == {"limitsViewing": False, "taxEngine": "border_tax"}
    selling.clock.at = JANUARY
    buyer = {"name": "Ost", "ref": "ost", "country": "DE", "taxNumber": "DE811907980"}
    await one.changed("accountCreate", "__typename", buyer)
    items = [{"product": "seats", "quantity": "2"}]
    wanted = {"account": "ost", "billingTerms": "monthly", "items": items, "ref": "ost-s"}
    await one.changed("subscriptionCreate", "__typename", wanted)

    query = f'{{ invoicePreview(subscription: "ost-s") {{ {TAXES} }} }}'
    preview = (await one.ask(query))["invoicePreview"]
    assert preview["taxes"] == [NONE]

    await selling.close(FEBRUARY)
    answer = await one.ask(f"{{ invoices {{ edges {{ node {{ id {TAXES} }} }} }} }}")
    (edge,) = answer["invoices"]["edges"]
    assert edge["node"]["taxes"] == [NONE]

    credited = await one.changed(
        "creditNoteCreate",
        f"creditNote {{ {TAXES} }}",
        {"invoice": edge["node"]["id"], "scope": "WHOLE", "reason": "An error of ours"},
    )
    assert credited["creditNote"]["taxes"] == [NONE]


async def test_what_is_left_out_stays_and_null_lets_the_table_decide(selling: Selling) -> None:
    """Viewing alone leaves the engine; null takes it away and leaves viewing."""
    one = selling.api.one
    await one.changed("tenantUpdate", "__typename", {"taxEngine": "border_tax"})
    await one.changed("tenantUpdate", "__typename", {"limitsViewing": True})
    assert (await one.ask(TENANT))["tenant"]["taxEngine"] == "border_tax"
    await one.changed("tenantUpdate", "__typename", {"taxEngine": None})
    assert (await one.ask(TENANT))["tenant"] == {"limitsViewing": True, "taxEngine": None}
