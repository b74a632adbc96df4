"""One transaction: its tenant, its time, its commit, and what a failure leaves behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from core.db import Database
from core.embedded import DatabaseUrls


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """The application's connections to this module's database."""
    opened = Database(module_database.app, role="api")
    yield opened
    await opened.close()


async def test_a_transaction_carries_its_tenant_only_to_its_end(db: Database) -> None:
    """The setting is local to the transaction: the next one on the same connection has none."""
    tenant_id = uuid4()
    async with db.transaction(tenant_id, actor="test") as tx:
        inside = await tx.fetchval("SELECT current_setting('app.tenant')")
    async with db.transaction(None, actor="test") as tx:
        after = await tx.fetchval("SELECT current_setting('app.tenant', true)")
    assert (inside, after) == (str(tenant_id), "")
