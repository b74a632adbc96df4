"""A third-party price model prices in a child process; what it breaks stays its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.billing_cycles.preview import invoice_preview
from core.billing_cycles.pricing import Pricing
from core.bootstrap import installed_by
from core.db import Database
from core.plugin_host import PluginHost, installed_sources
from core.pricing_pool import PricingPool
from tests.building import Shop, open_shop, utc
from tests.closings import all_parked
from tests.plugins import poison

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
price_plans:
  plain: {name: Plain, currency: EUR, rates: {seats: {base: 25}}}
  odd:
    name: Odd
    currency: EUR
    rates: {seats: {model: poison_model, base: 2, options: {kind: KIND}}}
billing_terms:
  monthly: {name: Monthly, plans: [plain, odd], default_plan: plain}
"""


@pytest.fixture(scope="module")
def host() -> PluginHost:
    """The built-in plugins, and the poison as a third party's."""
    return PluginHost([*installed_sources(), poison])


@pytest.fixture(scope="module")
def pool(host: PluginHost) -> Iterator[PricingPool]:
    """One child that has a second."""
    with PricingPool(host, time_limit_seconds=1.0) as opened:
        yield opened


async def odd_shop(db: Database, host: PluginHost, pool: PricingPool, kind: str) -> Shop:
    """A shop whose plan `odd` is priced by the plugin, which fails as `kind` says."""
    catalogue = CATALOGUE.replace("KIND", kind)
    shop = await open_shop(db, catalogue=catalogue, installed=installed_by(host))
    shop.host, shop.pricing = host, Pricing(host, pool)
    return shop


async def closed(shop: Shop, *seats: str) -> tuple[list[str], list[Any]]:
    """Bill customers with so many seats by the plugin, and one with 1 by our own model."""
    for number in seats:
        client = await shop.customer()
        await shop.subscribed(client, ("seats", number), plan="odd")
    await shop.subscribed(await shop.customer(), ("seats", "1"), plan="plain")
    await shop.close(utc(2))
    async with shop.at() as tx:
        parked = await all_parked(tx)
    return sorted(invoice["lines"][0][2] for invoice in await shop.invoices()), parked


async def test_a_third_party_model_prices_what_is_sound(
    db: Database, host: PluginHost, pool: PricingPool
) -> None:
    """2 seats x 2 = 4.00 and 5 x 2 = 10.00, beside 25.00 by our own model."""
    shop = await odd_shop(db, host, pool, "SOUND")

    amounts, parked = await closed(shop, "2", "5")

    assert (amounts, parked) == (["10.00", "25.00", "4.00"], [])


async def test_a_plugin_that_hangs_on_one_quantity_parks_only_that_subscription(
    db: Database, host: PluginHost, pool: PricingPool
) -> None:
    """It hangs on 13 seats; 2 and 5 seats are billed, with the plugin's name at the other."""
    shop = await odd_shop(db, host, pool, "HANG")

    amounts, (parked,) = await closed(shop, "2", "13", "5")

    assert amounts == ["10.00", "25.00", "4.00"]
    assert (parked.code, parked.plugin) == ("PLUGIN_FAILED", "poison 6.6")
    assert parked.reason == "plugin poison 6.6 could not price: no answer within 1 s"


@pytest.mark.parametrize("kind", ["RAISE", "EXIT", "KILL", "NAN", "NEGATIVE", "HUGE_TEXT"])
async def test_a_plugin_that_fails_parks_its_own_and_no_other(
    db: Database, host: PluginHost, pool: PricingPool, kind: str
) -> None:
    """Raised, exited, killed itself, or answered nonsense: 25.00 is billed all the same."""
    shop = await odd_shop(db, host, pool, kind)

    amounts, (parked,) = await closed(shop, "2")

    assert amounts == ["25.00"]
    assert (parked.code, parked.plugin) == ("PLUGIN_FAILED", "poison 6.6")


async def test_a_preview_asks_the_plugin_too(
    db: Database, host: PluginHost, pool: PricingPool
) -> None:
    """3 seats x 2 = 6.00, + 20 % is 7.20, before anything is due."""
    shop = await odd_shop(db, host, pool, "SOUND")
    subscription = await shop.subscribed(await shop.customer(), ("seats", "3"), plan="odd")

    async with shop.at(utc(1, 2)) as tx:
        preview = await invoice_preview(tx, subscription.id, pricing=shop.pricing)

    assert f"{preview.draft.total:.2f}" == "7.20"


def test_a_third_party_model_without_a_pool_is_refused_at_the_start(host: PluginHost) -> None:
    """Rather than running it in the worker."""
    with pytest.raises(ValueError, match="poison_model"):
        Pricing(host)
