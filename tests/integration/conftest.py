"""A database open as the application, and sellers made in it by the real verb."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from core.db import Database, Tx
from core.embedded import DatabaseUrls
from core.tenancy.create_tenant import CreatedTenant, CreateTenant, create_tenant

PEPPER = b"the pepper of the tests"
_slugs = (f"seller-{number}" for number in itertools.count(1))

NewTenant = Callable[[], Awaitable[CreatedTenant]]
Open = Callable[..., AbstractAsyncContextManager[Tx]]


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """The application's connections to this module's database."""
    opened = Database(module_database.app, role="api", pool_size=4)
    yield opened
    await opened.close()


@pytest.fixture
def new_tenant(db: Database) -> NewTenant:
    """Make a seller of its own: Paris, euros."""

    async def make() -> CreatedTenant:
        command = CreateTenant(
            slug=next(_slugs),
            name="Seller",
            currency="EUR",
            timezone="Europe/Paris",
            country="FR",
        )
        async with db.transaction(None, actor="operator") as tx:
            return await create_tenant(tx, command, pepper=PEPPER)

    return make


@pytest.fixture
async def seller(new_tenant: NewTenant) -> CreatedTenant:
    """One seller, for tests that need no second one."""
    return await new_tenant()


@pytest.fixture
def begin(db: Database, seller: CreatedTenant) -> Open:
    """How to open transactions of the seller; use it in an `async with`."""

    def opened(**options: Any) -> AbstractAsyncContextManager[Tx]:
        return db.transaction(seller.tenant.id, actor="test", **options)

    return opened
