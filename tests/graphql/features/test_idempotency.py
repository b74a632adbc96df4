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
