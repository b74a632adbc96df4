"""Asking the product one operation after the other, as any program would."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpx

TIMEOUT_SECONDS: Final = 30


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
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = (
            f"mutation ($input: {kind}!) {{ it: {mutation}(input: $input) "
            f"{{ {selection} userErrors {{ code message }} }} }}"
        )
        payload = (await self.data(document, input=given))["it"]
        if payload["userErrors"]:
            raise Refused(f"{mutation}: {payload['userErrors']}")
        return payload
