"""What reads many grants, and their definitions, at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from core.catalogue.entries import Entry, entries_by_version
from core.discounts import repository
from core.discounts.records import DiscountGrant


async def load_grants(context: ApiContext, keys: list[UUID]) -> Sequence[DiscountGrant | None]:
    """Load grants by key."""
    async with context.transaction() as tx:
        found = await repository.grants_by_ids(tx, keys)
    return [found.get(key) for key in keys]


async def load_definitions(context: ApiContext, keys: list[UUID]) -> Sequence[Entry | None]:
    """Load versions of definitions by the version's key."""
    async with context.transaction() as tx:
        found = await entries_by_version(tx, keys)
    return [found.get(key) for key in keys]
