"""Two sellers of pay-TV who have one of everything, and a good input of each mutation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.refusals.living import living, living_inputs
from tests.graphql.refusals.world import DIGEST, TALLIES, TENANT_TABLES

CATALOGUE = """
products:
  ppv: {kind: termed_service, name: PPV Movies}
  gold: {kind: termed_service, name: Gold, type: GOLD}
  film: {kind: usage_service, name: Film, type: film, meters: {channel: ott, unit: order}}
  hours: {kind: one_time_service, name: Hours}
  leaving: {kind: expense, name: Leaving early}
price_plans:
  tv:
    name: TV
    currency: EUR
    rates: {ppv: {base: 10}, gold: {base: 20}, hours: {base: 30}, leaving: {base: 60}}
  other:
    name: Other
    currency: EUR
    rates: {ppv: {base: 11}, gold: {base: 21}, hours: {base: 31}}
billing_terms:
  monthly: &monthly
    {name: Monthly, plans: [tv, other], default_plan: tv, discounts: flexible, resting: {}}
  again: {<<: *monthly, name: Again}
  prepaid: {name: Prepaid, kind: prepaid, plans: [tv], default_plan: tv}
  jobs: {name: Jobs, kind: job, plans: [tv, other], default_plan: tv, discounts: flexible}
  jobs-too: {name: Jobs too, kind: job, plans: [tv, other], default_plan: tv, bills: next_run}
job_types:
  repair: {name: Repair, estimate: 2 days, terms: jobs}
udr_types:
  film: {name: Film, devices: {values: [box]}}
usage_definitions:
  films: {name: Films, product_types: [film], providers: [Nagra Media Live]}
usage_catalogues:
  films:
    name: Films
    currency: EUR
    provider: Nagra Media Live
    termed_services: [ppv]
    services: {film: {provisioning_id: F1, base: 3}}
usage_rules:
  few: {name: Few, place: 1, max_unbilled_events: 1000}
segments:
  all: {name: All, of: subscription, when: "true"}
buy_in_advance:
  year: {name: A year, durations: [{from: 2, to: 36, unit: month}]}
discounts:
  goodwill:
    {name: Goodwill, method: ad_hoc, of: subscription, approval: root,
    range: {of: percent, from: 1, to: 50}}
  for-jobs: {name: For jobs, method: ad_hoc, of: job, percent: 10}
"""
START = "2026-01-10T12:00:00+01:00"
LATER = "2026-01-20T12:00:00+01:00"


@dataclass
class Seller:
    """A seller's key and the ids of what it has, by the name of the argument that takes it."""

    client: KeyClient
    ids: dict[str, str]

    async def make(self, mutation: str, path: str, given: dict[str, Any]) -> Any:
        """Run a mutation and return the id of what it made."""
        found: Any = await self.client.changed(mutation, f"{path} {{ id }}", given)
        return found[path]["id"]


async def seller(client: KeyClient) -> Seller:
    """Set a seller up: every kind of object that the API can make."""
    made = Seller(client, {})
    await client.changed("catalogueApply", "__typename", {"yaml": CATALOGUE})
    ids = made.ids
    ids["account"] = await made.make(
        "accountCreate",
        "account",
        {"name": "A", "ref": "a", "currency": "EUR", "testClock": START, "country": "NZ"},
    )
    for name, terms, product in (
        ("subscription", "monthly", "ppv"),
        ("resting", "monthly", "gold"),
        ("advanced", "monthly", "gold"),
        ("wallet", "prepaid", "gold"),
        ("paid", "monthly", "gold"),
    ):
        given = {"account": "a", "billingTerms": terms, "items": [{"product": product}]}
        ids[name] = await made.make(
            "subscriptionCreate", "subscription", {**given, "ref": f"{name}-s"}
        )
    await client.changed("subscriptionSuspend", "__typename", {"subscription": "resting-s"})
    await _jobs(made)
    ids["token"] = await made.make("customerTokenIssue", "token", {"account": "a"})
    watched = {"name": "Spend", "measure": "USAGE_AMOUNT", "thresholds": ["1000000"]}
    ids["alert"] = await made.make(
        "alertDefine", "alert", {**watched, "subscription": "subscription-s"}
    )
    ids["grant"] = await made.make(
        "discountGrant",
        "grant",
        {"definition": "goodwill", "subscription": "subscription-s", "percent": 5},
    )
    ids["request"] = await made.make(
        "buyInAdvanceRequest",
        "request",
        {"subscription": "advanced-s", "duration": "12 months"},
    )
    film = {"subscription": "subscription-s", "service": "film", "udrType": "film"}
    ids["order"] = await made.make("usageOrder", "order", {**film, "orderedFor": LATER})
    await client.changed(
        "walletTopUp", "__typename", {"subscription": "wallet-s", "amount": "500"}
    )
    year = {"subscription": "paid-s", "duration": "12 months", "billNow": True}
    await client.changed("buyInAdvanceRequest", "__typename", year)
    past = {"month": "2025-11-01", "alternative": {"pricePlan": "other"}}
    ids["simulation"] = await made.make("simulationStart", "simulation", past)
    await living(made)
    await _read(made)
    ids["creditNote"] = await made.make("creditNoteCreate", "creditNote", _credit(ids))
    return made


