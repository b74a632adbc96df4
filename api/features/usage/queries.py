"""Reading usage: an account's events, and whether everything received is accounted for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from api.features.usage.events import UsageEvent, UsageEventTypes
from api.features.usage.stored import ListedEvent, stored_events
from api.features.usage.windows import UsageWindowQuery
from api.graphql.connection import Connection
from api.graphql.cost import FieldCost
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from api.references import key_expression, named_in
from core.accounts.tables import AccountRow
from core.kernel.errors import Refusal
from core.kernel.zones import start_of_day
from core.subscriptions.tables import SubscriptionRow
from core.tenancy import Capability
from core.tenancy import repository as tenancy
from core.usage.reconciliation import DayOfChannel, reconciliation
from core.usage.tables import UsageEventRow

MOST_DAYS: Final = 366
_DAY: Final = timedelta(days=1)
_NAMED: Final = {
    "subscription": (SUBSCRIPTION_ID, SubscriptionRow, col(UsageEventRow.subscription_id)),
}


class TooManyDays(Refusal):
    """More days were asked for than one answer covers, or none."""

    code: ClassVar[str] = "TOO_MANY_DAYS"


def _by_time(*, descending: bool) -> Sort:
    return Sort(
        f"usageEvent.{'latest' if descending else 'first'}",
        key(col(UsageEventRow.occurred_at), datetime, descending=descending),
        key(col(UsageEventRow.identity), UUID, descending=descending),
    )


@strawberry.enum(description="The order of a list of events.")
class UsageEventOrder(Enum):
    """Orders with an index."""

    LATEST = strawberry.enum_value("latest", description="The last first.")
    FIRST = strawberry.enum_value("first", description="In the order in which they happened.")


SORTS: Final = {
    UsageEventOrder.LATEST: _by_time(descending=True),
    UsageEventOrder.FIRST: _by_time(descending=False),
}


@strawberry.input(description="Which events a list holds; everything given must hold.")
class UsageEventWhere:
    """Filters on events; an account's events have an index by their time."""

    account: strawberry.ID = strawberry.field(description="Whose, by id or ref.")
    subscription: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those that this subscription meters, by id or ref."
    )
    channel: strawberry.Maybe[str] = strawberry.field(description="Only those of this channel.")
    occurred_from: strawberry.Maybe[datetime] = strawberry.field(
        description="Only those at this instant or later."
    )
    occurred_until: strawberry.Maybe[datetime] = strawberry.field(
        description="Only those before this instant."
    )


class UsageEventListing(Listing[ListedEvent, UsageEvent]):
    """Events, each once."""

    def statement(self, tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
        """Select the tenant's events that fulfil the conditions."""
        return stored_events(tenant_id, *where)


@strawberry.type(description="What became of what was received on one day on one channel.")
class ReconciliationDay:
    """received = billed + free + rejected + parked + open, counted in events."""

    day: date = strawberry.field(description="The day of receipt in the seller's zone.")
    channel: str = strawberry.field(
        description="The channel; empty for what named none that there is."
    )
    received: int = strawberry.field(description="Events received, but for duplicates.")
    billed: int = strawberry.field(description="Events on an invoice.")
    free: int = strawberry.field(description="Events that are not billed.")
    rejected: int = strawberry.field(description="Events that were rejected.")
    parked: int = strawberry.field(description="Events of subscriptions that are parked.")
    open: int = strawberry.field(description="Events that the next closings bill.")
    duplicate: int = strawberry.field(description="Events received again; not in `received`.")
    is_balanced: bool = strawberry.field(description="Whether the equation holds.")

    @classmethod
    def of(cls, row: DayOfChannel) -> ReconciliationDay:
        """Show a row."""
        return cls(
            day=row.day,
            channel=row.channel,
            received=row.received,
            billed=row.billed,
            free=row.free,
            rejected=row.rejected,
            parked=row.parked,
            open=row.open,
            duplicate=row.duplicate,
            is_balanced=row.is_balanced,
        )


def usage_query(shown: UsageEventTypes) -> type:
    """Make the queries of usage for the installed channels."""
    listing = UsageEventListing(table=UsageEventRow, record=ListedEvent, show=shown.show)

    @strawberry.type(description="Reads of usage.")
    class UsageQuery(UsageWindowQuery):
        @strawberry.field(description="An account's events, each as it holds now.")
        @requires(Capability.USAGE_READ, customers=True)
        @paged
        async def usage_events(
            self,
            info: Info,
            *,
            where: Annotated[
                UsageEventWhere, strawberry.argument(description="Which of them.")
            ],
            order_by: Annotated[
                UsageEventOrder, strawberry.argument(description="In which order.")
            ] = UsageEventOrder.LATEST,
            asked: PageArguments,
        ) -> Connection[UsageEvent] | None:
            sort = SORTS[order_by]
            page = asked.in_order(sort)
            chosen = conditions(where, info.context.tenant_id)
            return await page_of(info, listing, sort=sort, page=page, where=chosen)

        @strawberry.field(
            description="By day and channel: received = billed + free + rejected + parked + "
            f"open; {MOST_DAYS} days at most. Empty for staff whose viewing is limited to "
            "their unit: it is counted for the seller as a whole.",
            metadata=FieldCost(flat=100).metadata(),
        )
        @requires(Capability.USAGE_READ)
        async def reconciliation(
            self,
            info: Info,
            *,
            first_day: Annotated[
                date, strawberry.argument(name="from", description="The first day.")
            ],
            last_day: Annotated[
                date, strawberry.argument(name="to", description="The last day.")
            ],
        ) -> list[ReconciliationDay]:
            return await reconciled(info, first_day=first_day, last_day=last_day)

    return UsageQuery


async def reconciled(info: Info, *, first_day: date, last_day: date) -> list[ReconciliationDay]:
    """Reconcile days of the seller's zone, both included.

    Raises:
        TooManyDays: they are too many, or the last lies before the first.
    """
    if not _DAY <= (last_day - first_day) + _DAY <= MOST_DAYS * _DAY:
        raise TooManyDays(f"Ask for 1 to {MOST_DAYS} days.", path=("to",))
    async with info.context.transaction() as tx:
        if tx.viewing is not None:
            return []  # batches are counted for the tenant as a whole, not by account
        tenant = await tenancy.tenant(tx)
        assert tenant is not None  # the capability belongs to a tenant
        rows = await reconciliation(
            tx,
            from_at=start_of_day(first_day, tenant.timezone),
            until_at=start_of_day(last_day + _DAY, tenant.timezone),
            timezone=tenant.timezone,
        )
    return [ReconciliationDay.of(row) for row in rows]


def conditions(wanted: UsageEventWhere, tenant_id: UUID | None) -> list[ColumnElement[bool]]:
    """Return a filter as conditions of SQL; an unknown name leads to no event."""
    account = key_expression(
        ACCOUNT_ID,
        wanted.account,
        table=AccountRow,
        tenant_id=tenant_id,
        path=("where", "account"),
    )
    found = [
        col(UsageEventRow.account_id) == account,
        *named_in(wanted, _NAMED, tenant_id=tenant_id),
    ]
    if wanted.channel is not None:
        found.append(col(UsageEventRow.channel) == wanted.channel.value)
    if wanted.occurred_from is not None:
        found.append(col(UsageEventRow.occurred_at) >= wanted.occurred_from.value)
    if wanted.occurred_until is not None:
        found.append(col(UsageEventRow.occurred_at) < wanted.occurred_until.value)
    return found
