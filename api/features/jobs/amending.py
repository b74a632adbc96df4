"""Amending the billing terms or the price plan of a job, until it is billed."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.terms import BILLING_TERMS_ID
from api.features.invoices.pricing import jobs_now
from api.features.jobs.answers import Changed, changed, job_key, run_change
from api.features.jobs.payloads import OF_A_PLAN, OF_A_STATE
from api.features.jobs.types import Job
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.references import reference_if_given
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.db import Tx
from core.jobs.amend_terms import amend_terms
from core.kernel.money import CurrencyMismatch
from core.subscriptions.refusals import (
    NothingToChange,
)
from core.tenancy import Capability


@strawberry.input(
    description="Other billing terms, another price plan or both, until the job is billed."
)
class JobAmendTermsInput(IdempotentInput, DryRunInput):
    """Terms and a plan."""

    job: strawberry.ID = strawberry.field(description="The job, by id or ref.")
    billing_terms: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Terms for jobs, by id or code; the present ones, where left out.",
    )
    price_plan: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="By id or code; the terms' default one, where left out.",
    )


@strawberry.type(description="The job with its terms, or why nothing changed.")
class JobAmendTermsPayload:
    """What jobAmendTerms did."""

    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobAmendTerms",
        *OF_A_PLAN,
        CurrencyMismatch,
        NothingToChange,
        *OF_A_STATE,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.type(description="Amendments of jobs.")
class JobAmendTermsMutation:
    """Amendments of jobs."""

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
        billing = jobs_now(info.context)

        async def verb(tx: Tx) -> Changed:
            key = await job_key(tx, input.job)
            await amend_terms(
                tx,
                job_id=key,
                billing_terms=reference_if_given(
                    BILLING_TERMS_ID, input.billing_terms, path=("billingTerms",)
                ),
                price_plan=reference_if_given(
                    PRICE_PLAN_ID, input.price_plan, path=("pricePlan",)
                ),
                unit_id=info.context.principal.org_unit_id,
                billing=billing,
            )
            return await changed(tx, key)

        answer = await run_change(info, operation="jobAmendTerms", given=input, verb=verb)
        return JobAmendTermsPayload(job=Job.of(answer.job))
