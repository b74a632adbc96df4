"""A seller who limits viewing to units: their staff, and an account of the shop's."""

from __future__ import annotations

from typing import Final

import pytest

from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.refusals.pay_tv import Seller, seller

ABSENT: Final = "01h455vb4pex5vsknk084sn02q"
OF_ACCOUNTS: Final = {
    "acc", "sub", "job", "jobline", "item", "mem", "comp", "grant", "advance", "order",
    "wallet", "walletentry", "inv", "cn", "pay", "paymeth", "credit", "coll", "refund", "team",
    "profile", "seat", "task", "ctoken", "alr",
}  # fmt: skip
"""Prefixes of ids of what hangs on an account; the fixture makes one of each."""
UNITS: Final = {"north": None, "shop": "north", "west": None, "south": None}
"""The units and those above them; none: the root. The shop lets West work on its things."""
SEEING: Final = ("north", "shop", "west", "root")
EVENT: Final = {
    "source": "x", "id": "y", "occurredAt": "2026-01-10T12:00:00+01:00",
    "event": {"email": {"recipients": 1}},
}  # fmt: skip


@pytest.fixture(scope="module")
async def staff(api: Api) -> dict[str, KeyClient]:
    """An administrator of each unit, of a seller who limits viewing to units."""
    await api.one.changed("tenantUpdate", "__typename", {"limitsViewing": True})
    found = {}
    for unit, above in UNITS.items():
        given = {"code": unit, "name": unit} | ({"parent": above} if above else {})
        await api.one.changed("orgUnitCreate", "__typename", given)
    works = {"unit": "shop", "collaborator": "west"}
    await api.one.changed("orgUnitCollaborate", "__typename", works)
    scopes = (await api.one.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
    for unit in (*UNITS, "root"):
        member = {"email": f"{unit}@x.fr", "name": unit, "orgUnit": unit, "roles": ["ADMIN"]}
        made = await api.one.changed("staffCreate", "staff { id }", member)
        key = {"name": unit, "staff": made["staff"]["id"], "scopes": scopes}
        issued = await api.one.changed("apiKeyIssue", "text", key)
        found[unit] = KeyClient(api.http, issued["text"], api.one.tenant_id)
    return found


@pytest.fixture(scope="module")
async def shop(api: Api, staff: dict[str, KeyClient]) -> Seller:
    """Everything that an account may have, on an account of the shop's."""
    made = await seller(staff["shop"])
    client, ids = made.client, made.ids
    job = {"account": "a", "type": "repair", "ref": "job-a"}
    ids["named"] = await made.make("jobCreate", "job", job)
    moved = {"account": "a", "to": "2026-02-11T00:00:00+01:00"}
    await client.changed("accountClockAdvance", "__typename", moved)
    invoices = (await client.ask("{ invoices { edges { node { id } } } }"))["invoices"]
    ids["invoice"] = invoices["edges"][0]["node"]["id"]
    assert {each.partition("_")[0] for each in ids.values()} >= OF_ACCOUNTS
    return made
