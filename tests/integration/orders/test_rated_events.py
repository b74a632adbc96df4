"""An order of a catalogue's service is priced when it is stored, or refused with its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.accounts.records import Account
from core.accounts.update_account import UpdateAccount, update_account
from core.kernel.ids import new_id
from core.plugin_host import PluginHost
from core.subscriptions.records import Subscription
from core.subscriptions.rests import Rest, add_rest
from core.usage.amend import usage_amend
from core.usage.void import usage_void
from plugins.ott.event import OttDirective
from tests.integration.orders.conftest import (
    GATE,
    JANUARY,
    NOON,
    At,
    Record,
    Rows,
    film,
    outcomes,
    subscribed,
)


def local(hour: int, minute: int, second: int = 0) -> datetime:
    """A time on 10 January in Nicosia, two hours ahead of UTC."""
    return datetime(2026, 1, 10, tzinfo=UTC) + timedelta(
        hours=hour - 2, minutes=minute, seconds=second
    )


ORDERED = [
    (local(-1, 30), "3.00", ""),
    (local(3, 0), "2.00", "00:01-06:59"),
    (local(0, 0), "3.00", ""),
    (local(6, 59, 30), "2.00", "00:01-06:59"),
    (local(7, 0), "3.00", ""),
]


@pytest.mark.parametrize("expected", ORDERED)
async def test_a_film_costs_what_its_local_minute_says(
    record: Record, rows: Rows, subscription: Subscription, expected: tuple[datetime, str, str]
) -> None:
    """3 at 23:30, 2 at 03:00, 3 at 00:00, 2 at 06:59:30, 3 at 07:00; no item of its own."""
    occurred_at, amount, dimension = expected
    assert outcomes(await record(film(occurred_at=occurred_at))) == ["accepted"]
    (row,) = await rows()
    assert row["subscription_id"] == subscription.id
    assert (row["amount"], row["dimension"], row["unit"]) == (
        Decimal(amount),
        dimension,
        "order",
    )
    assert row["rating"] | {"catalogue": ""} == {
        "catalogue": "",
        "code": "movies",
        "service": "braveheart",
        "termedService": "ppv-movies",
        "rate": dimension,
        "unitPrice": str(Decimal(amount).normalize()),
        "quantity": "1",
        "directive": "bill",
    }
    assert row["usage_period_id"] == row["billing_period_id"]


async def test_the_amount_multiplies_and_is_rounded_half_up_once(
    record: Record, rows: Rows, account: Account, at: At
) -> None:
    """0.333 x 1.5 is 0.4995: 0.50. A credit of it is -0.50; a free one costs nothing."""
    await subscribed(at, account.id, "sports")
    async with at(JANUARY) as tx:
        await update_account(tx, UpdateAccount(account.id, classification="VIP"))
    match = {"service": "match", "amount": "1.5"}
    verdicts = await record(
        film("bill", **match),
        film("credit", **match, directive=OttDirective.CREDIT),
        film("free", **match, directive=OttDirective.FREE),
    )
    assert outcomes(verdicts) == ["accepted"] * 3
    assert [verdict.is_free for verdict in verdicts] == [False, False, True]
    billed, credited, free = await rows()
    assert [row["amount"] for row in (billed, credited, free)] == [
        Decimal("0.50"),
        Decimal("-0.50"),
        0,
    ]
    assert credited["quantity"] == Decimal("1.5")
    assert free["usage_period_id"] is None
    assert free["rating"]["unitPrice"] == "0.333"


REFUSED = [
    ("SERVICE_NOT_OFFERED", {"service": "unknown"}, ("event", "ott", "service")),
    ("SERVICE_NOT_OFFERED", {"service": "match"}, ("event", "ott", "service")),
    ("SERVICE_NOT_ORDERABLE", {"service": "serendipity"}, ("event", "ott", "service")),
    ("NO_TERMED_SERVICE", {"termed_service": "sports"}, ("event", "ott", "termedService")),
    ("INVALID_VALUE", {"udr_type": "song"}, ("event", "ott", "udrType")),
    ("INVALID_VALUE", {"method": "fax"}, ("event", "ott", "method")),
    ("INVALID_VALUE", {"device": "tv"}, ("event", "ott", "device")),
    ("INVALID_VALUE", {"amount": "0"}, ("event", "ott", "amount")),
    ("NO_SUBSCRIPTION", {"subscription": "another"}, ("subscription",)),
    ("TOO_OLD", {"occurred_at": JANUARY - timedelta(microseconds=1)}, ("occurredAt",)),
]


@pytest.mark.parametrize("refused", REFUSED)
async def test_what_cannot_be_ordered_is_rejected_with_its_reason(
    record: Record, rows: Rows, subscription: Subscription, refused: tuple
) -> None:
    """The path leads to what is wrong, the text says what to do; nothing is stored of it."""
    reason, changes, path = refused
    before, bad = await record(film("before"), film("bad", **changes))
    assert before.outcome == "accepted"
    assert (bad.outcome, bad.reason, bad.path) == ("rejected", reason, path)
    assert ";" in bad.message
    assert [row["event_id"] for row in await rows()] == ["before"]


async def test_a_suspended_subscription_orders_nothing(
    record: Record, rows: Rows, subscription: Subscription, at: At
) -> None:
    """Out of service from 8 to 9 January: an order of noon on the 8th is rejected."""
    start = datetime(2026, 1, 8, tzinfo=UTC)
    rest = Rest(new_id(), subscription.id, start, start + timedelta(days=1), False, "", JANUARY)
    async with at(NOON) as tx:
        await add_rest(tx, rest)
    resting = film("resting", occurred_at=start + timedelta(hours=12))
    verdicts = await record(resting, film("awake"))
    assert outcomes(verdicts) == ["SUBSCRIPTION_RESTING", "accepted"]
    assert verdicts[0].path == ("subscription",)
    assert [row["event_id"] for row in await rows()] == ["awake"]


async def test_the_only_subscription_that_may_order_is_found(
    record: Record, rows: Rows, account: Account, at: At
) -> None:
    """One has sports, the other films. With films on both, the sender must name one."""
    await subscribed(at, account.id, "sports", ref="sports")
    films = await subscribed(at, account.id, "ppv-movies", ref="films")
    assert outcomes(await record(film("a"))) == ["accepted"]
    await subscribed(at, account.id, "ppv-movies", ref="more")
    assert outcomes(await record(film("b"))) == ["AMBIGUOUS_SUBSCRIPTION"]
    assert outcomes(await record(film("c", subscription="films"))) == ["accepted"]
    assert [row["subscription_id"] for row in await rows()] == [films.id, films.id]


async def test_a_condition_and_the_validity_decide_about_a_catalogue(
    record: Record, rows: Rows, account: Account, at: At
) -> None:
    """Matches are for VIPs, from 5 to 31 January."""
    await subscribed(at, account.id, "sports")
    in_time = film("in time", service="match")
    early = film("early", service="match", occurred_at=datetime(2026, 1, 4, tzinfo=UTC))
    assert outcomes(await record(in_time, early)) == ["SERVICE_NOT_OFFERED"] * 2
    assert await rows() == []
    async with at(JANUARY) as tx:
        await update_account(tx, UpdateAccount(account.id, classification="VIP"))
    assert outcomes(await record(in_time, early)) == ["accepted", "SERVICE_NOT_OFFERED"]
    (row,) = await rows()
    assert row["amount"] == Decimal("0.33")


async def test_a_void_and_an_amendment_take_the_amount_back(
    record: Record, rows: Rows, subscription: Subscription, at: At, host: PluginHost
) -> None:
    """3.00 amended to 03:00 at night: -3.00 and 2.00; voided: -2.00. In all 0."""
    await record(film("e"))
    async with at(NOON) as tx:
        night = film("e", occurred_at=local(3, 0))
        verdict = await usage_amend(tx, host=host, report=night, gate=GATE)
    assert verdict.outcome == "accepted"
    async with at(NOON) as tx:
        await usage_void(tx, account="client", source="portal", event_id="e", gate=GATE)
    stored = await rows()
    assert [row["amount"] for row in stored] == [3, -3, 2, -2]
    assert [row["dimension"] for row in stored] == ["", "", "00:01-06:59", "00:01-06:59"]


async def test_an_order_sent_again_is_a_duplicate_and_keeps_its_price(
    record: Record, rows: Rows, subscription: Subscription, at: At
) -> None:
    """The price of Braveheart rises to 4; what was told when it was ordered stays 3.00."""
    await record(film("e"))
    async with at(NOON) as tx:
        await tx.execute(
            "INSERT INTO catalogue_entry_version SELECT v.tenant_id, gen_random_uuid(),"
            " v.entry_id, 2, jsonb_set(v.body, '{services,braveheart,base}', '\"4\"'),"
            " v.digest, v.created_at FROM catalogue_entry_version v"
            " JOIN catalogue_entry e ON e.id = v.entry_id WHERE e.code = 'movies'"
            " AND e.section = 'usage_catalogues'"
        )
    assert outcomes(await record(film("e"), film("f"))) == ["duplicate", "accepted"]
    assert [row["amount"] for row in await rows()] == [3, 4]


async def test_another_customers_order_takes_nothing_from_the_first(
    record: Record, rows: Rows, subscription: Subscription, at: At
) -> None:
    """An account without a subscription has none to order on."""
    async with at(JANUARY) as tx:
        await create_account(tx, CreateAccount(name="Other", ref="other"))
    verdicts = await record(film("a", account="other"), film("b", account="nobody"))
    assert outcomes(verdicts) == ["NO_SUBSCRIPTION", "UNKNOWN_ACCOUNT"]
    assert await rows() == []
