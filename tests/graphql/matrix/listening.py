"""Asks what can be watched, over sockets and as streams of events, and listens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson
from graphql import GraphQLObjectType, is_required_argument

from tests.graphql.customers import SCHEMA
from tests.graphql.live.clients import Served, SocketClient, event_stream, until
from tests.graphql.matrix.answers import OF_ITS_OWN, bare
from tests.graphql.matrix.asking import Asker
from tests.graphql.matrix.documents import document
from tests.graphql.matrix.slots import Slot, filled

QUIET_SECONDS: Final = 3
"""Who was not refused by then is let in, and waits for events."""
TOLD_SECONDS: Final = 20
WATCHED: Final = "SubscriptionRoot"
_KIND: Final = SCHEMA.type_map[WATCHED]
assert isinstance(_KIND, GraphQLObjectType)
ROOTS: Final = sorted(_KIND.fields)


@dataclass(kw_only=True)
class SocketAsker(Asker):
    """Asks over one socket of the caller's."""

    served: Served

    async def answers(self, slot: Slot, values: Sequence[str]) -> list[str]:
        """Return what comes first for each value; nothing, where one waits for events."""
        self.count["requests"] += len(values)
        async with self.served.socket(self.client.key) as socket:
            return [await self._frames(socket, slot, each) for each in values]

    async def _frames(self, socket: SocketClient, slot: Slot, value: str) -> str:
        text, variables = self._question(slot, value)
        operation, found = await socket.subscribe(text, **variables), []
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS):
                found.append({**await socket.of(operation), "id": ""})
        if not found or found[-1]["type"] == "next":
            await socket.send("complete", id=operation)
        return _bare(found, value)

    def _question(self, slot: Slot, value: str) -> tuple[str, dict[str, Any]]:
        given = filled(self.schema, slot, self.good_for(slot), value, self._hint)
        return document(self.schema, slot.owner, slot.field, [given])


class StreamAsker(SocketAsker):
    """Asks for streams of server-sent events."""

    async def answers(self, slot: Slot, values: Sequence[str]) -> list[str]:
        """Return the head and the events that answer each value."""
        self.count["requests"] += len(values)
        headers = {
            "authorization": f"Bearer {self.client.key}",
            "accept": "text/event-stream",
        }
        async with httpx.AsyncClient(
            base_url=self.served.address, trust_env=False, headers=headers
        ) as http:
            return [await self._events(http, slot, each) for each in values]

    async def _events(self, http: httpx.AsyncClient, slot: Slot, value: str) -> str:
        text, variables = self._question(slot, value)
        asked = {"query": text, "variables": variables}
        async with http.stream("POST", "/graphql", json=asked) as response:
            head = {k: v for k, v in response.headers.items() if k not in OF_ITS_OWN}
            found: list[Any] = [response.status_code, head]
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):
                    async for line in response.aiter_lines():
                        found.append(line)  # noqa: PERF401 - kept when it is cut off
        return _bare(found, value)


def _bare(found: list[Any], value: str) -> str:
    for each in found:
        for error in each.get("payload", ()) if isinstance(each, dict) else ():
            if isinstance(error, dict):
                error.pop("locations", None)
    return bare(orjson.dumps(found).decode(), value)


@dataclass
class Ears:
    """One caller who listens to all that can be watched; what was told, by the root."""

    heard: dict[str, list[str]] = field(default_factory=lambda: {each: [] for each in ROOTS})

    @property
    def all(self) -> str:
        """All that was told, as one text."""
        return "\n".join(each for told in self.heard.values() for each in told)

    async def are_told(self, told: Mapping[str, str]) -> None:
        """Wait until an id was told by each root that is named."""
        with suppress(TimeoutError):
            await until(lambda: self._lack(told) == {}, within=TOLD_SECONDS)
        assert self._lack(told) == {}, self.heard

    def _lack(self, told: Mapping[str, str]) -> dict[str, str]:
        return {
            root: each
            for root, each in told.items()
            if not any(each in text for text in self.heard[root])
        }

    def know(self, ids: Iterable[str]) -> set[str]:
        """Return those of some ids that they were told of."""
        everything = self.all
        return {each for each in ids if each in everything}


def watching(root: str, ids: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return what watches a root as widely as it may be; what it demands is one's own."""
    field = _KIND.fields[root]
    given = {
        name: ids[OWN.get(name, name)]
        for name, each in field.args.items()
        if is_required_argument(each)
    }
    return document(SCHEMA, WATCHED, root, [given], depth=1)


OWN: Final = {"subscription": "mails"}
"""Which of one's own is watched, where it has not the argument's name."""


@asynccontextmanager
async def over_a_socket(
    served: Served, key: str, ids: Mapping[str, str]
) -> AsyncIterator[Ears]:
    """Listen to every root over one socket."""
    ears = Ears()
    async with served.socket(key) as socket:
        roots = {await socket.subscribe(text, **given): root
                 for root in ROOTS for text, given in [watching(root, ids)]}  # fmt: skip

        async def listening() -> None:
            async for frame in socket.socket:
                told = orjson.loads(frame)
                ears.heard[roots[told["id"]]].append(str(frame))

        async with _meanwhile(listening()):
            yield ears


@asynccontextmanager
async def by_streams(served: Served, key: str, ids: Mapping[str, str]) -> AsyncIterator[Ears]:
    """Listen to every root by a stream of events each."""
    ears = Ears()

    async def listening(root: str) -> None:
        text, given = watching(root, ids)
        async with event_stream(
            served, key, text, variables=given, silent_seconds=None
        ) as stream:
            async for line in stream.response.aiter_lines():
                if line.startswith("data: {"):
                    ears.heard[root].append(line)

    async with AsyncExitStack() as stack:
        for root in ROOTS:
            await stack.enter_async_context(_meanwhile(listening(root)))
        yield ears


@asynccontextmanager
async def _meanwhile(doing: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(doing)
    try:
        yield
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
