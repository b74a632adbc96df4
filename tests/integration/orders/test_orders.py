"""An order for now is an event at once; one for later waits, and becomes one at its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.billing_cycles.due_orders import OrdersDue
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.orders.cancel import cancel_order
from core.orders.order import place_order
from core.orders.post_due import post_due
from core.orders.posting import Recorder
from core.orders.records import Order, OrderRefused, PlaceOrder
from core.orders.void import void_event
from core.plugin_host import PluginHost
from core.subscriptions.end_item import end_item
from core.subscriptions.records import Subscription
from core.subscriptions.repository import items_of
from core.tenancy.create_org_unit import CreateOrgUnit, create_org_unit
from core.tenant_due import due_tenants
from core.usage.identity import event_identity
from core.usage_catalogues.offered import available_services
from tests.integration.orders.conftest import GATE, JANUARY, NOON, At, Rows, subscribed

EVENING = NOON + timedelta(hours=8)  # 20:00 in Nicosia
NIGHT = datetime(2026, 1, 11, 1, tzinfo=UTC)  # 03:00 in Nicosia


@pytest.fixture
def recorder(host: PluginHost) -> Recorder:
    """What orders are recorded with."""
    return Recorder(host, GATE)


def braveheart(subscription: Subscription, **changes: object) -> PlaceOrder:
    """Braveheart, now unless said."""
    given = {"service": "braveheart", "udr_type": "movie"} | changes
    return PlaceOrder(subscription_id=subscription.id, **given)


async def placed(at: At, command: PlaceOrder, recorder: Recorder, now: datetime) -> Order:
    """Order in a transaction of its own."""
    async with at(now) as tx:
        return await place_order(tx, command, recorder=recorder)


async def test_an_order_for_now_is_an_event_and_a_request_at_once(
    at: At, rows: Rows, subscription: Subscription, recorder: Recorder
) -> None:
    """3.00 at noon; its provider is asked to activate 1AQ8."""
    order = await placed(at, braveheart(subscription, method="tv"), recorder, NOON)
    assert (order.state, order.settled_at) == ("posted", NOON)
    (event,) = await rows()
    identity = event_identity(order.account_id, source="order", event_id=str(order.id))
    assert order.event_identity == identity == event["identity"]
    assert (event["amount"], event["occurred_at"]) == (Decimal(3), NOON)
    assert event["payload"] == {"service": "braveheart", "udrType": "movie", "method": "tv"}
    (request,) = await rows("provisioning_request", "id")
    assert (request["provider"], request["provisioning_id"]) == ("Nagra Media Live", "1AQ8")
    assert (request["action"], request["state"]) == ("activate", "waiting")
    assert (request["order_id"], request["facts"]) == (order.id, {"method": "tv"})
    (message,) = await rows("outbox WHERE topic = 'provisioning.requested'", "id")
    assert message["payload"] == {"request": str(request["id"])}


async def test_a_refused_order_leaves_nothing(
    at: At, rows: Rows, subscription: Subscription, recorder: Recorder
) -> None:
    """No order, no event, no request; the refusal carries the reason."""
    for changes, reason, path in (
        ({"service": "match"}, "SERVICE_NOT_OFFERED", ("service",)),
        ({"service": "serendipity"}, "SERVICE_NOT_ORDERABLE", ("service",)),
        ({"termed_service": "sports"}, "NO_TERMED_SERVICE", ("termedService",)),
        ({"method": "fax"}, "INVALID_VALUE", ("method",)),
    ):
        with pytest.raises(OrderRefused) as refused:
            await placed(at, braveheart(subscription, **changes), recorder, NOON)
        assert (refused.value.verdict.reason, refused.value.path) == (reason, path)
    for command, code in (
        (braveheart(subscription, ordered_for=NOON - timedelta(hours=1)), "ORDER_IN_THE_PAST"),
        (PlaceOrder(subscription_id=new_id(), service="braveheart", udr_type="movie"),
         "SUBSCRIPTION_NOT_FOUND"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as other:
            await placed(at, command, recorder, NOON)
        assert other.value.code == code
    for table in ("usage_order", "usage_event", "provisioning_request"):
        assert await rows(table, "tenant_id") == []


async def test_an_order_for_later_becomes_an_event_at_its_time(
    at: At, rows: Rows, subscription: Subscription, recorder: Recorder
) -> None:
    """Ordered at noon for 03:00: nothing before; then 2.00 at 03:00, though posted later."""
    order = await placed(at, braveheart(subscription, ordered_for=NIGHT), recorder, NOON)
    assert (order.state, order.event_identity) == ("scheduled", None)
    async with at(EVENING) as tx:
        assert await post_due(tx, recorder=recorder) == 0
    assert await rows() == []
    async with at(NIGHT + timedelta(seconds=20)) as tx:
        assert await post_due(tx, recorder=recorder) == 1
    (event,) = await rows()
    assert (event["amount"], event["occurred_at"]) == (Decimal(2), NIGHT)
    (stored,) = await rows("usage_order", "id")
    assert (stored["state"], stored["event_identity"]) == ("posted", event["identity"])
    assert len(await rows("provisioning_request", "id")) == 1
    async with at(NIGHT + timedelta(minutes=5)) as tx:
        assert await post_due(tx, recorder=recorder) == 0
    assert len(await rows()) == 1


async def test_workers_look_at_a_seller_when_its_next_order_is_due(
    at: At, subscription: Subscription, recorder: Recorder, db: object, seller: object
) -> None:
    """Not before 20:00, and no longer once it is posted."""
    await placed(at, braveheart(subscription, ordered_for=EVENING), recorder, NOON)

    async def waiting(now: datetime) -> bool:
        async with at(now) as tx:
            return subscription_tenant in await due_tenants(tx, "orders", limit=1000)

    async with at(NOON) as tx:
        subscription_tenant = tx.tenant_id
    assert not await waiting(EVENING - timedelta(seconds=1))
    assert await waiting(EVENING)
    async with at(EVENING) as tx:
        assert await post_due(tx, recorder=recorder) == 1
    assert not await waiting(EVENING)


async def test_an_order_that_can_no_longer_be_given_is_refused_and_kept(
    at: At, rows: Rows, subscription: Subscription, recorder: Recorder
) -> None:
    """PPV Movies ends with January; what was ordered for 5 February was not given."""
    later = datetime(2026, 2, 5, 18, tzinfo=UTC)
    await placed(at, braveheart(subscription, ordered_for=later), recorder, NOON)
    async with at(NOON) as tx:
        (item,) = (await items_of(tx, [subscription.id]))[subscription.id]
        await end_item(tx, item_id=item.item_id)
    async with at(later) as tx:
        assert await post_due(tx, recorder=recorder) == 1
    (order,) = await rows("usage_order", "id")
    assert (order["state"], order["event_identity"]) == ("refused", None)
    assert order["reason"].startswith("NO_TERMED_SERVICE: ")
    assert await rows() == []
    assert await rows("provisioning_request", "id") == []


async def test_only_a_scheduled_order_can_be_cancelled(
    at: At, rows: Rows, subscription: Subscription, recorder: Recorder
) -> None:
    """A cancelled one is never posted; a posted one is voided instead."""
    later = await placed(at, braveheart(subscription, ordered_for=EVENING), recorder, NOON)
    async with at(NOON) as tx:
        assert (await cancel_order(tx, later.id)).state == "cancelled"
    async with at(EVENING) as tx:
        assert await post_due(tx, recorder=recorder) == 0
    now = await placed(at, braveheart(subscription), recorder, EVENING)
    for order_id, code in (
        (later.id, "ORDER_NOT_SCHEDULED"),
        (now.id, "ORDER_NOT_SCHEDULED"),
        (new_id(), "ORDER_NOT_FOUND"),
    ):
        with pytest.raises(Refusal) as refused:
            async with at(EVENING) as tx:
                await cancel_order(tx, order_id)
        assert refused.value.code == code
    orders = await rows("usage_order", "id")
    assert [order["state"] for order in orders] == ["cancelled", "posted"]
    assert len(await rows()) == 1


async def test_voiding_an_ordered_event_asks_the_provider_to_end_it(
    at: At, rows: Rows, subscription: Subscription, recorder: Recorder
) -> None:
    """-3.00, and a second request for 1AQ8."""
    order = await placed(at, braveheart(subscription), recorder, NOON)
    async with at(NOON) as tx:
        await void_event(
            tx, account="client", source="order", event_id=str(order.id), gate=GATE
        )
    assert [row["amount"] for row in await rows()] == [3, -3]
    requests = await rows("provisioning_request", "id")
    assert [(one["action"], one["provisioning_id"]) for one in requests] == [
        ("activate", "1AQ8"),
        ("end", "1AQ8"),
    ]
    assert [one["order_id"] for one in requests] == [order.id, order.id]


async def test_a_credit_gives_money_back_and_provides_nothing(
    at: At, rows: Rows, subscription: Subscription, recorder: Recorder
) -> None:
    """-3.00 and no request; a free film is provided and costs nothing."""
    await placed(at, braveheart(subscription, directive="credit"), recorder, NOON)
    assert await rows("provisioning_request", "id") == []
    free = await placed(at, braveheart(subscription, directive="free"), recorder, NOON)
    assert free.state == "posted"
    assert [row["amount"] for row in await rows()] == [-3, 0]
    assert len(await rows("provisioning_request", "id")) == 1


async def test_orders_of_a_test_account_wait_for_its_own_clock(
    at: At, rows: Rows, account: object, recorder: Recorder
) -> None:
    """Workers leave it alone; moving the clock posts it at its own time."""
    async with at(JANUARY) as tx:
        tester = await create_account(
            tx, CreateAccount(name="Test", ref="test", test_clock=NOON)
        )
    subscription = await subscribed(at, tester.id, "ppv-movies", now=NOON)
    order = await placed(at, braveheart(subscription, ordered_for=NIGHT), recorder, JANUARY)
    assert order.created_at == NOON
    due = OrdersDue(recorder)
    async with at(NIGHT + timedelta(days=9)) as tx:
        assert await post_due(tx, recorder=recorder) == 0
        assert await due.next_due(tx, tester.id) == NIGHT
        await tx.execute("UPDATE account SET test_clock = $2 WHERE id = $1", tester.id, NIGHT)
        await due.run(tx, tester.id, at=NIGHT)
        assert await due.next_due(tx, tester.id) is None
    (event,) = await rows()
    assert (event["occurred_at"], event["amount"]) == (NIGHT, 2)


async def test_what_is_available_is_what_can_be_ordered(
    at: At, subscription: Subscription, recorder: Recorder
) -> None:
    """Serendipity from 1 February on; matches are for others. Units see what they may."""
    async with at(NOON) as tx:
        offers = await available_services(tx, subscription.id)
        assert [offer.service.product for offer in offers] == ["braveheart"]
        february = datetime(2026, 2, 1, tzinfo=UTC)
        offers = await available_services(tx, subscription.id, at=february)
        assert [offer.service.product for offer in offers] == ["braveheart", "serendipity"]
        root = await tx.fetchval("SELECT id FROM org_unit WHERE parent_id IS NULL")
        shop = await create_org_unit(tx, CreateOrgUnit("shop", "Shop", root))
        office = await create_org_unit(tx, CreateOrgUnit("office", "Office", root))
        await tx.execute(
            "INSERT INTO visible_to (tenant_id, subject_id, org_unit_id)"
            " SELECT tenant_id, id, $1 FROM catalogue_entry WHERE code = 'movies'"
            " AND section = 'usage_catalogues'",
            shop.id,
        )
        for unit_id, expected in ((shop.id, 1), (office.id, 0), (None, 1)):
            offers = await available_services(tx, subscription.id, unit_id=unit_id)
            assert len(offers) == expected
    with pytest.raises(OrderRefused) as refused:
        await placed(at, braveheart(subscription, unit_id=office.id), recorder, NOON)
    assert refused.value.verdict.reason == "SERVICE_NOT_OFFERED"
    given = await placed(at, braveheart(subscription, unit_id=shop.id), recorder, NOON)
    assert given.state == "posted"
