"""A seller whose terms count usage while it is stored: thresholds, and wallets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.db import Database
from core.embedded import DatabaseUrls
from tests.building import Shop, open_shop
from tests.invariants import broken

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      seats: {base: 25}
      email: {base: 0.50}
  batches:
    name: Batches
    currency: EUR
    rates:
      email: {base: 1.90, package: {size: 1000}}
  minimum:
    name: Minimum
    currency: EUR
    commitment: {minimum: 10, covers: {products: [email]}}
    rates:
      email: {base: 0.50}
billing_terms:
  monthly: {name: Monthly, plans: [simple, batches], default_plan: simple}
  ten: {name: Ten at most, plans: [simple, batches], max_unbilled_events: 10}
  carrying:
    {name: Carried on below ten, plans: [simple, batches, minimum], default_plan: simple,
    max_unbilled_events: 10, below_threshold: carry}
  direct: {name: Billed directly, plans: [simple], max_unbilled_events: 1}
  thirty: {name: Thirty euros at most, plans: [simple, batches], max_unbilled_amount: 30}
  prepaid: {name: Prepaid, kind: prepaid, plans: [simple, batches], grace: 3 days}
"""


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """Connections enough for a crowd."""
    opened = Database(module_database.app, role="worker", pool_size=16)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller with its catalogue and no customers."""
    return await open_shop(db, catalogue=CATALOGUE)


@pytest.fixture(autouse=True)
async def sound_books(shop: Shop) -> AsyncIterator[None]:
    """After every test here the books are sound, whatever the test did."""
    yield
    async with shop.at() as tx:
        assert await broken(tx) == []
