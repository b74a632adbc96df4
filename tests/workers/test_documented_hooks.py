"""The plugins that the page of the hooks shows do what it says, in the product as it runs.

Each is a third party's: what measures, prices and taxes runs in a child process, what acts runs
in a worker, on a real PostgreSQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import pytest

from core.billing_cycles.pricing import Pricing
from core.bootstrap import installed_by
from core.db import Database
from core.orders.order import place_order
from core.orders.posting import Recorder
from core.orders.records import PlaceOrder
from core.payments.gateways import gateways_of
from core.payments.methods import AddMethod, add_method
from core.plugin_host import PluginHost, installed_sources
from core.pricing_pool import PricingPool
from core.tenancy.choose_tax_engine import choose_tax_engine
from core.usage.record import record_usage
from core.usage.records import UsageReport
from tests.building import GATE, Shop, open_shop, utc
from tests.integration.orders.conftest import CATALOGUE as ORDERS
from tests.integration.payments.conftest import CATALOGUE as PAID
from tests.plugins.documented import documented
from tests.workers.conftest import Working
from workers.outbox import relay
from workers.payments import claim_payments

SEATS = """
products:
  seats: {kind: licence, name: Seats}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}}}
billing_terms:
  monthly: {name: Monthly, plans: [simple], default_plan: simple}
"""
FAXES = """
products:
  fax: {kind: usage_service, name: Faxes, meters: {channel: fax, unit: page}}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {fax: {base: 0.25}}}
billing_terms:
  monthly: {name: Monthly, plans: [simple], default_plan: simple}
"""
FILMS = ORDERS.replace("Nagra Media Live", "By hand")


@asynccontextmanager
async def seller(
    db: Database, plugin: ModuleType, catalogue: str = SEATS
) -> AsyncIterator[tuple[Shop, PricingPool]]:
    """A seller whose installation has Forfait's own plugins and one more."""
    host = PluginHost([*installed_sources(), plugin])
    with PricingPool(host) as pool:
        shop = await open_shop(db, catalogue=catalogue, installed=installed_by(host))
        shop.host, shop.pricing = host, Pricing(host, pool)
        yield shop, pool


async def test_the_documented_channel_is_measured_and_billed(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faxes of 3 and 4 pages at 0.25: 1.75, + 20 % = 2.10; one without pages is refused."""
    module = documented("register_channels", tmp_path, monkeypatch)
    async with seller(db, module, FAXES) as (shop, pool):
        account = await shop.customer()
        await shop.subscribed(account, ("fax", "1"))
        reports = [
            UsageReport(account, "machine", f"f{n}", utc(1, 9), "fax", module.FaxEvent(n))
            for n in (3, 4, 0)
        ]
        async with shop.at(utc(1, 9)) as tx:
            verdicts = await record_usage(
                tx, host=shop.host, events=reports, gate=shop.gate, pool=pool
            )
        await shop.close(utc(2))

    assert [one.outcome for one in verdicts] == ["accepted", "accepted", "rejected"]
    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("usage", "Faxes", "1.75")]
    assert invoice["total"] == "2.10"


async def test_the_documented_price_model_prices_an_invoice(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5 seats at 2.00, every second one free: 6.00, + 20 % = 7.20."""
    module = documented("register_price_models", tmp_path, monkeypatch)
    catalogue = SEATS.replace("{base: 25}", "{model: every_other, base: 2}")
    async with seller(db, module, catalogue) as (shop, _pool):
        await shop.subscribed(await shop.customer(), ("seats", "5"))
        await shop.close(utc(2))

    (invoice,) = await shop.invoices()
    assert (invoice["lines"][0][2], invoice["total"]) == ("6.00", "7.20")
    ((working,),) = await shop.rows("SELECT working FROM invoice_line WHERE tenant_id = $1")
    assert "every second one free" in str(working)


async def test_the_documented_tax_engine_taxes_an_invoice(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """25.00 + 20 % in France = 30.00; in Belgium, where the table says 21 %, 25.00."""
    module = documented("register_tax_engines", tmp_path, monkeypatch)
    async with seller(db, module) as (shop, _pool):
        async with shop.at() as tx:
            await choose_tax_engine(tx, "french_standard", known=shop.host.tax_engines)
        for country in ("FR", "BE"):
            await shop.subscribed(await shop.customer(country=country), ("seats", "1"))
        await shop.close(utc(2))

    assert sorted(one["total"] for one in await shop.invoices()) == ["25.00", "30.00"]


async def test_the_documented_gateway_waits_for_a_transfer(
    db: Database, working: Working, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker asks it for 30.00; it answers pending, with the invoice's number."""
    module = documented("register_payment_gateways", tmp_path, monkeypatch)
    async with seller(db, module, PAID) as (shop, _pool):
        account = await shop.customer()
        method = AddMethod(
            account_id=account, gateway="transfer", kind="direct_debit", token="T", label="Bank"
        )
        async with shop.at(utc(1)) as tx:
            await add_method(tx, method, gateways=gateways_of(shop.host))
        await shop.subscribed(account, ("seats", "1"), terms="plain")
        await shop.close(utc(1, 1, 1))
        plugins = [*installed_sources(), module]
        async with working(utc(1, 1, 1), plugins=plugins) as context:
            assert await claim_payments(context) == 1

    (number,) = [one["number"] for one in await shop.invoices()]
    (row,) = await shop.rows("SELECT state, reference FROM collection WHERE tenant_id = $1")
    assert row[0] == "pending"
    assert row[1].endswith(number.rpartition("-")[2])


async def test_the_documented_provisioner_leaves_a_request_to_a_technician(
    db: Database, working: Working, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film of the provider "By hand": the request waits, with its own key as reference."""
    module = documented("register_provisioners", tmp_path, monkeypatch)
    async with seller(db, module, FILMS) as (shop, _pool):
        account = await shop.customer()
        subscription = await shop.subscribed(account, ("ppv-movies", "1"), plan="tv")
        order = PlaceOrder(
            subscription_id=subscription.id, service="braveheart", udr_type="movie"
        )
        async with shop.at(utc(1, 9)) as tx:
            await place_order(tx, order, recorder=Recorder(shop.host, GATE))
        async with working(utc(1, 9), plugins=[*installed_sources(), module]) as context:
            await relay(context)

    ((key, state, attempts, reference),) = await shop.rows(
        "SELECT id, state, attempts, reference FROM provisioning_request WHERE tenant_id = $1"
    )
    assert (state, attempts, reference) == ("waiting", 1, str(key))


async def test_the_documented_observer_hears_once_of_each_invoice(
    db: Database, working: Working, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two invoices are two ids; hearing of them again changes nothing."""
    module = documented("register_observers", tmp_path, monkeypatch)
    async with seller(db, module) as (shop, _pool):
        for _customer in range(2):
            await shop.subscribed(await shop.customer(), ("seats", "1"))
        await shop.close(utc(2))
        async with working(utc(2, 2), plugins=[*installed_sources(), module]) as context:
            await relay(context)
            again = "UPDATE outbox SET done_at = NULL WHERE tenant_id = $1"
            async with shop.at() as tx:
                await tx.execute(again, tx.tenant_id)
            await relay(context)
            observer = context.application.host.observers["invoice_counter"].contribution

    rows = await shop.rows(
        "SELECT id FROM outbox WHERE tenant_id = $1 AND topic = 'invoice.finalised'"
    )
    assert observer.seen == {str(key) for (key,) in rows}
    assert len(rows) == 2
