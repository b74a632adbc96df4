"""Terms amended on the day of an invoice: what they bill then is on another one."""

from __future__ import annotations

import pytest

from core.db import Database
from core.subscriptions.amend_terms import amend_terms
from tests.building import open_shop, utc
from tests.invariants import broken


@pytest.mark.parametrize("day", [1, 5])
async def test_february_in_advance_follows_january_in_arrears(db: Database, day: int) -> None:
    """Both fall due on 1 February, 25.00 each; the second is asked for after the first."""
    shop = await open_shop(db)
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(account, ("seats", "1"))
    await shop.close(utc(2))
    async with shop.at(utc(2, day)) as tx:
        await amend_terms(
            tx, subscription_id=subscription.id, billing_terms="advance", from_at=utc(2)
        )
    assert await shop.close(utc(2, day)) == 1
    assert [one["total"] for one in await shop.invoices()] == ["25.00", "25.00"]
    async with shop.at() as tx:
        assert await broken(tx) == []
