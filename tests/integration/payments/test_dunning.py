"""An invoice that is not paid, on a test clock, with the exact dates of what follows."""

from __future__ import annotations

from tests.building import utc
from tests.integration.payments.conftest import Till


async def rests(till: Till) -> list[tuple[str, str | None, bool]]:
    """The rests of the seller's subscriptions."""
    rows = await till.shop.rows(
        "SELECT from_at, until_at, is_billed FROM subscription_rest"
        " WHERE tenant_id = $1 ORDER BY from_at"
    )
    return [
        (f"{start:%d %b}", None if end is None else f"{end:%d %b}", billed)
        for start, end, billed in rows
    ]


async def test_an_unpaid_invoice_is_reminded_of_suspended_and_lifted_when_paid(
    till: Till,
) -> None:
    """1 January + 14 days = 15 January; reminders 3 and 10 days later, suspension after 20.

    The February invoice is to be paid by 15 February: its first reminder is on the 18th.
    """
    client = await till.customer()
    await till.subscribe(client, terms="strict")

    await till.move(client, utc(2, 10))

    assert await till.actions(client) == [
        ("reminder", "18 Jan"),
        ("reminder", "25 Jan"),
        ("suspend", "04 Feb"),
    ]
    assert await rests(till) == [("04 Feb", None, True)]

    await till.pay(client, "30.00", "T1")

    assert (await till.settled(client))[0] == ("30.00", "30.00", "0.00")
    assert (await till.actions(client))[-1] == ("lift", "10 Feb")
    assert await rests(till) == [("04 Feb", "10 Feb", True)]

    moved = await till.move(client, utc(2, 20))
    assert moved.invoice_ids == []
    assert (await till.actions(client))[-1] == ("reminder", "18 Feb")


async def test_one_that_stays_unpaid_is_ended_at_last(till: Till) -> None:
    """15 January + 40 days = 24 February: it ends on that day."""
    client = await till.customer()
    await till.subscribe(client, terms="strict")

    await till.move(client, utc(2, 25))

    assert ("end", "24 Feb") in await till.actions(client)
    ((state, ends_at),) = await till.shop.rows(
        "SELECT state, ends_at FROM subscription WHERE tenant_id = $1"
    )
    assert (state, ends_at) == ("ended", utc(2, 24))


async def test_a_card_that_is_declined_is_tried_again_and_then_pays(till: Till) -> None:
    """Declined on 1 January, again 3 days later, and paid 5 days after that: 9 January."""
    client = await till.customer()
    await till.card(client, "declined:2")
    await till.subscribe(client, terms="strict")

    await till.move(client, utc(1, 3))
    assert await till.settled(client) == [("30.00", "0.00", "0.00")]
    await till.move(client, utc(1, 20))

    assert await till.settled(client) == [("30.00", "30.00", "0.00")]
    assert await till.actions(client) == [("retry", "04 Jan"), ("retry", "09 Jan")]
    ((state, attempts),) = await till.shop.rows(
        "SELECT state, attempts FROM collection WHERE tenant_id = $1"
    )
    assert (state, attempts) == ("succeeded", 3)


async def test_after_the_last_retry_a_collection_has_failed(till: Till) -> None:
    """Two retries are agreed: three attempts, and the reminders go on."""
    client = await till.customer()
    await till.card(client, "declined")
    await till.subscribe(client, terms="strict")

    await till.move(client, utc(1, 19))

    ((state, attempts, reason),) = await till.shop.rows(
        "SELECT state, attempts, reason FROM collection WHERE tenant_id = $1"
    )
    assert (state, attempts, reason) == ("failed", 3, "declined")
    assert (await till.actions(client))[-1] == ("reminder", "18 Jan")


async def test_a_pending_collection_is_asked_for_again_under_its_key(till: Till) -> None:
    """Three answers are pending, five minutes apart; the fourth is the payment, once."""
    client = await till.customer()
    await till.card(client, "pending:3")
    await till.subscribe(client)

    await till.move(client, utc(1, 1, 1))

    assert await till.settled(client) == [("30.00", "30.00", "0.00")]
    ((attempts, payments),) = await till.shop.rows(
        "SELECT max(c.attempts), count(p.id) FROM collection c"
        " JOIN payment p ON p.tenant_id = $1 AND p.collection_id = c.id"
        " WHERE c.tenant_id = $1"
    )
    assert (attempts, payments) == (1, 1)
