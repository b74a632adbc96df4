"""The lists of jobs: the tenant's, and an account's."""

from __future__ import annotations

from enum import Enum
from typing import Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, select
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID, Account
from api.features.jobs.types import Job, JobState
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from api.references import choice, given, named_in
from core.accounts.tables import AccountRow
from core.catalogue.tables import CatalogueEntryRow
from core.jobs import records
from core.jobs.tables import JobRow
from core.tenancy import Capability

JOBS: Final = Listing(table=JobRow, record=records.Job, show=Job.of)
BY_CREATION: Final = Sort("job.id", key(col(JobRow.id), UUID))
LATEST_FIRST: Final = Sort("job.latest", key(col(JobRow.id), UUID, descending=True))

_pages = pages_below(JOBS, parent=col(JobRow.account_id), sort=BY_CREATION)


@strawberry.enum(description="The order of a list of jobs.")
class JobOrder(Enum):
    """Orders with an index."""

    CREATED = strawberry.enum_value("created", description="The first made first.")
    LATEST = strawberry.enum_value("latest", description="The last made first.")


SORTS: Final = {JobOrder.CREATED: BY_CREATION, JobOrder.LATEST: LATEST_FIRST}


@strawberry.input(description="Which jobs a list holds; everything given must hold.")
class JobWhere:
    """Filters on jobs."""

    account: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this account, by id or ref."
    )
    state: strawberry.Maybe[JobState] = strawberry.field(
        description="Only those in this state."
    )
    type: strawberry.Maybe[str] = strawberry.field(
        description="Only those of the type with this code."
    )
    is_parked: strawberry.Maybe[bool] = strawberry.field(
        description="Only those whose billing failed and waits to be tried again, or only "
        "the others."
    )


_NAMED: Final = {"account": (ACCOUNT_ID, AccountRow, col(JobRow.account_id))}


def conditions(where: JobWhere | None, tenant_id: UUID | None) -> list[ColumnElement[bool]]:
    """Return a filter as conditions of SQL; an unknown name leads to no job."""
    found: list[ColumnElement[bool]] = []
    wanted = given(where)
    if wanted is None:
        return found
    found += named_in(wanted, _NAMED, tenant_id=tenant_id)
    if wanted.state is not None:
        found.append(col(JobRow.state) == choice(wanted.state.value))
    if wanted.type is not None:
        entry = select(col(CatalogueEntryRow.id)).where(
            col(CatalogueEntryRow.tenant_id) == tenant_id,
            col(CatalogueEntryRow.section) == "job_types",
            col(CatalogueEntryRow.code) == wanted.type.value,
        )
        found.append(col(JobRow.type_id) == entry.scalar_subquery())
    if wanted.is_parked is not None:
        parked = col(JobRow.park_code).is_not(None)
        found.append(parked if wanted.is_parked.value else ~parked)
    return found


@strawberry.type(description="The jobs below an account.")
class AccountJobs:
    """A field of `Account`."""

    @strawberry.field(description="Its jobs, in the order they were made.")
    @requires(Capability.JOB_READ)
    @paged
    async def jobs(
        self,
        info: Info,
        root: strawberry.Parent[Account],
        *,
        asked: PageArguments,
    ) -> Connection[Job] | None:
        """Return a page of jobs."""
        return await _pages.page(info, parent=root.key, asked=asked)
