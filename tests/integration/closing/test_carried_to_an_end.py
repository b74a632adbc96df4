"""Usage that was carried on to a period which begins as the subscription ends is billed."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.changes.end import end_now
from core.db import Database
from tests.building import CATALOGUE, open_shop, utc
from tests.invariants import broken

CARRYING = (
    CATALOGUE
    + """
  carrying:
    {name: Carrying, plans: [simple], max_unbilled_amount: 100, below_threshold: carry}
"""
)


@pytest.mark.parametrize("at", [utc(2), utc(2, 3)])
async def test_an_end_bills_what_was_carried_on(db: Database, at: datetime) -> None:
    """500 e-mails of January, a batch of 1000 for 1.90, wait for February; it ends at once."""
    shop = await open_shop(db, catalogue=CARRYING)
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(account, ("email", "1"), terms="carrying")
    await shop.emails(account, 500, on=utc(1, 5))
    await shop.close(utc(2))
    assert await shop.invoices() == []
    async with shop.at(at) as tx:
        await end_now(tx, subscription_id=subscription.id)
    await shop.close(utc(2, 4))
    await shop.close(utc(3))
    assert [one["total"] for one in await shop.invoices()] == ["1.90"]
    async with shop.at() as tx:
        assert await broken(tx) == []
