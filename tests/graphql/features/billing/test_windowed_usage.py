"""WhatsApp through GraphQL: its events are typed, and windows are told."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.graphql.features.billing.selling import Selling
from tests.graphql.features.billing.test_corrections import MAIL

WINDOW = """
query ($account: ID!, $channel: String!, $with: String!) {
  usageWindow(account: $account, channel: $channel, key: "+33155550000", with: $with) {
    isOpen openUntil freeUntil
  }
}"""
JUDGEMENTS = """
query ($account: ID!, $from: DateTime!, $until: DateTime!) {
  usageJudgements(
    account: $account, channel: "whatsapp", key: "+33155550000", from: $from, until: $until
  ) { eventId sourceId unit quantity reason label until }
}"""
WHOM = "+33612345678"


async def test_a_customers_message_opens_the_window_that_the_query_tells(
    selling: Selling,
) -> None:
    """It is accepted and free; with somebody else the window is closed."""
    customer = await selling.customer(MAIL)
    asked = {"account": customer.ref, "channel": "whatsapp", "with": WHOM}
    closed = {"isOpen": False, "openUntil": None, "freeUntil": None}
    assert (await selling.api.one.ask(WINDOW, **asked))["usageWindow"] == closed
    async with selling.api.transaction() as tx:
        now = tx.now
    event = selling.mail(customer.ref, 1) | {
        "occurredAt": (now - timedelta(hours=1)).isoformat(),
        "event": {
            "whatsapp": {"direction": "IN", "businessNumber": "+33155550000", "customer": WHOM}
        },
    }
    assert await selling.outcomes(event) == ["ACCEPTED"]
    assert await selling.outcomes(event) == ["DUPLICATE"]

    found = (await selling.api.one.ask(WINDOW, **asked))["usageWindow"]
    others = await selling.api.one.ask(WINDOW, **(asked | {"with": "+32470123456"}))

    assert found["isOpen"] is True
    assert datetime.fromisoformat(found["openUntil"]) == now + timedelta(hours=23)
    assert found["freeUntil"] is None
    (judged,) = (
        await selling.api.one.ask(
            JUDGEMENTS,
            account=customer.ref,
            **{"from": (now - timedelta(days=1)).isoformat(), "until": now.isoformat()},
        )
    )["usageJudgements"]
    assert judged.pop("eventId").startswith("evt_")
    assert judged == {
        "sourceId": event["id"],
        "unit": "",
        "quantity": "0",
        "reason": "inbound",
        "label": "From the customer: never billed",
        "until": None,
    }
    assert others["usageWindow"] == closed


async def test_a_channel_without_windows_is_refused_and_an_unknown_account_is_null(
    selling: Selling,
) -> None:
    """The reason says what to check; nothing is told of accounts that there are not."""
    customer = await selling.customer(MAIL)
    asked = {"account": customer.ref, "channel": "email", "with": WHOM}
    assert await selling.api.one.refused(WINDOW, **asked) == ["NOT_WINDOWED"]
    absent = {"account": "nobody", "channel": "whatsapp", "with": WHOM}
    assert (await selling.api.one.ask(WINDOW, **absent))["usageWindow"] is None
