"""Items added and ended at once, and packs that belong to a module."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from core.catalogue.schema.terms import Fewer
from core.changes.add_item import add_item_now
from core.changes.change_quantity import ItemChanged
from core.changes.end_item import ItemEnded, end_item_now
from core.subscriptions.packs import NeedsModule
from core.subscriptions.refusals import ItemAlreadyThere
from core.subscriptions.repository import items_of
from tests.building import Shop, open_shop, utc
from tests.integration.changes.conftest import CATALOGUE, Held, held

MODULES = CATALOGUE.replace(
    "products:\n",
    "products:\n"
    "  sales: {kind: module, name: Sales}\n"
    "  crm: {kind: module, name: CRM}\n"
    "  users: {kind: pack, name: Users, needs: [sales, crm]}\n",
).replace(
    "      support: {base: 15}\n",
    "      support: {base: 15}\n"
    "      sales: {base: 30}\n"
    "      crm: {base: 15}\n"
    "      users: {base: 9}\n",
)


@pytest.fixture
async def modules(shop: Shop) -> Shop:
    """A seller of modules and packs, beside the other."""
    return await open_shop(shop.db, catalogue=MODULES)


async def added(
    one: Held, product: str, *, day: int, module: str | UUID | None = None, quantity: int = 1
) -> ItemChanged:
    """Add a product on a day of April."""
    async with one.shop.at(utc(4, day)) as tx:
        return await add_item_now(
            tx, subscription_id=one.subscription.id, product=product, module=module,
            quantity=Decimal(quantity), pricing=one.shop.pricing,
        )  # fmt: skip


async def ended(one: Held, product: str, *, day: int, when: Fewer | None = None) -> ItemEnded:
    """End a product's item on a day of April."""
    item = await one.item(product, at=utc(4, day))
    async with one.shop.at(utc(4, day)) as tx:
        return await end_item_now(tx, item_id=item.item_id, when=when)


async def test_an_added_item_is_invoiced_that_day(shop: Shop) -> None:
    """15 x 20/30 days from 11 April on: 10.00; with May both."""
    one = await held(shop, ("seats", "1"), terms="ahead", now=utc(4))
    done = await added(one, "support", day=11)
    assert done.outcome.due_today == Decimal(10)
    await shop.close(utc(5))
    assert [document[1] for document in await one.documents()] == ["30.00", "10.00", "45.00"]


async def test_under_arrears_nothing_is_invoiced_at_once(shop: Shop) -> None:
    """30 + 15 x 20/30 on 1 May."""
    one = await held(shop, ("seats", "1"), terms="arrears", now=utc(4))
    done = await added(one, "support", day=11)
    assert done.outcome == ((), (), Decimal(0), "EUR")
    await shop.close(utc(5))
    assert [document[1] for document in await one.documents()] == ["40.00"]


async def test_an_item_ended_with_credit_gives_its_days_back(shop: Shop) -> None:
    """15 x 10/30 days from 21 April on: 5.00; May without it."""
    one = await held(shop, ("seats", "1"), ("support", "1"), terms="credits", now=utc(4))
    done = await ended(one, "support", day=21)
    assert (done.ends_at, len(done.outcome.credit_note_ids)) == (utc(4, 21), 1)
    await shop.close(utc(5))
    assert [document[1] for document in await one.documents()] == ["45.00", "5.00", "30.00"]


async def test_an_item_ended_at_once_and_added_again_costs_nothing(shop: Shop) -> None:
    """Paid until 1 May: away from the 11th, back on the 21st as the same item."""
    one = await held(shop, ("seats", "1"), ("support", "1"), terms="ahead", now=utc(4))
    before = await one.item("support", at=utc(4))
    assert (await ended(one, "support", day=11, when="at_once")).ends_at == utc(4, 11)
    again = await added(one, "support", day=21)
    assert (again.item.item_id, again.item.revision) == (before.item_id, 2)
    assert again.outcome.due_today == Decimal(0)
    await shop.close(utc(5))
    assert [document[1] for document in await one.documents()] == ["45.00", "45.00"]


async def test_a_pack_belongs_to_its_module_and_ends_with_it(modules: Shop) -> None:
    """Sales with 2 users (2 x 9 x 20/30 = 12.00), given back together from the 21st.

    30 x 10/30 + 18 x 10/30 = 16.00.
    """
    one = await held(modules, ("sales", "1"), ("seats", "1"), terms="credits", now=utc(4))
    module = await one.item("sales", at=utc(4))
    pack = await added(one, "users", day=11, quantity=2)
    assert (pack.item.module_item_id, pack.outcome.due_today) == (
        module.item_id, Decimal(12),
    )  # fmt: skip
    await ended(one, "sales", day=21)
    await modules.close(utc(5))
    totals = sorted((await one.documents())[2:4], key=lambda document: document[1])
    # each of the two invoices is corrected by a note of its own
    assert [document[1:] for document in totals] == [
        ("10.00", [("Sales", 1, "10.00")]), ("6.00", [("Users", 2, "6.00")]),
    ]  # fmt: skip
    assert [document[1] for document in await one.documents()][4:] == ["30.00"]


async def test_each_module_may_have_a_pack_of_its_own(modules: Shop) -> None:
    """Users of Sales beside users of the CRM; a second pack for one of them is refused."""
    one = await held(modules, ("sales", "1"), ("crm", "1"), terms="ahead", now=utc(4))
    with pytest.raises(NeedsModule, match="could belong to crm, sales; name the item"):
        await added(one, "users", day=2)
    await added(one, "users", day=2, module="sales")
    await added(one, "users", day=2, module="crm")
    with pytest.raises(ItemAlreadyThere):
        await added(one, "users", day=3, module="crm")


async def test_a_pack_without_its_module_is_refused(modules: Shop) -> None:
    """And so is a module for what is no pack; nothing changes."""
    one = await held(modules, ("seats", "1"), terms="ahead", now=utc(4))
    with pytest.raises(NeedsModule, match="users needs crm or sales; add that first"):
        await added(one, "users", day=2)
    with pytest.raises(NeedsModule, match="support belongs to no module"):
        await added(one, "support", day=2, module="seats")
    async with modules.at() as tx:
        assert len((await items_of(tx, [one.subscription.id]))[one.subscription.id]) == 1
