"""What two sellers have besides pay-TV: trials, licences, people, contacts and money.

An account `p` has one of everything; the account `a` of pay-TV is another one of the seller.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from tests.graphql.api_clients import KeyClient

CATALOGUE: Final = """
features:
  mails: {name: Mails}
  contacts: {name: Contacts, counts: contacts, beyond: holds}
products:
  crm:
    kind: module
    name: CRM
    grants: [{feature: mails, amount: 100}]
    trial: {days: 30, grants: [{feature: mails, amount: 5}]}
  sales: {kind: module, name: Sales, trial: {days: 14}}
  extra: {kind: pack, name: Extra, needs: [crm]}
  seat: {kind: licence, name: Seat}
  training:
    {kind: one_time_service, name: Training, needs: [crm], fulfils: First training}
  list:
    kind: termed_service
    name: List
    grants: [{feature: contacts, amount: 1, per: unit}]
price_plans:
  office: &office
    name: Office
    currency: EUR
    family: offices
    rates: {crm: {base: 10}, sales: {base: 5}, extra: {base: 1}, seat: {base: 9},
      list: {base: 0.01}, training: {base: 5}}
  suites: {<<: *office, name: Suites}
billing_terms:
  office:
    name: Office
    plans: [office, suites]
    default_plan: office
    fixed_charges: advance
    payment: {within: 14 days, reminders: [3 days]}
