"""A seller that has some of everything, so that every connection of the schema has rows.

The demonstration's sellers are what sellers are: none of them has nine teams, nine jobs and
nine refunds. This one has, by the public API alone, and all in one account on a test clock.
"""

from __future__ import annotations

from typing import Any, Final

from tests.clients.asking import Asking

SLUG: Final = "filled"
SOME: Final = 9
"""So many of each: more than one page of 7, and no multiple of 2."""
ACCOUNT: Final = "everything"
START: Final = "2026-01-01T00:00:00+01:00"
NEXT_MONTH: Final = "2026-02-01T12:00:00+01:00"


def _entries(text: str) -> str:
    """Return an entry of the catalogue nine times; `@` is its number."""
    return "\n".join("  " + text.replace("@", str(number)) for number in range(SOME))


CATALOGUE: Final = f"""
products:
  sales: {{kind: module, name: Sales}}
  training:
    {{kind: one_time_service, name: Training, needs: [sales], fulfils: First training}}
  seats: {{kind: licence, name: Seats, unit_label: seat}}
  gold: {{kind: termed_service, name: Gold, type: Packages}}
  channel: {{kind: termed_service, name: Channel of films}}
  repairs: {{kind: one_time_service, name: Repairs, unit_label: hour}}
  film: {{kind: usage_service, name: Film, type: Films, meters: {{channel: ott, unit: order}}}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      sales: {{base: 29}}
      training: {{base: 150}}
      seats: {{base: 25}}
      gold: {{base: 100}}
      channel: {{base: 10}}
      repairs: {{base: 20, driver: duration}}
{_entries("other-@: {name: Another @, currency: EUR, rates: {gold: {base: 1@}}}")}
billing_terms:
  monthly: {{name: Monthly, plans: [simple], discounts: flexible, fixed_charges: advance}}
  arrears: {{name: In arrears, plans: [simple], discounts: flexible}}
  prepaid: {{name: Prepaid, kind: prepaid, plans: [simple]}}
  jobs: {{name: Jobs, kind: job, plans: [simple], default_plan: simple, discounts: flexible}}
{_entries("terms-@: {name: Terms @, plans: [simple]}")}
gauges:
{_entries("gauge-@: {name: Gauge @}")}
features:
{_entries("feature-@: {name: Feature @}")}
segments:
{_entries("segment-@: {name: Segment @, of: subscription, when: has(account.class)}")}
udr_types:
{_entries("udr-@: {name: Records @, methods: {values: [tv, web]}}")}
usage_definitions:
  films: &films
    {{name: Films, state: active, product_types: [Films], providers: [Nagra Media Live],
    udr_types: [udr-0], defaults: {{Films: {{base: 3}}}}}}
{_entries("definition-@: {<<: *films, name: Definition @, state: inactive}")}
usage_catalogues:
  films: &films-of-now
    {{name: Films, currency: EUR, definition: films, provider: Nagra Media Live,
    termed_services: [channel], services: {{film: {{base: 3, provisioning_id: F1}}}}}}
{_entries("films-@: {<<: *films-of-now, name: Films @, state: not_effective}")}
usage_rules:
{_entries("rule-@: {name: Rule @, place: 1@, max_unbilled_events: 10}")}
buy_in_advance:
  usual: &usual {{name: Usual, state: active, durations: [{{from: 2, to: 36, types: [GOLD]}}]}}
{_entries("advance-@: {<<: *usual, name: Advance @, state: inactive}")}
job_types:
  repair: {{name: Repair, estimate: 2 days, terms: jobs}}
{_entries("job-@: {name: Job @, estimate: 1 day, billable: false}")}
rate_tables:
{_entries("table-@: {name: Table @, dimension: country, rows: {FR: 0.0@1}}")}
discounts:
  discount: &off
    {{name: Discount, method: ad_hoc, of: subscription, percent: 1, products: [gold]}}
{_entries("discount-@: {<<: *off, name: Discount @}")}
{_entries("of-a-job-@: {<<: *off, name: Off a job @, of: job, products: [repairs]}")}
"""


