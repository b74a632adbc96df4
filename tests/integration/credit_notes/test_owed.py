"""What is owed besides: trials, committed units, and minimums after a credit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.credit_notes.unused import Unused, give_back
from core.db import Database
from tests.building import CATALOGUE, Shop, open_shop, utc

MINIMUM = (
    CATALOGUE.replace(
        "  simple:\n    name: Simple\n    currency: EUR\n",
        "  simple:\n    name: Simple\n    currency: EUR\n"
        "    commitment: {minimum: 100, covers: {kinds: [licence]}}\n",
    )
    + "  ahead: {name: Ahead, fixed_charges: advance, plans: [simple]}\n"
)


@pytest.fixture
async def shop(db: Database) -> Shop:
    """Seats at 25.00 in advance, with a minimum of 100.00 a month over licences."""
    return await open_shop(db, catalogue=MINIMUM)


async def lines(shop: Shop) -> list[tuple[str, Decimal]]:
    """Return the lines of all invoices, but for credit notes."""
    found = await shop.rows(
        "SELECT l.kind, l.amount FROM invoice_line l JOIN invoice i"
        " ON i.tenant_id = l.tenant_id AND i.id = l.invoice_id AND i.kind = 'invoice'"
        " WHERE l.tenant_id = $1 ORDER BY l.from_at, l.kind DESC"
    )
    return [(kind, amount) for kind, amount in found]


async def changed(shop: Shop, assignment: str) -> None:
    """Set something of the one item."""
    async with shop.at() as tx:
        await tx.execute(
            f"UPDATE subscription_item SET {assignment} WHERE tenant_id = $1", tx.tenant_id
        )


async def test_what_is_given_back_counts_no_more_towards_a_minimum(shop: Shop) -> None:
    """4 seats are 100.00; 2 given back from 16 April are 25.00: 25.00 are missing."""
    subscription = await shop.subscribed(
        await shop.customer(), ("seats", "4"), terms="ahead", now=utc(4)
    )
    await shop.close(utc(4))
    ((item,),) = await shop.rows("SELECT item_id FROM subscription_item WHERE tenant_id = $1")
    async with shop.at(utc(4, 16)) as tx:
        await give_back(
            tx,
            subscription_id=subscription.id,
            unused=[Unused(item, utc(4, 16), Decimal(2))],
            reason="Fewer",
            at=utc(4, 16),
        )
    await changed(shop, "quantity = 2")
    await shop.close(utc(5))
    assert await lines(shop) == [
        ("fee", Decimal(100)),
        ("commitment", Decimal(25)),
        ("fee", Decimal(50)),
    ]


async def test_an_item_on_trial_owes_nothing(shop: Shop) -> None:
    """Only the minimum, which is the plan's."""
    await shop.subscribed(await shop.customer(), ("seats", "4"), terms="ahead", now=utc(4))
    await changed(shop, "is_trial = true")
    await shop.close(utc(5))
    assert await lines(shop) == [("commitment", Decimal(100))]


async def test_committed_units_are_charged_at_least(shop: Shop) -> None:
    """2 seats of 5 that the term commits to: 5 x 25.00 = 125.00."""
    await shop.subscribed(await shop.customer(), ("seats", "2"), terms="ahead", now=utc(4))
    await changed(shop, "committed = 5")
    await shop.close(utc(4))
    assert await lines(shop) == [("fee", Decimal(125))]