async def _jobs(made: Seller) -> None:
    job = {"account": "a", "type": "repair", "lines": [{"product": "hours"}]}
    answer = await made.client.changed("jobCreate", "job { id lines { id } }", job)
    made.ids["job"] = answer["job"]["id"]
    made.ids["line"] = answer["job"]["lines"][0]["id"]
    made.ids["started"] = await made.make("jobCreate", "job", job)
    await made.client.changed("jobStart", "__typename", {"job": made.ids["started"]})


async def _read(made: Seller) -> None:
    lists = {
        "products": "product", "pricePlans": "pricePlan", "billingTerms": "billingTerms",
        "features": "feature", "jobTypes": "type", "udrTypes": "udrType", "segments": "segment",
        "usageRules": "usageRule", "usageDefinitions": "usageDefinition",
        "usageCatalogues": "usageCatalogue", "buyInAdvanceDefinitions": "advanceDefinition",
        "discounts": "definition", "orgUnits": "approverUnit",
    }  # fmt: skip
    for field, name in lists.items():
        query = f"{{ {field}(first: 100) {{ edges {{ node {{ id code }} }} }} }}"
        found = await made.client.ask(query)
        nodes = [edge["node"] for edge in found[field]["edges"]]
        made.ids |= {f"{name}:{each['code']}": each["id"] for each in nodes}
        made.ids[name] = nodes[-1]["id"]
    wallet = """{ subscription(ref: "wallet-s") { wallet { id entries(first: 1) {
        edges { node { id } } } } } }"""
    found = (await made.client.ask(wallet))["subscription"]["wallet"]
    made.ids["purse"] = found["id"]
    read = '{ account(ref: "a") { invoices(first: 1) { edges { node { id } } } } }'
    invoices = (await made.client.ask(read))["account"]["invoices"]
    made.ids["invoice"] = invoices["edges"][0]["node"]["id"]
    made.ids["entry"] = found["entries"]["edges"][0]["node"]["id"]


def _credit(ids: dict[str, str]) -> dict[str, Any]:
    lines = [{"line": 1, "amount": "1"}]
    return {"invoice": ids["invoice"], "scope": "LINES", "lines": lines, "reason": "Sorry"}


