"""A seller that has some of everything, so that every connection of the schema has rows.

The demonstration's sellers are what sellers are: none of them has nine teams, nine jobs and
nine refunds. This one has, by the public API alone, and all in one account on a test clock.
"""

from __future__ import annotations

from typing import Any

from tests.clients.asking import Asking
from tests.clients.background import ask_for_background, set_alerts, wait_for_background
from tests.clients.filled import ACCOUNT, CATALOGUE, NEXT_MONTH, SOME, START


async def fill(asking: Asking) -> None:
    """Give the seller its catalogue and staff, and one account that has everything."""
    await asking.change("catalogueApply", {"yaml": CATALOGUE})
    await _seller(asking)
    account = {"name": "Everything", "ref": ACCOUNT, "testClock": START, "country": "FR"}
    await asking.change("accountCreate", account)
    members = await _belongings(asking)
    await _contracts(asking, members)
    await _jobs(asking)
    await set_alerts(asking)
    await asking.change("accountClockAdvance", {"account": ACCOUNT, "to": NEXT_MONTH})
    await ask_for_background(asking)
    await _money(asking)
    await wait_for_background(asking)


async def _seller(asking: Asking) -> None:
    """Add units, staff, and keys."""
    units = [{"code": f"unit-{number}", "name": f"Unit {number}"} for number in range(SOME)]
    await asking.changes("orgUnitCreate", units)
    staff = [
        {"email": f"staff-{number}@example.com", "name": f"Staff {number}", "roles": ["VIEWER"]}
        for number in range(SOME)
    ]
    await asking.changes("staffCreate", staff)
    keys = [{"name": f"Key {number}", "scopes": ["account.read"]} for number in range(SOME)]
    await asking.changes("apiKeyIssue", keys)


async def _belongings(asking: Asking) -> list[str]:
    """Add companies, members, profiles, teams and means of payment; return the members' ids."""
    own = [{"account": ACCOUNT, "name": f"Number {number}"} for number in range(SOME)]
    await asking.changes("companyAdd", own)
    people = [
        {
            **one,
            "email": f"member-{number}@example.com",
            "role": "MEMBER" if number else "OWNER",
        }
        for number, one in enumerate(own)
    ]
    made = await asking.changes("memberAdd", people, "member { id }")
    members = [each["member"]["id"] for each in made]
    await asking.changes(
        "profileCreate", [{**one, "rights": [{"module": "sales"}]} for one in own]
    )
    await asking.changes("teamCreate", [{**one, "members": members} for one in own])
    card = {"account": ACCOUNT, "kind": "CARD", "gateway": "test", "token": "ok"}
    cards = [{**card, "label": f"Card {number}"} for number in range(SOME)]
    await asking.changes("paymentMethodAdd", cards)
    return members


def _contract(ref: str, *items: dict[str, Any], **more: str) -> dict[str, Any]:
    given = {"account": ACCOUNT, "ref": ref, "billingTerms": "monthly", "items": list(items)}
    return {**given, **more}


async def _contracts(asking: Asking, members: list[str]) -> None:
    """Subscribe: to what is licensed and discounted, to films, from a wallet, and trainings."""
    numbers = range(SOME)
    training = [{"product": "sales"}, {"product": "training"}]
    rich = [{"product": "seats", "quantity": "20"}, {"product": "gold"}]
    contracts = [
        _contract("rich", *rich, type="GOLD"),
        *(_contract(f"training-{number}", *training, type="GOLD") for number in numbers),
        _contract("films", {"product": "channel"}, billingTerms="arrears"),
        _contract("wallet", {"product": "gold"}, billingTerms="prepaid"),
    ]
    selection = "subscription { items { id product { code } } }"
    made = await asking.changes("subscriptionCreate", contracts, selection)
    items = made[0]["subscription"]["items"]
    (seats,) = [one["id"] for one in items if one["product"]["code"] == "seats"]
    licences = [{"item": seats, "member": member} for member in members]
    await asking.changes("licenceAssign", licences)
    grants = [{"definition": f"discount-{one}", "subscription": "rich"} for one in numbers]
    await asking.changes("discountGrant", grants)
    film = {"subscription": "films", "service": "film", "udrType": "udr-0"}
    await asking.changes("usageOrder", [film] * SOME)
    paid = {"subscription": "wallet", "amount": "500"}
    await asking.changes(
        "walletTopUp", [{**paid, "reference": f"top-up {one}"} for one in numbers]
    )
    ahead = [{"subscription": f"training-{one}", "duration": "12 months"} for one in numbers]
    await asking.changes("buyInAdvanceRequest", ahead)


async def _jobs(asking: Asking) -> None:
    lines = [{"product": "repairs", "quantity": "2"}]
    job = {"account": ACCOUNT, "type": "repair", "lines": lines}
    await asking.changes("jobCreate", [{**job, "ref": f"job-{one}"} for one in range(SOME)])
    grants = [{"definition": f"of-a-job-{one}", "job": "job-0"} for one in range(SOME)]
    await asking.changes("discountGrant", grants)


async def _money(asking: Asking) -> None:
    """Pay, give back, and credit parts of one invoice."""
    invoice = """query ($ref: String!) { subscription(ref: $ref) { invoices(first: 1) {
        edges { node { id } } } } }"""
    found = (await asking.data(invoice, ref="rich"))["subscription"]["invoices"]["edges"][0]
    paid = [
        {
            "account": ACCOUNT,
            "amount": f"{number + 1}",
            "reference": f"{number}",
            "invoices": [],
        }
        for number in range(SOME)
    ]
    made = await asking.changes("paymentRecord", paid, "payment { credit { id } }")
    unused = [{"credit": each["payment"]["credit"]["id"]} for each in made]
    await asking.changes("refundRequest", unused)
    part = {"invoice": found["node"]["id"], "amount": "1", "scope": "AMOUNT"}
    parts = [{**part, "reason": f"Reason {number}"} for number in range(SOME)]
    await asking.changes("creditNoteCreate", parts)