"""
START = "2026-01-10T12:00:00+01:00"
SLOT: Final = "2026-02-20T10:00:00+01:00"
NEW: Final = {"account": "p", "billingTerms": "office"}


class Made(Protocol):
    """A seller that is being set up."""

    @property
    def client(self) -> KeyClient:
        """Its key."""

    @property
    def ids(self) -> dict[str, str]:
        """What it has, by name."""

    async def make(self, mutation: str, path: str, given: dict[str, Any]) -> Any:
        """Run a mutation and return the id of what it made."""


async def living(made: Made) -> None:
    """Set up the account `p` with one of everything."""
    await made.client.changed("catalogueApply", "__typename", {"yaml": CATALOGUE})
    given = {"name": "P", "ref": "p", "country": "FR", "currency": "EUR", "testClock": START}
    made.ids["person"] = await made.make("accountCreate", "account", given)
    await _people(made)
    await _subscriptions(made)
    await _licences(made)
    await _tasks(made)
    await _money(made)


async def _people(made: Made) -> None:
    ids = made.ids
    for name, account, role in (
        ("owner", "p", "OWNER"), ("member", "p", "MEMBER"),
        ("boss", "a", "OWNER"), ("stranger", "a", "MEMBER"),
    ):  # fmt: skip
        given = {"account": account, "email": f"{name}@x.fr", "name": name, "role": role}
        ids[name] = await made.make("memberAdd", "member", given)
    ids["company"] = await made.make("companyAdd", "company", {"account": "p", "name": "C"})
    rights = [{"module": "crm", "company": ids["company"]}]
    given = {"account": "p", "name": "Sellers", "rights": rights}
    ids["profile"] = await made.make("profileCreate", "profile", given)
    given = {"account": "p", "name": "Team", "members": [ids["member"]]}
    ids["team"] = await made.make("teamCreate", "team", given)
    given = {"member": ids["member"], "profiles": [ids["profile"]]}
    await made.client.changed("memberProfileSet", "__typename", given)


async def _subscriptions(made: Made) -> None:
    items = [{"product": code} for code in ("crm", "list")]
    items.append({"product": "seat", "quantity": "3"})
    given = {**NEW, "ref": "office-s", "items": items}
    made.ids["office"] = await made.make("subscriptionCreate", "subscription", given)
    trial = {**NEW, "ref": "trial-s", "items": [{"product": "crm"}]}
    made.ids["trial"] = await made.make("subscriptionTrialStart", "subscription", trial)
    tried = {"subscription": "office-s", "product": "sales", "trial": True}
    made.ids["tried"] = await made.make("subscriptionItemAdd", "item", tried)
    cancelled = {**NEW, "ref": "leaving-s", "items": [{"product": "list"}]}
    made.ids["leaving"] = await made.make("subscriptionCreate", "subscription", cancelled)
    await made.client.changed("subscriptionCancel", "__typename", {"subscription": "leaving-s"})
    read = '{ subscription(ref: "office-s") { items { id product { code } } } }'
    for item in (await made.client.ask(read))["subscription"]["items"]:
        made.ids[f"item:{item['product']['code']}"] = item["id"]
    read = '{ subscription(ref: "subscription-s") { items { id } } }'
    items = (await made.client.ask(read))["subscription"]["items"]
    made.ids["item"] = items[0]["id"]


async def _licences(made: Made) -> None:
    given = {"item": made.ids["item:seat"], "member": made.ids["owner"]}
    answer = await made.client.changed("licenceAssign", "assignments { id }", given)
    made.ids["assignment"] = answer["assignments"][0]["id"]
    used = {"account": "p", "feature": "mails", "amount": "1", "source": "x", "id": "1"}
    await made.client.changed("entitlementConsume", "__typename", used)
    one = {"email": "c@x.fr", "state": "ACTIVE", "at": START, "source": "x", "id": "1"}
    given = {"account": "p", "events": [one]}
    await made.client.changed("contactsRecord", "__typename", given)


async def _tasks(made: Made) -> None:
    """Five trainings: two open, one with a time offered, two booked."""
    names, change = ("task", "awaited", "offered", "booked", "joined"), made.client.changed
    for name in names:
        items = [{"product": code} for code in ("crm", "training")]
        await change("subscriptionCreate", "__typename", {**NEW, "ref": name, "items": items})
    read = '{ account(ref: "p") { fulfilmentTasks { edges { node { id } } } } }'
    edges = (await made.client.ask(read))["account"]["fulfilmentTasks"]["edges"]
    for name, edge in zip(names, edges, strict=True):
        made.ids[name] = edge["node"]["id"]
    for name in names[2:]:
        given = {"task": made.ids[name], "slots": [SLOT]}
        await change("taskOffer", "__typename", given)
    for name in names[3:]:
        await change("taskBook", "__typename", {"task": made.ids[name], "slot": SLOT})


async def _money(made: Made) -> None:
    moved = {"account": "p", "to": START}
    await made.client.changed("accountClockAdvance", "__typename", moved)
    read = '{ invoices(where: {subscription: "office-s"}) { edges { node { id } } } }'
    edges = (await made.client.ask(read))["invoices"]["edges"]
    made.ids["due"] = edges[0]["node"]["id"]
    for name, account in (("payment", "p"), ("deposit", "a")):
        given = {"account": account, "amount": "100", "reference": name, "invoices": []}
        made.ids[name] = await made.make("paymentRecord", "payment", given)
    for name, account in (("method", "p"), ("card", "a")):
        given = {"account": account, "gateway": "test", "kind": "CARD", "token": "declined",
                 "label": "Visa"}  # fmt: skip
        made.ids[name] = await made.make("paymentMethodAdd", "paymentMethod", given)
    read = "{ payment: node(id: ID) { ... on Payment { credit { id } } } }"
    for name, payment in (("credit", "payment"), ("foreignCredit", "deposit")):
        found = await made.client.ask(read.replace("ID", f'"{made.ids[payment]}"'))
        made.ids[name] = found["payment"]["credit"]["id"]
    given = {"credit": made.ids["credit"], "amount": "1", "reference": "R"}
    made.ids["refund"] = await made.make("refundRequest", "refund", given)
    collected = {"invoice": made.ids["due"]}
    made.ids["collection"] = await made.make("invoiceCollect", "collection", collected)
    applied = {"payment": made.ids["payment"], "invoice": made.ids["due"], "amount": "1"}
    await made.client.changed("paymentAllocate", "__typename", applied)


def living_inputs(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """An input that each mutation with a dry run takes, of the seller's own in every place."""
    account, office = {"account": ids["person"]}, {"subscription": ids["office"]}
    trial, item = {"subscription": ids["trial"]}, {"item": ids["item:seat"]}
    money = {"amount": "1", "currency": "EUR", "note": "Thanks", "receivedAt": START,
             "invoices": [ids["due"]]}  # fmt: skip
    choice = {"billingTerms": ids["billingTerms:office"], "pricePlan": ids["pricePlan:suites"]}
    new = {**account, **choice, "items": [{"product": "list", "quantity": "2"}],
           "type": "vip", "classification": "gold",
           "attributes": [{"name": "colour", "value": {"text": "red"}}]}  # fmt: skip
    grants = [{"feature": "mails", "amount": "3"}]
    return {
        "creditApply": {
            **account, "credit": ids["credit"], "invoices": [ids["due"]], "currency": "EUR",
            "amount": "1",
        },
        "invoiceCollect": {"invoice": ids["due"], "paymentMethod": ids["method"]},
        "paymentAllocate": {
            "payment": ids["payment"], "invoice": ids["due"], "amount": "1",
        },
        "paymentMethodAdd": {
            **account, "gateway": "test", "kind": "CARD", "token": "ok", "label": "Visa 4242",
            "expiresOn": "2030-01-31", "isDefault": True,
        },
        "paymentMethodRemove": {"paymentMethod": ids["method"]},
        "paymentMethodSetDefault": {"paymentMethod": ids["method"]},
        "paymentRecord": {**account, **money, "reference": "T1"},
        "paymentReport": {**account, **money, "reference": "T2", "gateway": "test"},
        "refundRequest": {
            "credit": ids["credit"], "amount": "1", "gateway": "manual", "reference": "T3",
        },
        "subscriptionCancel": office,
        "subscriptionCreate": {
            **new, "ref": "new-s", "startsAt": START, "agreementDate": "2026-01-09",
        },
        "subscriptionEnd": {**office, "credit": True},
        "subscriptionItemAdd": {
            **office, "product": ids["product:extra"], "quantity": "2",
            "module": ids["item:crm"],
        },
        "subscriptionItemChangeQuantity": {**office, **item, "quantity": "2", "when": "CREDIT"},
        "subscriptionItemEnd": {
            **office, "item": ids["item:list"], "when": "AT_ONCE",
        },
        "subscriptionItemOrder": {"item": ids["tried"], "quantity": "2"},
        "subscriptionOrder": {
            **trial, **choice, "items": [{"product": "crm", "quantity": "1"}],
            "billNow": True, "agreementDate": "2026-01-09", "paymentMethod": ids["method"],
        },
        "subscriptionPlanChange": {
            **office, **choice, "items": [{**item, "quantity": "4"}], "when": "RESET",
        },
        "subscriptionReactivate": {"subscription": ids["leaving"]},
        "subscriptionTrialExtend": {**trial, "days": 3, "grants": grants},
        "subscriptionTrialStart": {
            **new, "items": [{"product": "crm", "quantity": "1"}], "ref": "new-trial",
            "days": 3, "grants": grants, "again": True,
        },
    }  # fmt: skip


