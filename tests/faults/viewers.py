"""A third seller, of films: its viewers order, top wallets up and have jobs done under faults.

Every request has an idempotency key and a line in the client's ledger before it is sent, and
its answer after it. What got no answer is sent again with the same key.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx

from core.accounts.create_account import CreateAccount, create_account
from core.bootstrap import installed_by
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.kernel.clock import SystemClock
from core.plugin_host import PluginHost
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.create_tenant import CreateTenant, create_tenant
from tests.faults.clients import ANSWER_SECONDS, PAUSE_SECONDS
from tests.faults.seller import PEPPER
from tests.faults.television import CATALOGUE

AT_MOST: Final = 2
"""Films that may be unbilled on the terms `two`."""
TERMS: Final = ("two", "two", "two", "prepaid", "prepaid")
TOP_UP: Final = 5
MOST_AGAIN: Final = 40

_ORDER: Final = """
mutation ($input: UsageOrderInput!) {
  usageOrder(input: $input) { order { id } userErrors { code } }
}
"""
_TOP_UP: Final = """
mutation ($input: WalletTopUpInput!) {
  walletTopUp(input: $input) { wallet { id } userErrors { code } }
}
"""
_CREATE: Final = """
mutation ($input: JobCreateInput!) {
  jobCreate(input: $input) { job { id } userErrors { code } }
}
"""
_COMPLETE: Final = """
mutation ($input: JobCompleteInput!) {
  jobComplete(input: $input) { job { id } userErrors { code } }
}
"""
VERBS: Final[Mapping[str, tuple[str, str]]] = {
    "usageOrder": (_ORDER, "order"),
    "walletTopUp": (_TOP_UP, "wallet"),
    "jobCreate": (_CREATE, "job"),
    "jobComplete": (_COMPLETE, "job"),
}


@dataclass(slots=True)
class FilmSeller:
    """The tenant, its key, and the terms of its subscriptions by their refs."""

    tenant_id: UUID
    key: str = field(repr=False)
    terms: dict[str, str] = field(default_factory=dict)


async def open_film_seller(url: str) -> FilmSeller:
    """Make the seller; three viewers pay by interim invoices, two from their wallets."""
    db = Database(url, role="worker", pool_size=1)
    command = CreateTenant("films", "Films", "EUR", "UTC", "FR")
    try:
        async with db.transaction(None, actor="operator") as tx:
            created = await create_tenant(tx, command, pepper=PEPPER.encode())
            catalogue = load_catalogue(CATALOGUE)
            await apply_catalogue(tx, catalogue, installed=installed_by(PluginHost()))
        seller = FilmSeller(created.tenant.id, created.admin_key.text)
        async with db.transaction(seller.tenant_id, actor="operator") as tx:
            for number, terms in enumerate(TERMS):
                seller.terms[await _viewer(tx, number, terms)] = terms
    finally:
        await db.close()
    return seller


async def _viewer(tx: Tx, number: int, terms: str) -> str:
    ref = f"v{number}"
    account = await create_account(tx, CreateAccount(name=f"Viewer {number}", ref=ref))
    items = [NewItem("gold", Decimal(1))]
    await subscribe(
        tx, Subscribe(account=account.id, billing_terms=terms, items=items, ref=ref)
    )
    return ref


@dataclass(slots=True)
class Asked:
    """One request as it is in the ledger: its verb, arguments and key, and its answer."""

    verb: str
    given: dict[str, Any]
    id: str | None = None
    errors: list[str] | None = None

    @property
    def key(self) -> str:
        """The idempotency key."""
        return str(self.given["idempotencyKey"])


@dataclass(slots=True)
class Viewer:
    """The client of the seller, with a ledger of its own."""

    seller: FilmSeller
    address: str
    path: Path
    seed: int
    troubles: Counter[str] = field(default_factory=Counter)
    asked: dict[str, Asked] = field(default_factory=dict)
    _again: list[Asked] = field(default_factory=list)

    async def work(self, stopping: asyncio.Event, *, until: asyncio.Event) -> None:
        """Ask until `stopping`, then only what is owed an answer, until there is none."""
        chance = random.Random(f"{self.seed}/viewer")
        headers = {"authorization": f"Bearer {self.seller.key}"}
        with self.path.open("a", encoding="utf-8") as ledger:
            async with httpx.AsyncClient(
                base_url=self.address, headers=headers, timeout=ANSWER_SECONDS, trust_env=False
            ) as http:
                while not until.is_set() and (self._again or not stopping.is_set()):
                    again = self._again and (stopping.is_set() or chance.random() < 0.5)
                    one = self._again.pop(0) if again else self._one(chance)
                    await self._ask(http, one, ledger)
                    await asyncio.sleep(PAUSE_SECONDS / 3)

    def _one(self, chance: random.Random) -> Asked:
        number = len(self.asked)
        viewer = chance.choice(sorted(self.seller.terms))
        given: dict[str, Any] = {"idempotencyKey": f"k{number}"}
        wanted = chance.random()
        if wanted < 0.1:
            given |= {"account": viewer, "type": "installation"}
            given["lines"] = [{"product": "antenna"}]
            return self._noted("jobCreate", given)
        given["subscription"] = viewer
        if wanted < 0.3 and self.seller.terms[viewer] == "prepaid":
            return self._noted("walletTopUp", given | {"amount": str(TOP_UP)})
        given |= {"service": "film", "udrType": "film"}
        if wanted < 0.5:
            soon = SystemClock().now() + timedelta(seconds=chance.randint(1, 3))
            given["orderedFor"] = soon.isoformat()
        return self._noted("usageOrder", given)

    def _noted(self, verb: str, given: dict[str, Any]) -> Asked:
        one = Asked(verb, given)
        self.asked[one.key] = one
        return one

    async def _ask(self, http: httpx.AsyncClient, one: Asked, ledger: Any) -> None:
        ledger.write(json.dumps({"verb": one.verb, "given": one.given}) + "\n")
        ledger.flush()
        os.fsync(ledger.fileno())
        query, name = VERBS[one.verb]
        try:
            answer = await http.post(
                "/graphql", json={"query": query, "variables": {"input": one.given}}
            )
            answer.raise_for_status()
            told = answer.json()["data"][one.verb]
            one.errors = [error["code"] for error in told["userErrors"]]
            one.id = told[name]["id"] if told[name] else None
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as trouble:
            self.troubles[f"{type(trouble).__name__} {trouble}"[:120]] += 1
            if len(self._again) < MOST_AGAIN:
                self._again.append(one)
            with suppress(httpx.HTTPError):
                await http.get("/live", timeout=2)
            return
        ledger.write(json.dumps({"key": one.key, "id": one.id, "errors": one.errors}) + "\n")
        if one.verb == "jobCreate" and one.id is not None:
            given = {"idempotencyKey": f"{one.key}-done", "job": one.id}
            self._again.append(self._noted("jobComplete", given))
