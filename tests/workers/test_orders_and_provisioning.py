"""Workers post what was ordered for later, and carry requests to providers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.accounts.create_account import CreateAccount, create_account
from core.bootstrap import installed_by
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database
from core.kernel.clock import FixedClock
from core.orders.order import place_order
from core.orders.posting import Recorder
from core.orders.records import PlaceOrder
from core.plugin_host import PluginHost
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from tests.building import GATE, Shop
from tests.integration.orders.conftest import CATALOGUE
from tests.workers.conftest import Working
from workers.orders import post_due_orders
from workers.outbox import relay

NOW = datetime(2026, 1, 10, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


async def ordered(db: Database, shop: Shop) -> None:
    """Order Braveheart for two hours from now."""
    host = PluginHost()
    clock = FixedClock(NOW)
    async with db.transaction(shop.tenant_id, actor="test", clock=clock) as tx:
        text = CATALOGUE.replace("  monthly:", "  tv-monthly:")
        await apply_catalogue(tx, load_catalogue(text), installed=installed_by(host))
        account = await create_account(tx, CreateAccount(name="Ada"))
        subscription = await subscribe(
            tx,
            Subscribe(
                account=account.id,
                billing_terms="tv-monthly",
                items=[NewItem("ppv-movies")],
            ),
        )
        command = PlaceOrder(
            subscription_id=subscription.id,
            service="braveheart",
            udr_type="movie",
            ordered_for=LATER,
        )
        await place_order(tx, command, recorder=Recorder(host, GATE))


async def rows(db: Database, shop: Shop, table: str) -> list[dict[str, Any]]:
    """Every row of one of the shop's tables."""
    async with db.transaction(shop.tenant_id, actor="test") as tx:
        return [dict(row) for row in await tx.fetch(f"SELECT * FROM {table}")]


async def test_an_order_is_posted_at_its_time_and_its_provider_is_asked(
    db: Database, shop: Shop, working: Working
) -> None:
    """Nothing at 11:00; at 12:00 an event, and an entry in the log of Nagra Media Live."""
    await ordered(db, shop)
    async with working(NOW + timedelta(hours=1)) as context:
        assert await post_due_orders(context) == 0
    async with working(LATER) as context:
        assert await post_due_orders(context) == 1
        await relay(context)
    (order,) = await rows(db, shop, "usage_order")
    (event,) = await rows(db, shop, "usage_event")
    assert (order["state"], order["event_identity"]) == ("posted", event["identity"])
    assert (event["occurred_at"], event["amount"]) == (LATER, 3)
    (request,) = await rows(db, shop, "provisioning_request")
    assert (request["state"], request["attempts"]) == ("done", 1)
    (entry,) = await rows(db, shop, "provisioning_log")
    assert (entry["provider"], entry["provisioning_id"]) == ("nagra_media_live", "1AQ8")
    assert entry["request_id"] == request["id"]


async def test_a_request_waits_for_a_provisioner_and_is_tried_again(
    db: Database, shop: Shop, working: Working
) -> None:
    """Nobody stands for the provider: 2 s later the relay tries again, and then it is done."""
    await ordered(db, shop)
    async with working(LATER) as context:
        await post_due_orders(context)
        settings = context.application.settings.model_copy(update={"logged_providers": ()})
        object.__setattr__(context.application, "settings", settings)
        await relay(context)
    (request,) = await rows(db, shop, "provisioning_request")
    assert (request["state"], request["attempts"]) == ("waiting", 1)
    assert request["error"].startswith("no provisioner 'nagra_media_live'")
    async with working(LATER + timedelta(seconds=1)) as context:
        await relay(context)
    (request,) = await rows(db, shop, "provisioning_request")
    assert request["attempts"] == 1
    async with working(LATER + timedelta(seconds=2)) as context:
        await relay(context)
    (request,) = await rows(db, shop, "provisioning_request")
    assert (request["state"], request["attempts"], request["error"]) == ("done", 2, None)
