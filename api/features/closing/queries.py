"""Reading runs and what is parked."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Integer, Select, func, select, true
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.closing.types import CloseRun, ParkedSubscription
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from core.billing_cycles import repository
from core.billing_cycles.tables import CloseChunkRow, CloseRunRow, ParkedSubscriptionRow
from core.tenancy import Capability

LATEST: Final = Sort("closeRun.latest", key(col(CloseRunRow.id), UUID, descending=True))
BY_SUBSCRIPTION: Final = Sort(
    "parkedSubscription.id",
    key(col(ParkedSubscriptionRow.subscription_id), UUID),
    key(col(ParkedSubscriptionRow.due_at), datetime),
)


class RunListing(Listing[repository.RunProgress, CloseRun]):
    """Runs with what their chunks say; only those of the page are counted."""

    def statement(self, tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
        """Select the tenant's runs that fulfil the conditions."""
        chunk, run = CloseChunkRow, CloseRunRow
        done = col(chunk.state) == "done"
        counted = (
            select(
                func.count().label("chunks"),
                func.count().filter(done).label("chunks_done"),
                func.coalesce(func.sum(col(chunk.invoices)), 0, type_=Integer).label(
                    "invoices"
                ),
                _total(col(chunk.parked)).label("parked"),
                func.max(col(chunk.done_at)).label("last_done_at"),
            )
            .where(col(chunk.tenant_id) == col(run.tenant_id), col(chunk.run_id) == col(run.id))
            .lateral("counted")
        )
        own = ("id", "due_until", "created_at", "frozen_at", "periods", "subscriptions")
        columns: list[Any] = [*(getattr(run, name) for name in own), *counted.c]
        return (
            select(*columns)
            .join(counted, true())
            .where(col(run.tenant_id) == tenant_id, *where)
        )


def _total(column: Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(column), 0, type_=Integer)


RUNS: Final = RunListing(table=CloseRunRow, record=repository.RunProgress, show=CloseRun.of)
PARKED: Final = Listing(
    table=ParkedSubscriptionRow,
    record=repository.ParkedSubscription,
    show=ParkedSubscription.of,
)


@strawberry.type(description="Reads of closing.")
class ClosingQuery:
    """Reads of closing."""

    @strawberry.field(description="Closings and how far they are, the last one first.")
    @requires(Capability.INVOICE_READ)
    @paged
    async def close_runs(
        self,
        info: Info,
        *,
        asked: PageArguments,
    ) -> Connection[CloseRun] | None:
        """Return a page of runs."""
        page = asked.in_order(LATEST)
        return await page_of(info, RUNS, sort=LATEST, page=page)

    @strawberry.field(description="What could not be billed and waits, with the reasons.")
    @requires(Capability.INVOICE_READ)
    @paged
    async def parked_subscriptions(
        self,
        info: Info,
        *,
        asked: PageArguments,
    ) -> Connection[ParkedSubscription] | None:
        """Return a page of what is parked."""
        page = asked.in_order(BY_SUBSCRIPTION)
        waiting = [col(ParkedSubscriptionRow.healed_at).is_(None)]
        return await page_of(info, PARKED, sort=BY_SUBSCRIPTION, page=page, where=waiting)
