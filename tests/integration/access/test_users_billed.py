"""Users beyond their packs on real periods: previews, cuts; companies asked for at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from core.accounts.add_company import AddCompany
from core.billing_cycles.current_usage import current_usage
from core.billing_cycles.preview import invoice_preview
from core.changes.joining import LimitReached, company_joins
from core.db import Database
from core.subscriptions.amend_terms import amend_terms
from tests.building import open_shop, utc
from tests.integration.access.conftest import People, people_of
from tests.invariants import broken

CATALOGUE = """
features:
  users: {name: Users, counts: members, beyond: bills, product: user}
  companies: {name: Companies, counts: companies}
products:
  sales:
    kind: module
    name: Sales
    grants: [{feature: users, amount: 0}, {feature: companies, amount: 2}]
  crm: {kind: module, name: CRM, grants: [{feature: users, amount: 1}]}
  seats: {kind: licence, name: Seats}
  user: {kind: pack, name: User, unit_label: user}
price_plans:
  simple:
    name: Simple
    currency: EUR
    commitment: {minimum: 50, covers: {kinds: [module]}}
    rates: {sales: {base: 31}, crm: {base: 19}, user: {base: 12}}
  dearer:
    {name: Dearer, currency: EUR, rates: {sales: {base: 62}, crm: {base: 19}, user: {base: 15}}}
billing_terms:
  monthly: {name: Monthly, plans: [simple, dearer]}
"""


@pytest.fixture
async def crew(db: Database) -> People:
    """Ada, who administers, Bo and Cy; the seller bills users at 12.00."""
    return await people_of(await open_shop(db, catalogue=CATALOGUE))


async def test_previews_and_current_usage_show_the_users_so_far(crew: People) -> None:
    """On the 5th Bo is the only user; on the 9th Cy comes: 12.00, then 24.00."""
    subscription = await crew.shop.subscribed(crew.account_id, ("sales", "1"))
    selling = await crew.profile("Selling", "sales")
    await crew.give(utc(1, 3), "ada", selling)
    await crew.give(utc(1, 3), "bo", selling)
    pricing = crew.shop.pricing
    async with crew.shop.at(utc(1, 5)) as tx:
        used = await current_usage(tx, subscription.id, pricing=pricing)
    assert used is not None
    assert [(line.kind, line.quantity, line.amount) for line in used.lines] == [
        ("consumption", Decimal(1), Decimal(12))
    ]
    assert (used.amount, used.billed, used.unbilled) == (Decimal(12), Decimal(0), Decimal(12))
    await crew.give(utc(1, 9), "cy", selling)
    async with crew.shop.at(utc(1, 10)) as tx:
        preview = await invoice_preview(tx, subscription.id, pricing=pricing)
    found = {line.kind: line.amount for line in preview.draft.lines}
    # 31.00 of a minimum of 50.00 over modules: users do not count towards it.
    assert found == {"fee": Decimal(31), "consumption": Decimal(24), "commitment": Decimal(19)}
    await crew.shop.close(utc(2))
    (invoice,) = await crew.shop.invoices(crew.account_id)
    assert sorted(invoice["lines"]) == [
        ("commitment", "Minimum commitment", "19.00"),
        ("consumption", "User, Sales", "24.00"),
        ("fee", "Sales", "31.00"),
    ]
    async with crew.shop.at() as tx:
        assert await broken(tx) == []


async def test_a_module_may_include_users_beside_the_administrator(crew: People) -> None:
    """CRM includes one: of two users one is billed."""
    await crew.shop.subscribed(crew.account_id, ("crm", "1"))
    contacts = await crew.profile("Contacts", "crm")
    for name in ("ada", "bo", "cy"):
        await crew.give(utc(1, 3), name, contacts)
    await crew.shop.close(utc(2))
    (invoice,) = await crew.shop.invoices(crew.account_id)
    assert ("consumption", "User, CRM", "12.00") in invoice["lines"]


async def test_a_cut_month_bills_a_user_once(crew: People) -> None:
    """Bo at 12.00 before the plan changes on the 16th; Cy, who comes later, at 15.00."""
    subscription = await crew.shop.subscribed(crew.account_id, ("sales", "1"))
    selling = await crew.profile("Selling", "sales")
    await crew.give(utc(1, 3), "bo", selling)
    async with crew.shop.at(utc(1, 16)) as tx:
        await amend_terms(tx, subscription_id=subscription.id, price_plan="dearer")
    await crew.give(utc(1, 20), "cy", selling)
    await crew.shop.close(utc(2))
    lines = [line for one in await crew.shop.invoices(crew.account_id) for line in one["lines"]]
    assert sorted(line for line in lines if line[0] == "consumption") == [
        ("consumption", "User, Sales", "12.00"),
        ("consumption", "User, Sales", "15.00"),
    ]
    async with crew.shop.at() as tx:
        assert await broken(tx) == []


async def test_companies_asked_for_at_once_never_exceed_what_is_included(
    crew: People, db: Database
) -> None:
    """Eight at the same time, two included: two are attached, six are refused."""
    await crew.shop.subscribed(crew.account_id, ("sales", "1"))

    async def attach(number: int) -> bool:
        try:
            async with crew.shop.at(utc(1, 5)) as tx:
                await company_joins(tx, AddCompany(crew.account_id, f"C{number}"))
        except LimitReached:
            return False
        return True

    attached = await asyncio.gather(*(attach(number) for number in range(8)))
    assert sorted(attached) == [False] * 6 + [True] * 2
    rows = await crew.shop.rows("SELECT count(*) FROM company WHERE tenant_id = $1")
    assert rows == [(2,)]
