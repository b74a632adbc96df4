"""What a socket does with who is hostile, silent, greedy, or let in no more."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from core.tenancy.revoke_api_key import RevokeApiKey, revoke_api_key
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.live.clients import Served, SocketClient, closed_with, until

VIEWER = "{ viewer { label } }"
WATCH = "subscription { invoiceFinalised { id } }"


def opened_by(key: str) -> dict[str, Any]:
    """The message that begins a socket."""
    return {"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}


HOSTILE: list[tuple[str, Any, int]] = [
    ("no JSON", "{", 4400),
    ("a number", "1", 4400),
    ("null", "null", 4400),
    ("a list", "[]", 4400),
    ("deep", "[" * 50_000, 4400),
    ("no type", "{}", 4400),
    ("a type that is no text", '{"type": 7}', 4400),
    ("an unknown type", '{"type": "start"}', 4400),
    ("bytes", b"\x00\x01", 4400),
    ("a lone surrogate", '{"type": "ping", "payload": {"a": "\\ud800"}}', 4400),
    ("a ping with a list", '{"type": "ping", "payload": []}', 4400),
    ("a second beginning", '{"type": "connection_init"}', 4429),
    ("a subscription without id", {"type": "subscribe", "payload": {"query": VIEWER}}, 4400),
    ("an empty id", {"type": "subscribe", "id": "", "payload": {"query": VIEWER}}, 4400),
    ("a long id", {"type": "subscribe", "id": "i" * 129, "payload": {"query": VIEWER}}, 4400),
    ("a number as id", {"type": "subscribe", "id": 1, "payload": {"query": VIEWER}}, 4400),
    ("no payload", {"type": "subscribe", "id": "1"}, 4400),
    ("a payload of text", {"type": "subscribe", "id": "1", "payload": VIEWER}, 4400),
    ("no query", {"type": "subscribe", "id": "1", "payload": {}}, 4400),
    (
        "a query that is no text",
        {"type": "subscribe", "id": "1", "payload": {"query": 1}},
        4400,
    ),
    (
        "variables of text",
        {"type": "subscribe", "id": "1", "payload": {"query": VIEWER, "variables": "x"}},
        4400,
    ),
    ("an end without id", {"type": "complete"}, 4400),
]


@pytest.mark.parametrize(
    ("frame", "code"), [c[1:] for c in HOSTILE], ids=[c[0] for c in HOSTILE]
)
async def test_a_message_that_breaks_the_protocol_closes_its_socket(
    api: Api, listening: Served, frame: Any, code: int
) -> None:
    """With the protocol's code and a reason; the next socket is served as before."""
    async with listening.raw() as socket:
        await socket.send(json.dumps(opened_by(api.one.key)))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        await socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)
        closed, reason = await closed_with(socket)
    assert (closed, reason != "") == (code, True)
    async with listening.socket(api.one.key) as client:
        answer = await client.of(await client.subscribe(VIEWER))
        assert "errors" not in answer["payload"]


async def test_a_message_larger_than_the_setting_closes_with_1009(
    api: Api, listening: Served
) -> None:
    """256 KiB; the server has not read it then."""
    async with listening.socket(api.one.key) as client:
        await client.send("ping", payload={"x": "y" * 262_144})
        assert (await closed_with(client.socket))[0] == 1009


async def test_nothing_is_answered_before_the_socket_has_begun(listening: Served) -> None:
    """A subscription closes with 4401; a ping is answered all the same."""
    async with listening.raw() as socket:
        client = SocketClient(socket)
        await client.send("ping", payload={"at": 1})
        assert await client.receive() == {"type": "pong", "payload": {"at": 1}}
        await client.subscribe(VIEWER)
        assert await closed_with(socket) == (4401, "Unauthorized")


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"authorization": 5},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Basic eA=="},
        {"authorization": "Bearer \u2603"},
    ],
)
async def test_who_says_nothing_good_about_themselves_is_closed_with_4403(
    listening: Served, payload: Any
) -> None:
    """Whatever is wrong, it is not said what."""
    async with listening.raw() as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert await closed_with(socket) == (4403, "Forbidden")