def lasting_inputs(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """An input of each mutation that has no dry run, which changes what there is."""
    account, member = {"account": ids["person"]}, {"member": ids["member"]}
    report = {"state": "ACTIVE", "at": START, "source": "x", "id": "2"}
    return {
        "contactsRecord": {**account, "events": [{"email": "d@x.fr", **report}]},
        "contactsSnapshot": {
            **account, "at": START, "source": "x", "id": "3", "isComplete": False,
            "contacts": [{"email": "e@x.fr", "state": "UNSUBSCRIBED"}],
        },
        "entitlementConsume": {
            **account, **member, "feature": "mails", "amount": "1", "source": "x", "id": "2",
        },
        "licenceAssign": {"item": ids["item:seat"], **member},
        "licenceRelease": {"assignment": ids["assignment"]},
        "memberProfileSet": {**member, "profiles": [ids["profile"]]},
        "profileCreate": {
            **account, "name": "Others",
            "rights": [{"module": ids["product:sales"], "company": ids["company"]}],
        },
        "profileUpdate": {
            "profile": ids["profile"], "name": "Buyers",
            "rights": [{"module": ids["product:crm"], "company": ids["company"]}],
        },
        "profileRemove": {"profile": ids["profile"]},
        "teamCreate": {**account, "name": "New", "members": [ids["member"]]},
        "taskBook": {"task": ids["offered"], "slot": SLOT},
        "taskCancel": {"task": ids["task"]},
        "taskDone": {"task": ids["booked"]},
        "taskLinkSend": {"task": ids["joined"], "link": "https://example.com/room"},
        "taskOffer": {"task": ids["awaited"], "slots": [SLOT]},
        "teamUpdate": {"team": ids["team"], "name": "Team B", "members": [ids["owner"]]},
        "teamRemove": {"team": ids["team"]},
    }  # fmt: skip
