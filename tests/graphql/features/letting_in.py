"""A seller who lets customers in: what they sell, and two accounts with three members each."""

from __future__ import annotations

import pytest

from tests.graphql.api_clients import Api

CATALOGUE = """
features:
  mails: {name: Mails}
products:
  crm: {kind: module, name: CRM, grants: [{feature: mails, amount: 100}]}
  seat: {kind: licence, name: Seat}
  more: {kind: pack, name: More, needs: [crm]}
  tried: {kind: module, name: Tried, trial: {days: 14}}
price_plans:
  office:
    name: Office
    currency: EUR
    rates: {crm: {base: 10}, seat: {base: 9}, more: {base: 1}, tried: {base: 5}}
billing_terms:
  office: {name: Office, plans: [office], default_plan: office, fixed_charges: advance}
"""
START = "2026-01-10T12:00:00+01:00"
ITEMS = [{"product": "crm"}, {"product": "seat", "quantity": "2"}]


@pytest.fixture(scope="module")
async def people(api: Api) -> dict[str, str]:
    """An account with three members and a subscription, and an empty one; ids by name."""
    one = api.one
    await one.changed("catalogueApply", "__typename", {"yaml": CATALOGUE})
    found = {}
    for ref in ("shop", "other"):
        given = {"name": ref.title(), "ref": ref, "currency": "EUR", "testClock": START}
        made = await one.changed("accountCreate", "account { id }", given)
        found[ref] = made["account"]["id"]
        for role in ("OWNER", "ADMINISTRATOR", "MEMBER"):
            email = f"{role.lower()}@{ref}.fr"
            given = {"account": ref, "name": f"{role} {ref}", "email": email, "role": role}
            made = await one.changed("memberAdd", "member { id }", given)
            found[f"{ref} {role}"] = made["member"]["id"]
    given = {"account": "shop", "billingTerms": "office", "items": ITEMS, "ref": "office"}
    await one.changed("subscriptionCreate", "__typename", given)
    return found
