"""Changing the lines of a job: the products that it brings."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.types import PRODUCT_ID
from api.features.jobs.answers import Changed, changed, job_key, line_key, run_change
from api.features.jobs.payloads import OF_A_STATE
from api.features.jobs.types import Job, JobLine
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.references import given, reference
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.db import Tx
from core.jobs.add_line import add_line
from core.jobs.change_line import change_line
from core.jobs.lines import NewLine
from core.jobs.refusals import JobLinesRefused, NotForJobs
from core.jobs.remove_line import remove_line
from core.subscriptions.offers import ONE
from core.subscriptions.refusals import (
    InvalidQuantity,
    NoLongerOffered,
    NotRated,
)
from core.tenancy import Capability


@strawberry.input(description="A product to be added to a job that is not completed.")
class JobLineAddInput(IdempotentInput, DryRunInput):
    """A product."""

    job: strawberry.ID = strawberry.field(description="The job, by id or ref.")
    product: strawberry.ID = strawberry.field(description="The product, by id or code.")
    quantity: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="Hours, or pieces; 1 where left out."
    )


@strawberry.type(description="The new line, or why there is none.")
class JobLineAddPayload:
    """What jobLineAdd did."""

    line: JobLine | None = strawberry.field(description="The line.", default=None)
    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobLineAdd",
        NotRated,
        NotForJobs,
        NoLongerOffered,
        InvalidQuantity,
        JobLinesRefused,
        *OF_A_STATE,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Another quantity of a line, until the job is completed.")
class JobLineChangeQuantityInput(IdempotentInput, DryRunInput):
    """A line's quantity."""

    line: strawberry.ID = strawberry.field(description="The line, by id.")
    quantity: Decimal = strawberry.field(description="How many hours, or pieces.")


@strawberry.type(description="The line with its quantity, or why nothing changed.")
class JobLineChangeQuantityPayload:
    """What jobLineChangeQuantity did."""

    line: JobLine | None = strawberry.field(description="The line.", default=None)
    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobLineChangeQuantity", InvalidQuantity, *OF_A_STATE, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="A line that is taken off its job.")
class JobLineRemoveInput(IdempotentInput, DryRunInput):
    """A line."""

    line: strawberry.ID = strawberry.field(description="The line, by id.")


@strawberry.type(description="The job without the line, or why nothing changed.")
class JobLineRemovePayload:
    """What jobLineRemove did."""

    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobLineRemove", *OF_A_STATE, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.type(description="Changes of the lines of jobs.")
class JobLinesMutation:
    """Changes of the lines of jobs."""

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
            added = await add_line(tx, job_id=key, line=new_line(input.product, input.quantity))
            return await changed(tx, key, line_id=added.id)

        answer = await run_change(info, operation="jobLineAdd", given=input, verb=verb)
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

        answer = await run_change(
            info, operation="jobLineChangeQuantity", given=input, verb=verb
        )
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

        answer = await run_change(info, operation="jobLineRemove", given=input, verb=verb)
        return JobLineRemovePayload(job=Job.of(answer.job))


def new_line(product: str, quantity: Decimal | None, *, path: tuple[str, ...] = ()) -> NewLine:
    """Read a product and its quantity, which is 1 where it is left out."""
    named = reference(PRODUCT_ID, product, path=(*path, "product"))
    wanted = given(quantity)
    return NewLine(named, ONE if wanted is None else wanted)


def _line(answer: Changed) -> JobLine | None:
    return None if answer.line is None else JobLine.of(answer.line)