async def test_the_header_does_as_well_as_the_message(api: Api, listening: Served) -> None:
    """Programs can send one; what is in the message wins."""
    headers = {"Authorization": f"Bearer {api.one.key}"}
    async with listening.raw(additional_headers=headers) as socket:
        await socket.send('{"type": "connection_init"}')
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
    async with listening.raw(additional_headers=headers) as socket:
        await socket.send(json.dumps(opened_by("nonsense")))
        assert await closed_with(socket) == (4403, "Forbidden")


@pytest.mark.parametrize("protocol", ["graphql-ws", "chat"])
async def test_another_protocol_is_closed_with_4406(listening: Served, protocol: str) -> None:
    """The legacy protocol of Apollo's old client is another one."""
    async with listening.raw(protocol) as socket:
        assert (await closed_with(socket))[0] == 4406


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_pages_of_other_origins_open_no_socket(listening: Served, origin: str) -> None:
    """Their handshake is refused."""
    with pytest.raises(InvalidStatus) as refused:
        async with listening.raw(origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_our_own_pages_and_the_allowed_ones_open_sockets(
    api: Api, listening: Served
) -> None:
    """Our own origin is the host that is asked."""
    for origin in (listening.address, "https://app.example"):
        async with listening.raw(origin=origin) as socket:
            await socket.send(json.dumps(opened_by(api.one.key)))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}


async def test_one_id_is_used_once_at_a_time(api: Api, listening: Served) -> None:
    """While its operation runs, a second one closes; after `complete` it is free again."""
    async with listening.socket(api.one.key) as client:
        for _time in range(2):
            await client.send("subscribe", id="a", payload={"query": WATCH})
            await client.send("complete", id="a")
        await client.send("subscribe", id="a", payload={"query": VIEWER})
        assert [(await client.receive())["type"] for _each in range(2)] == ["next", "complete"]
        await client.send("subscribe", id="a", payload={"query": WATCH})
        await client.send("subscribe", id="a", payload={"query": WATCH})
        assert await closed_with(client.socket) == (4409, "Subscriber for a already exists")


async def test_twenty_operations_run_at_a_time(api: Api, listening: Served) -> None:
    """The 21st is refused by itself, and the first that ends makes room."""
    async with listening.socket(api.one.key) as client:
        keys = [await client.subscribe(WATCH) for _each in range(21)]
        refused = await client.receive()
        assert (refused["type"], refused["id"]) == ("error", keys[20])
        assert refused["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS", "max": 20}
        await client.send("complete", id=keys[0])
        answer = await client.of(await client.subscribe(VIEWER))
        assert answer["type"] == "next"


async def test_a_thousand_operations_on_one_socket(api: Api, listening: Served) -> None:
    """One after the other, each answered once, with nothing left behind."""
    async with listening.socket(api.one.key) as client:
        for _each in range(1_000):
            key = await client.subscribe("{ viewer { isOperator } }")
            answer = await client.receive()
            assert (answer["id"], answer["type"]) == (key, "next")
            assert answer["payload"]["data"] == {"viewer": {"isOperator": False}}
            assert await client.receive() == {"type": "complete", "id": key}


