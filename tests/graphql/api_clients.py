"""Clients of the whole application: real PostgreSQL, real keys, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import event
from starlette.applications import Starlette

from api.graphql.negotiation import GRAPHQL_RESPONSE
from core.bootstrap import Application
from core.db import Tx
from core.tenancy.capabilities import OF_A_TENANT
from core.tenancy.issue_api_key import IssueApiKey, issue_api_key


@dataclass
class KeyClient:
    """Posts operations with one API key; `tenant_id` is None for the operator's."""

    http: httpx.AsyncClient
    key: str = field(repr=False)
    tenant_id: UUID | None = None

    async def post(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send one operation and return the raw answer."""
        return await self.http.post(
            "/graphql",
            json={"query": query, "variables": dict(variables or {})},
            headers={
                "accept": GRAPHQL_RESPONSE,
                "authorization": f"Bearer {self.key}",
                **headers,
            },
        )

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation and return its data; any top-level error fails the test."""
        answer = (await self.post(query, variables)).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def refused(self, query: str, **variables: Any) -> list[str]:
        """Send one operation that must fail, and return the codes of its errors."""
        answer = (await self.post(query, variables)).json()
        assert answer.get("errors"), answer
        return [error["extensions"]["code"] for error in answer["errors"]]

    async def change(
        self, mutation: str, selection: str, given: Mapping[str, Any], /
    ) -> dict[str, Any]:
        """Run one mutation by its name and return its payload, `userErrors` included."""
        input_type = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = (
            f"mutation ($input: {input_type}!) {{ {mutation}(input: $input) "
            f"{{ {selection} userErrors {{ code message path }} }} }}"
        )
        return (await self.ask(document, input=dict(given)))[mutation]

    async def changed(
        self, mutation: str, selection: str, given: Mapping[str, Any], /
    ) -> dict[str, Any]:
        """Run one mutation that must succeed and return its payload."""
        payload = await self.change(mutation, selection, given)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def codes(self, mutation: str, given: Mapping[str, Any], /) -> list[tuple[str, str]]:
        """Run one mutation that must be refused; return codes and dotted paths."""
        payload = await self.change(mutation, "__typename", given)
        return [(error["code"], ".".join(error["path"])) for error in payload["userErrors"]]


@dataclass
class Api:
    """An application with two sellers: `one` and `other` are their administrators' keys."""

    application: Application
    app: Starlette
    http: httpx.AsyncClient
    one: KeyClient
    other: KeyClient
    operator: KeyClient

    async def key_with(
        self, *scopes: str, client: KeyClient | None = None, staff_id: UUID | None = None
    ) -> KeyClient:
        """Issue a key of a seller (the first one) with these scopes only."""
        seller = client or self.one
        async with self.transaction(seller) as tx:
            issued = await issue_api_key(
                tx,
                IssueApiKey(name="narrow", scopes=scopes, staff_id=staff_id),
                held=OF_A_TENANT,
                pepper=self.application.pepper,
            )
        return KeyClient(self.http, issued.text, seller.tenant_id)

    def transaction(self, client: KeyClient | None = None) -> Any:
        """Open a transaction of a seller (the first one), to look behind the API."""
        return self.application.transaction((client or self.one).tenant_id, actor="test")

    async def rows(self, *tables: str, client: KeyClient | None = None) -> dict[str, int]:
        """Count a seller's rows of some tables, to show that nothing was written."""
        async with self.transaction(client) as tx:
            return {table: await _count(tx, table) for table in tables}

    @contextmanager
    def statements(self) -> Any:
        """Collect the SQL that the application runs inside the block."""
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
            seen.append(sql)

        engine = self.application.database.engine.sync_engine
        with _driver_statements(seen):
            event.listen(engine, "before_cursor_execute", note)
            try:
                yield seen
            finally:
                event.remove(engine, "before_cursor_execute", note)


async def _count(tx: Tx, table: str) -> int:
    count: int = await tx.fetchval(f"SELECT count(*) FROM {table}")
    return count


@contextmanager
def _driver_statements(seen: list[str]) -> Any:
    """Note what goes to the driver directly, past SQLAlchemy's events."""
    originals: dict[str, Callable[..., Any]] = {
        name: getattr(Tx, name) for name in ("fetch", "fetchrow", "fetchval", "execute")
    }

    def noting(original: Callable[..., Any]) -> Callable[..., Any]:
        async def run(self: Tx, sql: str, *args: Any) -> Any:
            seen.append(sql)
            return await original(self, sql, *args)

        return run

    for name, original in originals.items():
        setattr(Tx, name, noting(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(Tx, name, original)
