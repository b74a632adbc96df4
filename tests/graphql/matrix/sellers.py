"""Two sellers, of whom one has two units and customers: each has one of everything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.customers import customer
from tests.graphql.refusals.pay_tv import Seller, seller

ABSENT: Final = "01h455vb4pex5vsknk084sn02q"
NOBODY: Final = "nobody"
"""A name that nothing has; those of the shop, of South and of the other are as long, and are
unlike the names that all have: "did you mean" would tell them apart without a leak."""
SHOP, SOUTH, THEIRS = "ashops", "souths", "quokka"
COMMON: Final = "common"
"""What the shop and South sell alike has this code; what the other sells has its mark."""
_REFS: Final = (
    "p", "resting-s", "advanced-s", "wallet-s", "paid-s", "office-s", "trial-s", "leaving-s",
    "task", "awaited", "offered", "booked", "joined", "payment", "deposit",
    "mails-s",
)  # fmt: skip
_SAID: Final = frozenset({"label", "name", "note", "reason"})
"""What people are called and what is noted about them; what they write to is their own too."""
SENT: Final = "2026-01-10T12:00:00+01:00"
NUMBER: Final = "+33155550000"
_MAIN: Final = ("a", "subscription-s")
_UNPRICED: Final = """
UPDATE job_line SET product_id =
  (SELECT id FROM product WHERE tenant_id = $1 AND code = 'film')
WHERE tenant_id = $1 AND job_id = (SELECT id FROM job WHERE tenant_id = $1 AND ref = $2)
"""
EXTRAS: Final = """
products:
  {mark}: {{kind: usage_service, name: Mail {mark}, meters: {{channel: email, unit: email}}}}
price_plans:
  {mark}: {{name: Plan {mark}, currency: EUR, rates: {{{mark}: {{base: 1}}}}}}
billing_terms:
  {mark}: {{name: Terms {mark}, plans: [{mark}], default_plan: {mark}}}
gauges:
  {mark}: {{name: Gauge {mark}}}
features:
  {mark}: {{name: Feature {mark}}}
segments:
  {mark}: {{name: Segment {mark}, of: account, when: "true"}}
udr_types:
  {mark}: {{name: Type {mark}}}
job_types:
  {mark}: {{name: Job {mark}, estimate: 2 days, terms: jobs}}
discounts:
  {mark}: {{name: Discount {mark}, method: ad_hoc, of: subscription, percent: 1}}
rate_tables:
  {mark}: {{name: Table {mark}, dimension: day, default: 1, rows: {{mon: 2}}}}
"""


@dataclass
class NamedClient(KeyClient):
    """A client whose accounts, subscriptions, people and notes have names of its own."""

    mark: str = ""

    async def post(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send one operation, with the names that this seller uses."""
        text = re.sub(r'"([a-z-]+)"', lambda found: f'"{self._name(found[1])}"', query)
        return await super().post(text, self._named(dict(variables or {})), **headers)

    def _named(self, value: Any) -> Any:
        if isinstance(value, dict):
            said = set() if "value" in value else _SAID  # an attribute keeps its name
            return {
                name: f"{each} of {self.mark}" if name in said else self._named(each)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._named(each) for each in value]
        return self._name(value) if isinstance(value, str) else value

    def _name(self, text: str) -> str:
        if text in _MAIN:
            return self.mark
        if text.endswith("@x.fr"):
            return f"{self.mark}.{text}"
        return f"{text}-{self.mark}" if text in _REFS else text


@dataclass
class Worlds:
    """Who asks, and what each has."""

    api: Api
    shop: Seller
    south: Seller
    theirs: Seller
    buyer: KeyClient
    """The customer of the shop's account `p`."""


async def worlds(api: Api) -> Worlds:
    """Set both sellers up: the first has a shop and, unseen by it, the South."""
    staff = await _units(api)
    shop = await _everything(api, staff["shop"], SHOP)
    south = await _everything(api, staff["south"], SOUTH)
    theirs = await _everything(api, api.other, THEIRS)
    for client, made in ((api.one, shop), (api.other, theirs)):
        await _of_the_seller(client, made)
    return Worlds(api, shop, south, theirs, await customer(api, shop.ids["person"]))


