"""Two sellers, one of whom errs: what is sent, what is told, and what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from api.features.invoices.types import INVOICE_ID
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.billing.selling import (
    FEBRUARY,
    RECORD,
    SIMPLE,
    Customer,
    MovableClock,
    Selling,
)

NOW = datetime(2026, 2, 10, 11, tzinfo=UTC)  # noon in Paris
LATELY = "2026-02-09T12:00:00+01:00"
DOSES = """
  doses: {kind: usage_service, name: Doses, meters: {channel: poison, unit: poison}}
  trip: {kind: expense, name: Travel}
"""
CATALOGUE = SIMPLE.replace("gauges:\n", DOSES.lstrip("\n") + "gauges:\n").replace(
    "      text: {base: 0.06}\n",
    "      text: {base: 0.06}\n      doses: {base: 1}\n      trip: {base: 10}\n",
)
TENANT_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relforcerowsecurity
  AND NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1
"""
DIGEST = """
SELECT count(*), md5(string_agg(row, ';' ORDER BY row))
FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM TABLE t) rows
"""
"""Every row, but for when a key was used last, which asking itself changes."""
TALLIES = "SELECT sum(accepted), sum(free), sum(duplicate) FROM usage_batch"


@dataclass(frozen=True)
class Told:
    """One error as a client sees it: code, message, and where it leads."""

    code: str
    message: str
    path: str = ""
    line: int | None = None


@dataclass
class World:
    """A seller with a customer, one whose subscription has ended, and another seller's."""

    selling: Selling
    mine: Customer
    ended: Customer
    theirs: Customer
    item: str
    invoice: str

    @property
    def one(self) -> KeyClient:
        """The key of the seller who errs."""
        return self.selling.api.one

    async def stored(self) -> dict[str, Any]:
        """Count and digest every row of both sellers, table by table.

        What was refused is counted, for the reconciliation: of `usage_batch` only what is
        not about refusals must stay.
        """
        found: dict[str, Any] = {}
        for client in (self.selling.api.one, self.selling.api.other):
            async with self.selling.api.transaction(client) as tx:
                for (table,) in await tx.fetch(TENANT_TABLES):
                    sql = TALLIES if table == "usage_batch" else DIGEST.replace("TABLE", table)
                    found[f"{client.tenant_id} {table}"] = tuple(await tx.fetchrow(sql))
        assert len(found) > 60
        return found

    async def mutate(self, mutation: str, given: dict[str, Any], extra: str = "") -> list[Told]:
        """Run a mutation; its errors, in the payload or at the top."""
        name = f"{mutation[0].upper()}{mutation[1:]}"
        document = (
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ userErrors {{"
            f" code message path {extra} }} }} }}"
        )
        answer = (await self.one.post(document, {"input": given})).json()
        if "errors" in answer:
            return top_level(answer)
        return [
            Told(each["code"], each["message"], ".".join(each["path"]), each.get("line"))
            for each in answer["data"][mutation]["userErrors"]
        ]

    async def catalogue(self, yaml: str) -> list[Told]:
        """Apply a catalogue; the codes are those of the catalogue's reference."""
        extra = "... on CatalogueApplyError { problem line }"
        document = (
            "mutation ($input: CatalogueApplyInput!) { catalogueApply(input: $input)"
            f" {{ userErrors {{ code message path {extra} }} }} }}"
        )
        answer = await self.one.ask(document, input={"yaml": yaml})
        errors = answer["catalogueApply"]["userErrors"]
        assert {each["code"] for each in errors} <= {"CATALOGUE_INVALID"}
        return [
            Told(each["problem"], each["message"], ".".join(each["path"]), each["line"])
            for each in errors
        ]

    def event(self, **changes: Any) -> dict[str, Any]:
        """A sound event of the seller's customer."""
        return self.selling.mail(self.mine.ref, occurredAt=LATELY) | changes

    def line(self, **changes: Any) -> bytes:
        """That event as a line of an upload."""
        return orjson.dumps(self.event(**changes)) + b"\n"

    async def record(self, **changes: Any) -> list[Told]:
        """Record one event by the mutation; what its verdict or the request says."""
        answer = (await self.one.post(RECORD, {"events": [self.event(**changes)]})).json()
        if "errors" in answer:
            return top_level(answer)
        return [
            Told(each["reason"], each["message"], ".".join(each["path"]))
            for each in answer["data"]["usageRecord"]["verdicts"]
            if each["reason"]
        ]

    async def upload(self, line: bytes) -> list[Told]:
        """Send one line in bulk; what its verdict says."""
        answer = await self.one.http.post(
            "/usage",
            content=line,
            headers={
                "content-type": "application/x-ndjson",
                "authorization": f"Bearer {self.one.key}",
            },
        )
        assert answer.status_code == 200
        *verdicts, summary = map(orjson.loads, answer.content.splitlines())
        assert summary["summary"]["accepted"] == 0
        return [
            Told(each["reason"], each["message"], ".".join(each.get("path", [])), each["line"])
            for each in verdicts
        ]


def top_level(answer: dict[str, Any]) -> list[Told]:
    """Return the errors of the request itself."""
    return [Told(each["extensions"]["code"], each["message"]) for each in answer["errors"]]


async def two_sellers(api: Api, clock: MovableClock) -> World:
    """Two sellers with invoices of January; one customer's subscription ended with it."""
    selling = Selling(api, clock)
    everything = (("mail", "1"), ("doses", "1"), ("seats", "2"))
    for client in (api.one, api.other):
        await selling.apply(CATALOGUE, client=client)
    mine = await selling.customer(*everything, ref="mine")
    ended = await selling.customer(*everything, ref="ended")
    theirs = await selling.customer(*everything, ref="theirs", client=api.other)
    await api.one.changed(
        "subscriptionCancel", "subscription { state }", {"subscription": "ended-s"}
    )
    for client in (api.one, api.other):
        await selling.close(FEBRUARY, client=client)
    query = "{ subscriptions { edges { node { ref items { id product { code } } } } } }"
    edges = (await api.one.ask(query))["subscriptions"]["edges"]
    (items,) = [each["node"]["items"] for each in edges if each["node"]["ref"] == "mine-s"]
    (seats,) = [each["id"] for each in items if each["product"]["code"] == "seats"]
    async with api.transaction(api.other) as tx:
        invoice = INVOICE_ID.encode(await tx.fetchval("SELECT id FROM invoice"))
    selling.clock.at = NOW
    stored = selling.mail(mine.ref, 2, id="stored", occurredAt=LATELY)
    assert await selling.outcomes(stored) == ["ACCEPTED"]
    return World(selling, mine, ended, theirs, seats, invoice)
