"""Workers find interim invoices and graces by themselves."""

from __future__ import annotations

import pytest

from core.billing_cycles.wallet_grace import NOTE
from core.db import Database
from tests.building import Shop, open_shop, utc
from tests.workers.conftest import Working
from workers.interim import invoice_interims, suspend_wallets
from workers.main import _by_itself

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}, email: {base: 0.50}}}
billing_terms:
  two: {name: Two at most, plans: [simple], max_unbilled_events: 2}
  prepaid: {name: Prepaid, kind: prepaid, plans: [simple], grace: 3 days}
"""


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller whose terms count usage."""
    return await open_shop(db, catalogue=CATALOGUE)


async def test_a_threshold_that_is_reached_is_invoiced_by_the_next_round(
    shop: Shop, working: Working
) -> None:
    """Two of two: one invoice of 1.00 before tax, and the round after it finds nothing."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="two")
    await shop.report(client, [(1, utc(1, 2)), (1, utc(1, 3))], now=utc(1, 4))

    async with working(utc(1, 4)) as context:
        assert await invoice_interims(context) == 1
        assert await invoice_interims(context) == 0

    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("usage", "E-mails", "1.00")]


async def test_a_worker_without_a_queue_does_all_of_it_in_one_round(
    shop: Shop, working: Working
) -> None:
    """A threshold that was reached, and an empty wallet at the start of its first month."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="two")
    await shop.report(client, [(1, utc(1, 2)), (1, utc(1, 3))], now=utc(1, 4))
    poor = await shop.customer("poor")
    await shop.subscribed(poor, ("seats", "1"), terms="prepaid")

    async with working(utc(1, 4)) as context:
        await _by_itself(context)
    async with working(utc(1, 7)) as context:  # short since the 4th, for 3 days by now
        assert await suspend_wallets(context) == 1

    assert len(await shop.invoices(client)) == 1
    rests = await shop.rows("SELECT from_at, note FROM subscription_rest WHERE tenant_id = $1")
    assert rests == [(utc(1, 7), NOTE)]