async def test_queries_and_mutations_are_served_under_the_same_rules(
    api: Api, listening: Served
) -> None:
    """The guard refuses, errors keep their codes, and a mutation's answer is its payload."""
    asked = {
        "{": "GRAPHQL_PARSE_FAILED",
        "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
        "{" + "".join(f"a{n}: viewer {{ label }} " for n in range(31)) + "}": (
            "QUERY_TOO_COMPLEX"
        ),
        "query A { viewer { label } } query B { viewer { label } }": (
            "OPERATION_RESOLUTION_FAILURE"
        ),
        'subscription { invoiceFinalised(after: "x") { id } }': "LIVE_CURSOR_INVALID",
        'subscription { invoiceFinalised(account: "nobody") { id } }': "NOT_FOUND",
        "subscription { a: invoiceFinalised { id } b: invoiceFinalised { id } }": (
            "GRAPHQL_VALIDATION_FAILED"
        ),
    }
    async with listening.socket(api.one.key) as client:
        for query, code in asked.items():
            answer = await client.of(await client.subscribe(query))
            assert answer["type"] == "error", query
            assert answer["payload"][0]["extensions"]["code"] == code, query
        made = await client.told(
            await client.subscribe(
                "mutation ($i: OrgUnitCreateInput!) { orgUnitCreate(input: $i) "
                "{ orgUnit { code } userErrors { code } } }",
                i={"code": "by-socket", "name": "By socket"},
            )
        )
        assert made == {"orgUnit": {"code": "by-socket"}, "userErrors": []}


async def test_who_does_not_begin_is_closed_with_4408(hasty: Served) -> None:
    """After three seconds; here a third of one. Pings are no beginning."""
    async with hasty.raw() as socket:
        await socket.send('{"type": "ping"}')
        assert (await closed_with(socket, within=2))[0] == 4408


async def test_a_silent_socket_without_operations_is_closed(api: Api, hasty: Served) -> None:
    """One that watches something stays."""
    async with hasty.socket(api.one.key) as watching, hasty.socket(api.one.key) as silent:
        await watching.subscribe(WATCH)
        assert (await closed_with(silent.socket, within=4))[0] == 1000
        await watching.send("ping")
        assert await watching.receive() == {"type": "pong"}


async def revoked(api: Api, client: KeyClient) -> None:
    """Revoke a key."""
    principal = await api.application.authenticator.authenticate(client.key)
    assert principal.key_id is not None
    async with api.transaction() as tx:
        await revoke_api_key(tx, RevokeApiKey(key_id=principal.key_id))


async def test_a_revoked_key_closes_its_sockets_though_nothing_happens(
    api: Api, hasty: Served
) -> None:
    """It is asked about twice a minute, and remembered for half of one."""
    key = await api.key_with("invoice.read")
    async with hasty.socket(key.key) as client:
        await client.subscribe(WATCH)
        await revoked(api, key)
        # The process's memory of keys that passed, which lasts for 30 seconds.
        hasty.app.state.application.authenticator._memory.clear()
        assert await closed_with(client.socket, within=2) == (4403, "Forbidden")
    assert hasty.app.state.application.live.listeners == 0


async def test_no_more_sockets_are_opened_than_the_setting_says(
    api: Api, hasty: Served
) -> None:
    """Six that watch; the seventh is refused with 503, and served when they have gone."""
    async with AsyncExitStack() as opened:
        for _each in range(6):
            client = await opened.enter_async_context(hasty.socket(api.one.key))
            await client.subscribe(WATCH)
        with pytest.raises(InvalidStatus) as refused:
            async with hasty.raw():
                pass
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["retry-after"] == "5"
    await until(lambda: hasty.app.state.live_connections.count == 0)
    async with hasty.socket(api.one.key) as client:
        await client.send("ping")
        assert await client.receive() == {"type": "pong"}


async def test_metrics_count_sockets_operations_and_results(
    api: Api, listening: Served
) -> None:
    """By transport; what was counted before stays."""

    def value(name: str) -> float:
        (line,) = [
            each
            for each in metrics().splitlines()
            if each.startswith(f'{name}{{transport="socket"}}')
        ]
        return float(line.rsplit(" ", 1)[1])

    def metrics() -> str:
        from prometheus_client import generate_latest

        connections = listening.app.state.live_connections
        return generate_latest(connections.registry).decode()

    async with listening.socket(api.one.key) as client:
        before = value("forfait_live_operations_total"), value("forfait_live_results_total")
        await client.of(await client.subscribe(VIEWER))
        assert value("forfait_live_connections") == 1
        after = value("forfait_live_operations_total"), value("forfait_live_results_total")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