def good_inputs(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """An input that each mutation takes, ids of the seller's own in every argument."""
    subscription, account = {"subscription": ids["subscription"]}, {"account": ids["account"]}
    return living_inputs(ids) | {
        "buyInAdvanceAmend": {"request": ids["request"], "duration": "24 months"},
        "buyInAdvanceCancel": {"request": ids["request"]},
        "buyInAdvanceRequest": {**subscription, "duration": "12 months", "note": "Sure"},
        "creditNoteCreate": _credit(ids),
        "discountAmend": {"grant": ids["grant"], "percent": "6", "note": "More"},
        "discountApprove": {"grant": ids["grant"]},
        "discountCancel": {"grant": ids["grant"]},
        "discountGrant": {
            **subscription, "definition": ids["definition:goodwill"], "percent": "7",
            "note": "Sorry", "effectiveFrom": START, "expiresAt": LATER,
        },
        "jobAmendTerms": {
            "job": ids["job"], "pricePlan": ids["pricePlan:other"],
            "billingTerms": ids["billingTerms:jobs-too"],
        },
        "jobCancel": {"job": ids["job"]},
        "jobComplete": {"job": ids["started"]},
        "jobCreate": {
            **account, "type": ids["type:repair"], "billingTerms": ids["billingTerms:jobs"],
            "pricePlan": ids["pricePlan:tv"], "classification": "vip", "ref": "new-job",
            "lines": [{"product": ids["product:hours"], "quantity": "2"}],
            "description": "A dish", "startsAt": START, "expectedAt": LATER,
            "agreementDate": "2026-01-09",
        },
        "jobLineAdd": {"job": ids["job"], "product": ids["product:hours"], "quantity": "2"},
        "jobLineChangeQuantity": {"line": ids["line"], "quantity": "3"},
        "jobLineRemove": {"line": ids["line"]},
        "jobStart": {"job": ids["job"]},
        "jobUpdate": {"job": ids["job"], "description": "A dish", "classification": "vip"},
        "subscriptionAmendTerms": {
            **subscription, "billingTerms": ids["billingTerms:again"],
            "pricePlan": ids["pricePlan:other"], "from": LATER,
        },
        "subscriptionBind": {
            **subscription, "until": "2027-01-10T00:00:00+01:00",
            "penaltyProduct": ids["product:leaving"],
        },
        "subscriptionResume": {"subscription": ids["resting"]},
        "subscriptionSuspend": {
            **subscription, "from": START, "until": LATER, "note": "Holidays",
        },
        "usageOrder": {
            **subscription, "service": ids["product:film"], "udrType": ids["udrType:film"],
            "termedService": "ppv", "method": "", "device": "box", "sourceSystem": "",
            "sourceCategory": "", "destinationCategory": "", "amount": "1",
            "orderedFor": LATER,
        },
        "usageOrderCancel": {"order": ids["order"]},
        "walletTopUp": {"subscription": ids["wallet"], "amount": "10", "reference": "cash"},
    }  # fmt: skip


def good_definitions() -> dict[str, dict[str, Any]]:
    """An input that each verb of the catalogue's new sections takes."""
    entry = {"code": "new", "name": "New"}
    return {
        "buyInAdvanceDefine": {
            **entry, "state": "INACTIVE",
            "durations": [{"start": 2, "upto": 12, "unit": "MONTH", "types": ["GOLD"]}],
        },
        "discountDefine": {
            **entry, "method": "AD_HOC", "of": "SUBSCRIPTION", "percent": "10", "level": 1,
            "validFrom": "2026-01-01", "validUntil": "2027-01-01", "lasts": "6 months",
            "times": 1, "timesPer": "year", "products": ["gold"], "when": "true",
            "approval": "root", "units": ["root"],
        },
        "featureDefine": {
            **entry, "counts": "CONSUMPTION", "beyond": "BLOCKS", "state": "ACTIVE",
            "window": "whatsapp",
        },
        "jobTypeDefine": {**entry, "estimate": "3 days", "terms": "jobs"},
        "segmentDefine": {**entry, "of": "SUBSCRIPTION", "when": "true"},
        "udrTypeDefine": {
            **entry, "unitLabel": "film", "devices": {"values": ["box"], "required": False},
        },
        "usageCatalogueDefine": {
            **entry, "currency": "EUR", "definition": "films", "provider": "Nagra Media Live",
            "termedServices": ["ppv"], "units": ["root"], "when": "true",
            "validity": [{"starts": "2026-01-01", "until": "2027-01-01"}],
            "services": [{
                "product": "film", "base": "3", "provisioningId": "F2",
                "rates": [{
                    "price": "2", "fromTime": "00:01", "toTime": "06:59",
                    "devices": ["box"], "usageFrom": "1", "usageTo": "5",
                }],
            }],
        },
        "usageDefinitionDefine": {
            **entry, "state": "INACTIVE", "productTypes": ["film"], "providers": ["Somebody"],
            "udrTypes": ["film"],
            "defaults": [{
                "productType": "film", "base": "3",
                "rates": [{"price": "2", "devices": ["box"]}],
            }],
        },
        "usageRuleDefine": {
            **entry, "place": 2, "when": "true", "maxUnbilledAmount": "10",
            "maxUnbilledEvents": 5,
        },
    }  # fmt: skip


async def digests(api: Api, *clients: KeyClient) -> dict[str, Any]:
    """Digest every row of some sellers, table by table."""
    found: dict[str, Any] = {}
    for client in clients:
        async with api.transaction(client) as tx:
            for (table,) in await tx.fetch(TENANT_TABLES):
                sql = TALLIES if table == "usage_batch" else DIGEST.replace("TABLE", table)
                found[f"{client.tenant_id} {table}"] = tuple(await tx.fetchrow(sql))
    return found
