"""Idempotency keys through the API: once, the same answer again, nothing else under them."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.graphql.api_clients import Api

SELECTION = "account { id name }"


async def accounts(api: Api) -> int:
    """How many accounts the first seller has."""
    return (await api.rows("account"))["account"]


async def test_the_same_request_twice_is_done_once(api: Api) -> None:
    """The second answer is the first account; one row, one history entry."""
    given = {"name": "Ada", "idempotencyKey": "key-1"}
    first = await api.one.changed("accountCreate", SELECTION, given)
    count = await api.rows("account", "history_entry", "outbox")
    again = await api.one.changed("accountCreate", SELECTION, given)
    assert again == first
    assert await api.rows("account", "history_entry", "outbox") == count


async def test_a_key_is_refused_for_another_request(api: Api) -> None:
    """Another name, and another mutation: both are told to choose a new key."""
    await api.one.changed(
        "accountCreate", SELECTION, {"name": "Ada", "idempotencyKey": "key-2"}
    )
    before = await accounts(api)
    reused = [("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")]
    other = {"name": "Grace", "idempotencyKey": "key-2"}
    assert await api.one.codes("accountCreate", other) == reused
    staff = {"name": "A", "email": "a@example.com", "roles": ["VIEWER"]}
    assert await api.one.codes("staffCreate", {**staff, "idempotencyKey": "key-2"}) == reused
    assert await accounts(api) == before


CATALOGUE = """
products:
  mails: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  seat: {kind: licence, name: Seat}
price_plans:
  mails: {name: Mails, currency: EUR, rates: {mails: {base: 0.10}, seat: {base: 9}}}
billing_terms:
  mails: {name: Mails, plans: [mails]}
"""


async def amendable(api: Api, name: str) -> dict[str, Any]:
    """Return an amendment of a stored event, for a customer of a name in January 2026."""
    one = api.one
    await one.changed("catalogueApply", "__typename", {"yaml": CATALOGUE})
    clock = {"name": name, "ref": name, "testClock": "2026-01-10T00:00:00+01:00"}
    await one.changed("accountCreate", "__typename", clock)
    items = [{"product": "mails"}]
    asked = {"account": name, "billingTerms": "mails", "items": items}
    await one.changed("subscriptionCreate", "__typename", asked)
    await one.changed(
        "accountClockAdvance", "__typename", {"account": name, "to": "2026-01-20T00:00:00Z"}
    )
    report = {
        "account": name, "source": "router", "id": "e1",
        "occurredAt": "2026-01-12T10:00:00Z", "event": {"email": {"recipients": 2}},
    }  # fmt: skip
    await one.changed("usageRecord", "__typename", {"events": [report]})
    return report | {"event": {"email": {"recipients": 5}}}


async def test_another_spelling_of_the_same_values_is_the_same_request(api: Api) -> None:
    """10:00 UTC as Z, as +00:00, with zeros behind the second, and as 11:00 in Paris."""
    report = await amendable(api, "spelled")
    key = {"idempotencyKey": "spelled"}
    selection = "verdict event { quantity }"
    first = await api.one.changed("usageAmend", selection, {"report": report, **key})
    assert first == {"verdict": "ACCEPTED", "event": {"quantity": "5"}, "userErrors": []}
    before = await api.rows("usage_event")
    for spelled in (
        "2026-01-12T10:00:00+00:00",
        "2026-01-12T10:00:00.000Z",
        "2026-01-12T11:00:00+01:00",
    ):
        again = {"report": report | {"occurredAt": spelled}, **key}
        assert await api.one.changed("usageAmend", selection, again) == first
    assert await api.rows("usage_event") == before

    another = {"report": report | {"occurredAt": "2026-01-12T10:00:00.001Z"}, **key}
    reused = [("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")]
    assert await api.one.codes("usageAmend", another) == reused
    assert await api.rows("usage_event") == before


async def test_zeros_behind_a_decimal_make_no_other_request(api: Api) -> None:
    """2 and 2.0 and 2.00 seats; 3 is another quantity."""
    await amendable(api, "decimals")
    asked = {"account": "decimals", "billingTerms": "mails", "idempotencyKey": "decimals"}
    selection = "subscription { id items { quantity } }"

    def of(quantity: str) -> dict[str, Any]:
        return asked | {"items": [{"product": "seat", "quantity": quantity}]}

    first = await api.one.changed("subscriptionCreate", selection, of("2"))
    before = await api.rows("subscription")
    for spelled in ("2.0", "2.00"):
        assert await api.one.changed("subscriptionCreate", selection, of(spelled)) == first
    reused = [("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")]
    assert await api.one.codes("subscriptionCreate", of("3")) == reused
    assert await api.rows("subscription") == before


async def test_a_refusal_is_repeated_under_its_key(api: Api) -> None:
    """The ref is free by now; the stored answer stays the refusal."""
    taken = await api.one.changed("accountCreate", "account { id }", {"name": "T", "ref": "t"})
    given = {"name": "U", "ref": "t", "idempotencyKey": "key-3"}
    refused = [("REF_TAKEN", "input.ref")]
    assert await api.one.codes("accountCreate", given) == refused
    async with api.transaction() as tx:
        await tx.execute("UPDATE account SET ref = 'u' WHERE ref = 't'")
    before = await accounts(api)
    assert await api.one.codes("accountCreate", given) == refused
    assert await accounts(api) == before
    assert taken["account"]["id"]


async def test_a_key_belongs_to_its_seller(api: Api) -> None:
    """The other seller uses the same key for its own account."""
    given = {"name": "Ada", "idempotencyKey": "key-4"}
    one = await api.one.changed("accountCreate", SELECTION, given)
    other = await api.other.changed("accountCreate", SELECTION, given)
    assert one["account"]["id"] != other["account"]["id"]


async def test_concurrent_twins_do_it_once(api: Api) -> None:
    """Eight at the same time: one account, eight times the same answer."""
    before = await accounts(api)

    async def send() -> dict[str, Any]:
        given = {"name": "Twin", "idempotencyKey": "key-5"}
        return await api.one.changed("accountCreate", SELECTION, given)

    answers = await asyncio.gather(*(send() for _ in range(8)))
    assert len({answer["account"]["id"] for answer in answers}) == 1
    assert await accounts(api) == before + 1


async def test_a_key_issued_again_does_not_show_its_text_again(api: Api) -> None:
    """The secret is not stored: the repeated answer names the key and keeps its text."""
    given = {"name": "Reader", "scopes": ["account.read"], "idempotencyKey": "key-6"}
    selection = "apiKey { id } text"
    first = await api.one.changed("apiKeyIssue", selection, given)
    again = await api.one.changed("apiKeyIssue", selection, given)
    assert first["text"].startswith("fft_")
    assert again == {**first, "text": None}
