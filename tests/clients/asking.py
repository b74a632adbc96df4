"""Asking the product one operation after the other, as any program would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpx

TIMEOUT_SECONDS: Final = 30
MUTATIONS_AT_ONCE: Final = 4
"""What the product takes in one request."""


class Refused(Exception):
    """The answer has errors, or is none."""


@dataclass(slots=True)
class Asking:
    """One seller's key at one address, on connections that are kept open."""

    url: str
    key: str = field(repr=False)
    asked: int = 0
    _http: httpx.AsyncClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._http = httpx.AsyncClient(
            headers={"authorization": f"Bearer {self.key}"}, timeout=TIMEOUT_SECONDS
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def answer(self, document: str, **variables: Any) -> dict[str, Any]:
        """Return the whole answer, errors and all."""
        self.asked += 1
        response = await self._http.post(
            self.url, json={"query": document, "variables": variables}
        )
        body: dict[str, Any] = response.json()
        return body

    async def data(self, document: str, **variables: Any) -> dict[str, Any]:
        """Return the data of an answer without errors.

        Raises:
            Refused: it has errors.
        """
        body = await self.answer(document, **variables)
        if body.get("errors"):
            raise Refused(f"{body['errors'][:2]} to {document[:300]} {variables}")
        data: dict[str, Any] = body["data"]
        return data

    async def change(self, mutation: str, given: dict[str, Any], selection: str = "") -> Any:
        """Run a mutation that must not be refused; return its payload."""
        (payload,) = await self.changes(mutation, [given], selection)
        return payload

    async def changes(
        self, mutation: str, given: Sequence[dict[str, Any]], selection: str = ""
    ) -> list[Any]:
        """Run a mutation with each input, as many in one request as are allowed."""
        found: list[Any] = []
        for first in range(0, len(given), MUTATIONS_AT_ONCE):
            some = given[first : first + MUTATIONS_AT_ONCE]
            found += await self._changed(mutation, some, selection)
        return found

    async def _changed(
        self, mutation: str, given: Sequence[dict[str, Any]], selection: str
    ) -> list[Any]:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        inputs = {f"input{number}": each for number, each in enumerate(given)}
        declared = ", ".join(f"${name}: {kind}!" for name in inputs)
        fields = " ".join(
            f"of_{name}: {mutation}(input: ${name}) "
            f"{{ {selection} userErrors {{ code message path }} }}"
            for name in inputs
        )
        data = await self.data(f"mutation ({declared}) {{ {fields} }}", **inputs)
        for payload in data.values():
            if payload["userErrors"]:
                raise Refused(f"{mutation}: {payload['userErrors']}")
        return [data[f"of_{name}"] for name in inputs]
