"""Tasks of the seller, for its staff, and those of an account."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import Account
from api.features.fulfilment.types import FulfilmentState, FulfilmentTask
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from api.pages_below import pages_below
from api.references import given
from core.fulfilment import records
from core.fulfilment.tables import FulfilmentTaskRow
from core.tenancy import Capability

_TASKS: Final = Listing(table=FulfilmentTaskRow, record=records.Task, show=FulfilmentTask.of)
_BY_CREATION: Final = Sort("task.id", key(col(FulfilmentTaskRow.id), UUID))
_pages = pages_below(_TASKS, parent=col(FulfilmentTaskRow.account_id), sort=_BY_CREATION)


@strawberry.input(description="Which tasks a list holds; everything given must hold.")
class FulfilmentTaskWhere:
    """Filters on tasks."""

    state: strawberry.Maybe[FulfilmentState] = strawberry.field(
        description="Only tasks that are so far."
    )


@strawberry.type(description="Reads of tasks.")
class FulfilmentQuery:
    """Reads of tasks."""

    @strawberry.field(
        description="The seller's tasks. One that begins later is in the list already, with "
        "`opensAt` to come."
    )
    @requires(Capability.SUBSCRIPTION_READ)
    @paged
    async def fulfilment_tasks(
        self,
        info: Info,
        *,
        where: Annotated[
            FulfilmentTaskWhere | None, strawberry.argument(description="Which of them.")
        ] = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[FulfilmentTask] | None:
        """Return a page of tasks."""
        page = asked.in_order(_BY_CREATION)
        conditions: list[ColumnElement[bool]] = []
        wanted = given(where)
        if wanted is not None and wanted.state is not None:
            conditions.append(col(FulfilmentTaskRow.state) == wanted.state.value.value)
        return await page_of(info, _TASKS, sort=_BY_CREATION, page=page, where=conditions)


@strawberry.type(description="What is owed to an account.")
class AccountTasks:
    """Added to `Account`."""

    @strawberry.field(description="Work that is owed for what it bought.")
    @requires(Capability.SUBSCRIPTION_READ)
    @paged
    async def fulfilment_tasks(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[FulfilmentTask]:
        """Return a page of tasks."""
        return await _pages.page(info, parent=root.key, asked=asked)
