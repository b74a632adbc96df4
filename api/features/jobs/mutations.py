"""Changing jobs: making them, their texts, and their end."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import given_attributes
from api.features.accounts.types import ACCOUNT_ID
from api.features.catalogue.entry_types import IDS
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.terms import BILLING_TERMS_ID
from api.features.invoices.pricing import jobs_now
from api.features.jobs.answers import Changed, changed, job_key, run_change
from api.features.jobs.line_mutations import new_line
from api.features.jobs.payloads import (
    JobBillingRetryInput,
    JobBillingRetryPayload,
    JobCancelInput,
    JobCancelPayload,
    JobCompleteInput,
    JobCompletePayload,
    JobCreateInput,
    JobCreatePayload,
    JobStartInput,
    JobStartPayload,
    JobUpdateInput,
    JobUpdatePayload,
)
from api.features.jobs.types import Job
from api.graphql.errors import answers_refusals
from api.references import given, reference, reference_if_given
from core import audit
from core.accounts.update_account import UNCHANGED
from core.billing_cycles.job_storing import retry_job
from core.db import Tx
from core.jobs.cancel import cancel_job
from core.jobs.complete import complete_job
from core.jobs.create import CreateJob, create_job
from core.jobs.repository import lock_job
from core.jobs.start import start_job
from core.jobs.update import UpdateJob, update_job
from core.tenancy import Capability


@strawberry.type(description="Changes of jobs.")
class JobsMutation:
    """Changes of jobs."""

    @strawberry.mutation(description="Makes a job for an account, as a draft.")
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobCreatePayload)
    async def job_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobCreateInput, strawberry.argument(description="The job to be.")
        ],
    ) -> JobCreatePayload:
        """Create a job."""

        async def verb(tx: Tx) -> Changed:
            made = await create_job(tx, _command(info, input))
            return await changed(tx, made.id)

        answer = await run_change(info, operation="jobCreate", given=input, verb=verb)
        return JobCreatePayload(job=Job.of(answer.job))

    @strawberry.mutation(
        description="Changes the description, the classification or the attributes of a job "
        "that is not billed. Conditions that its billing asks read them by then."
    )
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobUpdatePayload)
    async def job_update(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobUpdateInput, strawberry.argument(description="What is different.")
        ],
    ) -> JobUpdatePayload:
        """Update a job."""

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            await update_job(tx, _update(key, input))
            return await changed(tx, key)

        answer = await run_change(info, operation="jobUpdate", given=input, verb=verb)
        return JobUpdatePayload(job=Job.of(answer.job))

    @strawberry.mutation(description="Lets a draft be in progress.")
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobStartPayload)
    async def job_start(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobStartInput, strawberry.argument(description="Which.")
        ],
    ) -> JobStartPayload:
        """Start a job."""

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            await start_job(tx, job_id=key)
            return await changed(tx, key)

        answer = await run_change(info, operation="jobStart", given=input, verb=verb)
        return JobStartPayload(job=Job.of(answer.job))

    @strawberry.mutation(
        description="Completes a job now, which makes it due: billed at once, or by the next "
        "run, as its terms say."
    )
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobCompletePayload)
    async def job_complete(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobCompleteInput, strawberry.argument(description="Which.")
        ],
    ) -> JobCompletePayload:
        """Complete a job."""
        billing = jobs_now(info.context)

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            await complete_job(tx, job_id=key, billing=billing)
            return await changed(tx, key)

        answer = await run_change(info, operation="jobComplete", given=input, verb=verb)
        return JobCompletePayload(job=Job.of(answer.job))

    @strawberry.mutation(description="Cancels a job that is not billed.")
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobCancelPayload)
    async def job_cancel(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobCancelInput, strawberry.argument(description="Which.")
        ],
    ) -> JobCancelPayload:
        """Cancel a job."""

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            await cancel_job(tx, job_id=key)
            return await changed(tx, key)

        answer = await run_change(info, operation="jobCancel", given=input, verb=verb)
        return JobCancelPayload(job=Job.of(answer.job))

    @strawberry.mutation(
        description="Lets the workers try again at once to bill a job that could not be billed."
    )
    @requires(Capability.BILLING_RUN)
    @answers_refusals(JobBillingRetryPayload)
    async def job_billing_retry(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobBillingRetryInput, strawberry.argument(description="Which.")
        ],
    ) -> JobBillingRetryPayload:
        """Bring the next try forward."""

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            await lock_job(tx, key)
            await retry_job(tx, key)
            await audit.record(tx, action="job.retry_asked", subject_type="job", subject_id=key)
            return await changed(tx, key)

        answer = await run_change(info, operation="jobBillingRetry", given=input, verb=verb)
        return JobBillingRetryPayload(job=Job.of(answer.job))


def _command(info: Info, asked: JobCreateInput) -> CreateJob:
    return CreateJob(
        account=reference(ACCOUNT_ID, asked.account, path=("account",)),
        type=reference(IDS["job_types"], asked.type, path=("type",)),
        billing_terms=reference_if_given(
            BILLING_TERMS_ID, asked.billing_terms, path=("billingTerms",)
        ),
        price_plan=reference_if_given(PRICE_PLAN_ID, asked.price_plan, path=("pricePlan",)),
        lines=[
            new_line(line.product, line.quantity, path=("lines", str(number)))
            for number, line in enumerate(asked.lines)
        ],
        starts_at=given(asked.starts_at),
        expected_at=given(asked.expected_at),
        agreement_date=given(asked.agreement_date),
        description=given(asked.description),
        classification=given(asked.classification),
        attributes=given_attributes(given(asked.attributes) or ()),
        ref=given(asked.ref),
        unit_id=info.context.principal.org_unit_id,
    )


def _update(key: UUID, asked: JobUpdateInput) -> UpdateJob:
    description, classification = asked.description, asked.classification
    attributes = asked.attributes
    return UpdateJob(
        job_id=key,
        description=UNCHANGED if description is None else description.value,
        classification=UNCHANGED if classification is None else classification.value,
        attributes=UNCHANGED if attributes is None else given_attributes(attributes.value),
    )
