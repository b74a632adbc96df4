"""What billing keeps of discounts: uses, windows, grants of automatic ones, free time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.preview import invoice_preview
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.sweep import sweep
from core.discounts.billing import Billed, read_discounts
from core.discounts.cancel import cancel_discount
from core.kernel.clock import FixedClock
from tests.integration.discounts.conftest import Seller

FEBRUARY = datetime(2026, 1, 31, 23, tzinfo=UTC)
MARCH = datetime(2026, 2, 28, 23, tzinfo=UTC)
JANUARY_10 = datetime(2026, 1, 10, 12, tzinfo=UTC)
APPLIED = """
SELECT g.subscription_id, a.amount, g.uses, g.method FROM applied_discount a
JOIN discount_grant g ON g.tenant_id = a.tenant_id AND g.id = a.grant_id ORDER BY a.id
"""


async def close(shop: Seller, now: datetime) -> None:
    """Close everything that is due, as the workers do."""
    clock = FixedClock(now + timedelta(minutes=1))
    await sweep(shop.db, pricing=Pricing(), clock=clock)
    while await close_next_chunk(shop.db, shop.tenant_id, pricing=Pricing(), clock=clock):
        pass


async def test_a_window_of_the_account_reduces_one_of_two_bills(shop: Seller) -> None:
    """Half of sport once a year: one subscription pays 2.50 less in January, none later."""
    await close(shop, FEBRUARY)
    await close(shop, MARCH)
    async with shop.at() as tx:
        (row,) = await tx.fetch(APPLIED)
        window = await tx.fetchrow("SELECT uses, allowed, starts_at FROM discount_window")
        totals = await tx.fetch("SELECT net FROM invoice ORDER BY due_at, net")
    assert tuple(row)[1:] == (Decimal("2.50"), 1, "auto")
    assert window is not None
    assert tuple(window) == (1, 1, FEBRUARY)
    nets = [row["net"] for row in totals]
    assert nets == [Decimal("27.50"), Decimal(30), Decimal(30), Decimal(30)]


async def test_the_preview_shows_the_bill_and_keeps_nothing(shop: Seller) -> None:
    """10 % of 30 less half of sport: 3.00 and 2.50 are one level together, 5.50."""
    await shop.give("thrice", now=JANUARY_10)
    before = await shop.picture()
    async with shop.at(JANUARY_10) as tx:
        preview = await invoice_preview(tx, shop.subscription, pricing=Pricing())
    assert preview.draft.net == Decimal("24.50")
    assert await shop.picture() == before


async def test_a_use_is_one_bill(shop: Seller) -> None:
    """Twice in all: January and February are reduced, March is not."""
    grant = await shop.give("twice-in-all", now=JANUARY_10)
    for month in (FEBRUARY, MARCH, datetime(2026, 3, 31, 22, tzinfo=UTC)):
        await close(shop, month)
    async with shop.at() as tx:
        rows = await tx.fetch(
            "SELECT amount FROM applied_discount WHERE grant_id = $1 ORDER BY id", grant.id
        )
        uses = await tx.fetchval("SELECT uses FROM discount_grant WHERE id = $1", grant.id)
    assert [row["amount"] for row in rows] == [Decimal(3), Decimal(3)]
    assert uses == 2


async def test_a_pending_or_cancelled_one_reduces_nothing(shop: Seller) -> None:
    """Only approved ones are read."""
    await shop.give("asked", now=JANUARY_10)
    ended = await shop.give("thrice", now=JANUARY_10)
    async with shop.at(JANUARY_10) as tx:
        await cancel_discount(tx, ended.id)
        found = await read_discounts(
            tx, [Billed(shop.subscription, "subscription", JANUARY_10)]
        )
    assert [one.code for one in found.of(shop.subscription)] == ["auto-once-a-year"]


async def test_a_cancelled_automatic_one_does_not_begin_anew(shop: Seller) -> None:
    """Its grant stays, cancelled; the definition leaves that subscription alone."""
    await close(shop, FEBRUARY)
    async with shop.at() as tx:
        grant_id, target = await tx.fetchrow("SELECT id, subscription_id FROM discount_grant")  # type: ignore[misc]
        await cancel_discount(tx, grant_id)
        later = datetime(2027, 3, 1, tzinfo=UTC)
        billed = [Billed(one, "subscription", later) for one in (shop.subscription, shop.other)]
        found = await read_discounts(tx, billed)
    (other,) = {shop.subscription, shop.other} - {target}
    assert found.of(target) == ()
    assert [one.code for one in found.of(other)] == ["auto-once-a-year"]
