"""A small client of the public API over HTTP, with nothing but the standard library."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import orjson

from core.kernel.errors import Refusal

TIMEOUT_SECONDS: Final = 60
_BLOCK: Final = 500
"""Lines that are sent at once."""


class DemoFailed(Refusal):
    """The API answered something that a demonstration cannot go on with."""

    code: ClassVar[str] = "DEMO_FAILED"


@dataclass(frozen=True, slots=True)
class DemoClient:
    """Sends operations to one address with one key, each on a connection of its own."""

    address: str
    key: str = field(repr=False)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run an operation and return its data; any error ends the demonstration."""
        body = orjson.dumps({"query": document, "variables": variables})
        answer = orjson.loads(await asyncio.to_thread(self._post, "/graphql", body))
        if answer.get("errors"):
            raise DemoFailed("; ".join(error["message"] for error in answer["errors"]))
        data: dict[str, Any] = answer["data"]
        return data

    async def change(
        self, mutation: str, given: Mapping[str, Any], selection: str
    ) -> dict[str, Any]:
        """Run a mutation and return its payload; a refusal ends the demonstration."""
        input_type = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = (
            f"mutation ($input: {input_type}!) {{ it: {mutation}(input: $input) "
            f"{{ {selection} userErrors {{ code message }} }} }}"
        )
        payload: dict[str, Any] = (await self.ask(document, input=dict(given)))["it"]
        if payload["userErrors"]:
            told = "; ".join(
                f"{one['code']}: {one['message']}" for one in payload["userErrors"]
            )
            raise DemoFailed(f"{mutation}: {told}")
        return payload

    async def upload(
        self, events: list[dict[str, Any]], *, sent: Callable[[int], None]
    ) -> dict[str, Any]:
        """Stream events as NDJSON and return the summary; `sent` hears of every block."""

        def blocks() -> Iterator[bytes]:
            for start in range(0, len(events), _BLOCK):
                block = events[start : start + _BLOCK]
                yield b"".join(orjson.dumps(event) + b"\n" for event in block)
                sent(len(block))

        path, kind = "/usage?verdicts=problems", "application/x-ndjson"
        answer = await asyncio.to_thread(self._post, path, blocks(), kind)
        *problems, last = answer.splitlines()
        summary: dict[str, Any] = orjson.loads(last)["summary"]
        if not summary["complete"] or summary["rejected"]:
            told = b"; ".join(problems[:3]).decode()
            raise DemoFailed(f"the upload was not taken whole: {summary} {told}")
        return summary

    def _post(
        self, path: str, body: bytes | Iterable[bytes], kind: str = "application/json"
    ) -> bytes:
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS
        )
        try:
            connection.request(
                "POST",
                path,
                body=body,
                headers={"authorization": f"Bearer {self.key}", "content-type": kind},
            )
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise DemoFailed(f"{path} answered {response.status}: {answer[:500].decode()}")
        return answer