async def _units(api: Api) -> dict[str, KeyClient]:
    await api.one.changed("tenantUpdate", "__typename", {"limitsViewing": True})
    scopes = (await api.one.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
    found = {}
    for unit in ("shop", "south"):
        await api.one.changed("orgUnitCreate", "__typename", {"code": unit, "name": unit})
        member = {"email": f"{unit}@x.fr", "name": f"Staff of {unit}", "orgUnit": unit,
                  "roles": ["ADMIN"]}  # fmt: skip
        made = await api.one.changed("staffCreate", "staff { id }", member)
        key = {"name": unit, "staff": made["staff"]["id"], "scopes": scopes}
        issued = await api.one.changed("apiKeyIssue", "text", key)
        found[unit] = KeyClient(api.http, issued["text"], api.one.tenant_id)
    return found


async def _everything(api: Api, client: KeyClient, mark: str) -> Seller:
    named = NamedClient(api.http, client.key, client.tenant_id, mark)
    made = await seller(named)
    code = THEIRS if mark == THEIRS else COMMON
    if mark != SOUTH:  # the shop's catalogue is South's too
        text = EXTRAS.format(mark=code)
        await named.changed("catalogueApply", "__typename", {"yaml": text})
    job = {"account": mark, "type": "repair", "ref": mark}
    made.ids["named"] = await made.make("jobCreate", "job", job)
    moved = {"account": "a", "to": "2026-02-11T00:00:00+01:00"}
    await named.changed("accountClockAdvance", "__typename", moved)
    query = '{ account(ref: "a") { invoices { edges { node { id } } } } }'
    edges = (await named.ask(query))["account"]["invoices"]["edges"]
    made.ids["later"] = edges[-1]["node"]["id"]
    await _usage_and_alerts(named, made, code)
    await _parked(api, named, made)
    return made


async def _parked(api: Api, named: NamedClient, made: Seller) -> None:
    """A job that cannot be billed: its plan has lost the price of what was done."""
    line = {"product": "hours"}
    job = {"account": "a", "type": "repair", "lines": [line], "ref": f"parked-{named.mark}"}
    made.ids["parkedJob"] = await made.make("jobCreate", "job", job)
    async with api.transaction(named) as tx:
        await tx.execute(_UNPRICED, tx.tenant_id, job["ref"])
    told = "job { parking { code } }"
    done = await named.changed("jobComplete", told, {"job": made.ids["parkedJob"]})
    assert done["job"]["parking"] == {"code": "RATE_MISSING"}


async def _usage_and_alerts(named: KeyClient, made: Seller, code: str) -> None:
    """A discount of a job, e-mails and a message that were sent, and an alert that was told."""
    ids = made.ids
    given = {"definition": "for-jobs", "job": ids["job"]}
    ids["jobGrant"] = await made.make("discountGrant", "grant", given)
    items = [{"product": code, "quantity": "1"}]
    mails = {"account": "p", "billingTerms": code, "items": items, "ref": "mails-s"}
    ids["mails"] = await made.make("subscriptionCreate", "subscription", mails)
    sent = {"account": "p", "source": "x", "id": "y", "occurredAt": SENT,
            "event": {"email": {"recipients": 100}}}  # fmt: skip
    message = {"direction": "IN", "businessNumber": NUMBER, "customer": "+33612345678"}
    events = [sent, {**sent, "id": "w", "event": {"whatsapp": message}}]
    answer = await named.changed("usageRecord", "verdicts { reason }", {"events": events})
    assert answer["verdicts"] == [{"reason": None}] * 2, answer
    alert = {"name": "Owed", "measure": "USAGE_AMOUNT", "thresholds": ["1"]}
    alert |= {"subscription": ids["mails"]}
    ids["told"] = await made.make("alertDefine", "alert", alert)
    # An account with a clock of its own is looked at when that is moved.
    moved = {"account": "p", "to": "2026-01-10T12:01:00+01:00"}
    await named.changed("accountClockAdvance", "__typename", moved)
    asked = "query ($a: ID!) { alertEvents(where: {alert: $a}) { edges { node { id } } } }"
    edges = (await named.ask(asked, a=ids["told"]))["alertEvents"]["edges"]
    ids["alertEvent"] = edges[0]["node"]["id"]
    for field in ("rateTables", "gauges", "billingTerms"):
        found = await named.ask(f"{{ {field} {{ edges {{ node {{ id code }} }} }} }}")
        nodes = [edge["node"] for edge in found[field]["edges"]]
        ids[field] = next(node["id"] for node in nodes if node["code"] == code)


async def _of_the_seller(client: KeyClient, made: Seller) -> None:
    """What hangs on no account: people, keys, providers and simulations."""
    own = Seller(client, made.ids)
    person = {"email": "new@x.fr", "name": "New", "roles": ["VIEWER"]}
    made.ids["staff"] = await own.make("staffCreate", "staff", person)
    issued = await client.changed(
        "apiKeyIssue", "apiKey { id }", {"name": "k", "scopes": ["account.read"]}
    )
    made.ids["apiKey"] = issued["apiKey"]["id"]
    linked = {"issuer": "https://id.example", "audience": f"client-{client.tenant_id}",
              "bindsByEmail": False}  # fmt: skip
    made.ids["provider"] = await own.make("identityProviderLink", "provider", linked)
    bound = {"provider": made.ids["provider"], "staff": made.ids["staff"], "subject": "s"}
    made.ids["identity"] = await own.make("staffIdentityBind", "identity", bound)
    given = {"month": "2026-01-01", "alternative": {"pricePlan": made.ids["pricePlan:other"]}}
    if "simulation" not in made.ids:
        made.ids["simulation"] = await own.make("simulationStart", "simulation", given)
    made.ids["run"] = await closing(client, "due")


async def closing(client: KeyClient, ref: str) -> str:
    """Start closing the month of somebody new, who lives by everybody's clock."""
    due = {"name": "Due", "ref": ref, "currency": "EUR"}
    await client.changed("accountCreate", "__typename", due)
    begun = datetime.now(UTC) - timedelta(days=40)
    given = {"account": ref, "billingTerms": "monthly", "items": [{"product": "gold"}]}
    given |= {"startsAt": begun.isoformat()}
    await client.changed("subscriptionCreate", "__typename", given)
    answer = await client.ask("mutation { closeStart { run { id } } }")
    run: str = answer["closeStart"]["run"]["id"]
    return run
