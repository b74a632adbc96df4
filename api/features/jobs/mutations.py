"""Changing jobs: making them, their lines, their terms, and their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
from api.features.catalogue.types import PRODUCT_ID
from api.features.invoices.pricing import pricing_of
from api.features.jobs.answers import CHANGED, Changed, changed, job_key, line_key, prime
from api.features.jobs.payloads import (
    JobAmendTermsInput,
    JobAmendTermsPayload,
    JobBillingRetryInput,
    JobBillingRetryPayload,
    JobCancelInput,
    JobCancelPayload,
    JobCompleteInput,
    JobCompletePayload,
    JobCreateInput,
    JobCreatePayload,
    JobLineAddInput,
    JobLineAddPayload,
    JobLineChangeQuantityInput,
    JobLineChangeQuantityPayload,
    JobLineInput,
    JobLineRemoveInput,
    JobLineRemovePayload,
    JobStartInput,
    JobStartPayload,
    JobUpdateInput,
    JobUpdatePayload,
)
from api.features.jobs.types import Job, JobLine
from api.graphql.errors import answers_refusals
from api.graphql.ids import IdKind
from api.mutations import run
from api.references import given, reference
from core import audit
from core.accounts.update_account import UNCHANGED
from core.billing_cycles.job_storing import retry_job
from core.billing_cycles.jobs import JobsNow
from core.db import Tx
from core.jobs.add_line import add_line
from core.jobs.amend_terms import amend_terms
from core.jobs.cancel import cancel_job
from core.jobs.change_line import change_line
from core.jobs.complete import complete_job
from core.jobs.create import CreateJob, create_job
from core.jobs.lines import NewLine
from core.jobs.remove_line import remove_line
from core.jobs.repository import lock_job
from core.jobs.start import start_job
from core.jobs.update import UpdateJob, update_job
from core.subscriptions.choices import Named
from core.subscriptions.offers import ONE
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

        answer = await _run(info, "jobCreate", input, verb)
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

        answer = await _run(info, "jobUpdate", input, verb)
        return JobUpdatePayload(job=Job.of(answer.job))

    @strawberry.mutation(description="Adds a product to a job that is not completed.")
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobLineAddPayload)
    async def job_line_add(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobLineAddInput, strawberry.argument(description="The product.")
        ],
    ) -> JobLineAddPayload:
        """Add a line."""

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            product = reference(PRODUCT_ID, input.product, path=("product",))
            quantity = given(input.quantity)
            line = NewLine(product, ONE if quantity is None else quantity)
            added = await add_line(tx, job_id=key, line=line)
            return await changed(tx, key, line_id=added.id)

        answer = await _run(info, "jobLineAdd", input, verb)
        return JobLineAddPayload(line=_line(answer), job=Job.of(answer.job))

    @strawberry.mutation(description="Changes the quantity of a job's line.")
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobLineChangeQuantityPayload)
    async def job_line_change_quantity(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobLineChangeQuantityInput,
            strawberry.argument(description="The line and its quantity."),
        ],
    ) -> JobLineChangeQuantityPayload:
        """Change a quantity."""

        async def verb(tx: Tx) -> Changed:
            line_id, key = await line_key(tx, input.line)
            await change_line(tx, job_id=key, line_id=line_id, quantity=input.quantity)
            return await changed(tx, key, line_id=line_id)

        answer = await _run(info, "jobLineChangeQuantity", input, verb)
        return JobLineChangeQuantityPayload(line=_line(answer), job=Job.of(answer.job))

    @strawberry.mutation(description="Takes a line off a job that is not completed.")
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobLineRemovePayload)
    async def job_line_remove(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobLineRemoveInput, strawberry.argument(description="The line.")
        ],
    ) -> JobLineRemovePayload:
        """Remove a line."""

        async def verb(tx: Tx) -> Changed:
            line_id, key = await line_key(tx, input.line)
            await remove_line(tx, job_id=key, line_id=line_id)
            return await changed(tx, key)

        answer = await _run(info, "jobLineRemove", input, verb)
        return JobLineRemovePayload(job=Job.of(answer.job))

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

        answer = await _run(info, "jobStart", input, verb)
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
        application = info.context.application
        billing = JobsNow(lambda: pricing_of(application))

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            await complete_job(tx, job_id=key, billing=billing)
            return await changed(tx, key)

        answer = await _run(info, "jobComplete", input, verb)
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

        answer = await _run(info, "jobCancel", input, verb)
        return JobCancelPayload(job=Job.of(answer.job))

    @strawberry.mutation(
        description="Gives a job other billing terms or another price plan, until it is "
        "billed; a completed one is billed when its new terms say."
    )
    @requires(Capability.JOB_WRITE)
    @answers_refusals(JobAmendTermsPayload)
    async def job_amend_terms(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            JobAmendTermsInput, strawberry.argument(description="The terms and the plan.")
        ],
    ) -> JobAmendTermsPayload:
        """Amend terms."""
        application = info.context.application
        billing = JobsNow(lambda: pricing_of(application))

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            await amend_terms(
                tx,
                job_id=key,
                billing_terms=_named(BILLING_TERMS_ID, input.billing_terms, "billingTerms"),
                price_plan=_named(PRICE_PLAN_ID, input.price_plan, "pricePlan"),
                unit_id=info.context.principal.org_unit_id,
                billing=billing,
            )
            return await changed(tx, key)

        answer = await _run(info, "jobAmendTerms", input, verb)
        return JobAmendTermsPayload(job=Job.of(answer.job))

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

        answer = await _run(info, "jobBillingRetry", input, verb)
        return JobBillingRetryPayload(job=Job.of(answer.job))


async def _run(
    info: Info, operation: str, asked: object, verb: Callable[[Tx], Awaitable[Changed]]
) -> Changed:
    return await run(
        info,
        operation=operation,
        given=asked,
        verb=verb,
        answer=CHANGED,
        after=prime(info.context),
    )


def _line(answer: Changed) -> JobLine | None:
    return None if answer.line is None else JobLine.of(answer.line)


def _named(kind: IdKind, text: str | None, name: str) -> Named | None:
    wanted = given(text)
    return None if wanted is None else reference(kind, wanted, path=(name,))


def _new_line(asked: JobLineInput, *, number: int) -> NewLine:
    product = reference(PRODUCT_ID, asked.product, path=("lines", str(number), "product"))
    quantity = given(asked.quantity)
    return NewLine(product, ONE if quantity is None else quantity)


def _command(info: Info, asked: JobCreateInput) -> CreateJob:
    return CreateJob(
        account=reference(ACCOUNT_ID, asked.account, path=("account",)),
        type=reference(IDS["job_types"], asked.type, path=("type",)),
        billing_terms=_named(BILLING_TERMS_ID, asked.billing_terms, "billingTerms"),
        price_plan=_named(PRICE_PLAN_ID, asked.price_plan, "pricePlan"),
        lines=[_new_line(line, number=number) for number, line in enumerate(asked.lines)],
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