async def fill(asking: Asking) -> None:
    """Give the seller its catalogue and staff, and one account that has everything."""
    await asking.change("catalogueApply", {"yaml": CATALOGUE})
    for number in range(SOME):
        unit = {"code": f"unit-{number}", "name": f"Unit {number}"}
        await asking.change("orgUnitCreate", unit)
        staff = {"email": f"staff-{number}@example.com", "name": f"Staff {number}"}
        await asking.change("staffCreate", {**staff, "roles": ["VIEWER"]})
        key = {"name": f"Key {number}", "scopes": ["account.read"]}
        await asking.change("apiKeyIssue", key)
    account = {"name": "Everything", "ref": ACCOUNT, "testClock": START, "country": "FR"}
    await asking.change("accountCreate", account)
    members = await _belongings(asking)
    await _contracts(asking, members)
    await _jobs(asking)
    await asking.change("accountClockAdvance", {"account": ACCOUNT, "to": NEXT_MONTH})
    await _money(asking)


async def _belongings(asking: Asking) -> list[str]:
    """Add companies, members, profiles, teams and means of payment; return the members' ids."""
    members = []
    for number in range(SOME):
        own = {"account": ACCOUNT, "name": f"Number {number}"}
        await asking.change("companyAdd", own)
        member = {**own, "email": f"member-{number}@example.com"}
        member["role"] = "MEMBER" if number else "OWNER"
        made = await asking.change("memberAdd", member, "member { id }")
        members.append(made["member"]["id"])
        await asking.change("profileCreate", {**own, "rights": [{"module": "sales"}]})
        await asking.change("teamCreate", {**own, "members": members})
        card = {"account": ACCOUNT, "kind": "CARD", "gateway": "test", "token": "ok"}
        await asking.change("paymentMethodAdd", {**card, "label": f"Card {number}"})
    return members


async def _subscribed(asking: Asking, ref: str, *items: dict[str, Any], **more: str) -> Any:
    given = {"account": ACCOUNT, "ref": ref, "billingTerms": "monthly", "items": list(items)}
    selection = "subscription { id items { id product { code } } }"
    made = await asking.change("subscriptionCreate", {**given, **more}, selection)
    return made["subscription"]


async def _contracts(asking: Asking, members: list[str]) -> None:
    """Subscribe: to what is licensed and discounted, to films, from a wallet, and trainings."""
    rich = await _subscribed(
        asking, "rich", {"product": "seats", "quantity": "20"}, {"product": "gold"}, type="GOLD"
    )
    (seats,) = [one["id"] for one in rich["items"] if one["product"]["code"] == "seats"]
    for member in members:
        await asking.change("licenceAssign", {"item": seats, "member": member})
    for number in range(SOME):
        grant = {"definition": f"discount-{number}", "subscription": "rich"}
        await asking.change("discountGrant", grant)
        training = [{"product": "sales"}, {"product": "training"}]
        await _subscribed(asking, f"training-{number}", *training, type="GOLD")
    await _subscribed(asking, "films", {"product": "channel"}, billingTerms="arrears")
    film = {"subscription": "films", "service": "film", "udrType": "udr-0"}
    for _number in range(SOME):
        await asking.change("usageOrder", film)
    await _subscribed(asking, "wallet", {"product": "gold"}, billingTerms="prepaid")
    for number in range(SOME):
        paid = {"subscription": "wallet", "amount": "500", "reference": f"top-up {number}"}
        await asking.change("walletTopUp", paid)
    for number in range(SOME):
        ahead = {"subscription": f"training-{number}", "duration": "12 months"}
        await asking.change("buyInAdvanceRequest", ahead)


async def _jobs(asking: Asking) -> None:
    for number in range(SOME):
        lines = [{"product": "repairs", "quantity": "2"}]
        job = {"account": ACCOUNT, "type": "repair", "ref": f"job-{number}", "lines": lines}
        await asking.change("jobCreate", job)
    for number in range(SOME):
        grant = {"definition": f"of-a-job-{number}", "job": "job-0"}
        await asking.change("discountGrant", grant)


async def _money(asking: Asking) -> None:
    """Pay, give back, and credit parts of one invoice."""
    invoice = """query ($ref: String!) { subscription(ref: $ref) { invoices(first: 1) {
        edges { node { id lines { number productCode } } } } } }"""
    found = (await asking.data(invoice, ref="rich"))["subscription"]["invoices"]["edges"][0]
    for number in range(SOME):
        paid = {"account": ACCOUNT, "amount": f"{number + 1}", "reference": f"{number}"}
        selection = "payment { credit { id } }"
        made = await asking.change("paymentRecord", {**paid, "invoices": []}, selection)
        await asking.change("refundRequest", {"credit": made["payment"]["credit"]["id"]})
        part = {"invoice": found["node"]["id"], "amount": "1", "scope": "AMOUNT"}
        await asking.change("creditNoteCreate", {**part, "reason": f"Reason {number}"})
