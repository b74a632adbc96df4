"""What reads many subscriptions, and what hangs from them, at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from api.context import ApiContext
from api.features.subscriptions.periods import PeriodRecord
from api.pages import records_by_key
from core.accounts.records import Account
from core.accounts.repository import accounts_by_ids
from core.periods.tables import BillingPeriodRow
from core.subscriptions import repository
from core.subscriptions.records import Item, Phase, Subscription
from core.subscriptions.rests import Rest, rests_of


async def load_subscriptions(
    context: ApiContext, keys: list[UUID]
) -> Sequence[Subscription | None]:
    """Load subscriptions by key."""
    async with context.transaction() as tx:
        found = await repository.subscriptions(tx, keys)
    return [found.get(key) for key in keys]


async def load_items(context: ApiContext, keys: list[UUID]) -> Sequence[list[Item]]:
    """Load all item revisions of subscriptions."""
    async with context.transaction() as tx:
        found = await repository.items_of(tx, keys)
    return [found.get(key, []) for key in keys]


async def load_phases(context: ApiContext, keys: list[UUID]) -> Sequence[list[Phase]]:
    """Load all phases of subscriptions in the order of their time."""
    async with context.transaction() as tx:
        found = await repository.phases_of(tx, keys)
    return [found.get(key, []) for key in keys]


async def load_rests(context: ApiContext, keys: list[UUID]) -> Sequence[list[Rest]]:
    """Load all rests of subscriptions in the order of their time."""
    async with context.transaction() as tx:
        found = await rests_of(tx, keys)
    return [found.get(key, []) for key in keys]


async def load_periods(context: ApiContext, keys: list[UUID]) -> Sequence[PeriodRecord | None]:
    """Load billing periods by key."""
    return await records_by_key(context, BillingPeriodRow, PeriodRecord, keys)


async def load_account_times(context: ApiContext, keys: list[UUID]) -> Sequence[datetime]:
    """Load what time it is for accounts: their test clock's, or the database's."""
    async with context.transaction() as tx:
        clocks = await accounts_by_ids(tx, keys)
        now = tx.now
    return [account_time_of(clocks.get(key), now) for key in keys]


def account_time_of(account: Account | None, now: datetime) -> datetime:
    """Return an account's time."""
    return now if account is None or account.test_clock is None else account.test_clock


async def account_time(context: ApiContext, key: UUID) -> datetime:
    """Return what time it is for an account."""
    return await context.loaders.of(load_account_times).load(key)


History: TypeAlias = Annotated[
    bool, strawberry.argument(description="Show what is over as well.")
]
