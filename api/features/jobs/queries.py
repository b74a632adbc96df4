"""Reading jobs: one, by id or ref, lists of them, and the invoice to come."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.by_name import ById, ByRef, record_named
from api.context import ApiContext, Info
from api.features.invoices.pricing import pricing_of, shown_preview
from api.features.invoices.queries import PREVIEW_COST
from api.features.invoices.types import InvoicePreview
from api.features.jobs.ids import JOB_ID
from api.features.jobs.lists import JOBS, SORTS, JobOrder, JobWhere, conditions
from api.features.jobs.loading import load_jobs
from api.features.jobs.types import Job
from api.graphql.connection import Connection
from api.page_arguments import PageArguments, paged
from api.pages import page_of
from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.billing_cycles.jobs import job_preview
from core.jobs import records, repository
from core.tenancy import Capability


@strawberry.type(description="Reads of jobs.")
class JobsQuery:
    """Reads of jobs."""

    @strawberry.field(description="A job by its id or your own reference, or null.")
    @requires(Capability.JOB_READ)
    async def job(
        self,
        info: Info,
        *,
        id: ById = strawberry.UNSET,  # noqa: A002 - Relay's name
        ref: ByRef = strawberry.UNSET,
    ) -> Job | None:
        """Return a job."""
        found = await record_named(
            info, id, ref, kind=JOB_ID, load=load_jobs, read=repository.job_by_ref
        )
        return None if found is None else Job.of(found)

    @strawberry.field(description="The seller's jobs.")
    @requires(Capability.JOB_READ)
    @paged
    async def jobs(
        self,
        info: Info,
        *,
        where: Annotated[
            JobWhere | None, strawberry.argument(description="Which.")
        ] = strawberry.UNSET,
        order_by: Annotated[
            JobOrder, strawberry.argument(description="In which order.")
        ] = JobOrder.CREATED,
        asked: PageArguments,
    ) -> Connection[Job] | None:
        """Return a page of jobs."""
        sort = SORTS[order_by]
        page = asked.in_order(sort)
        chosen = conditions(where, info.context.tenant_id)
        return await page_of(info, JOBS, sort=sort, page=page, where=chosen)


@strawberry.type(description="What a job would be billed.")
class JobPreview:
    """A field of `Job`."""

    @strawberry.field(
        description="The invoice that it would make by itself if it were completed now, by the "
        "same computation; nothing is stored. Refused where there is nothing to bill.",
        metadata=PREVIEW_COST.metadata(),
    )
    @requires(Capability.INVOICE_READ)
    async def preview(self, info: Info, root: strawberry.Parent[Job]) -> InvoicePreview | None:
        """Compute the invoice."""
        return await _previewed(info.context, root.record)


async def _previewed(context: ApiContext, job: records.Job) -> InvoicePreview:
    async with context.transaction() as tx:
        account = await accounts.account(tx, job.account_id)
        assert account is not None  # a foreign key
        preview = await job_preview(
            tx, job, now=account_now(tx, account), pricing=pricing_of(context.application)
        )
        return await shown_preview(tx, preview)
