"""Inputs and payloads of the mutations of jobs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from api.features.accounts.payloads import AttributeInput
from api.features.jobs.types import Job
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS, RefTaken
from core.accounts.attributes import InvalidAttribute
from core.accounts.open_account import AccountClosed
from core.billing_cycles.job_storing import JobNotParked
from core.catalogue.errors import NoPlanVersionEffective
from core.contact_details import InvalidText
from core.jobs.lifecycle import JobBilled, WrongJobState
from core.jobs.refusals import (
    ExpectedTooEarly,
    JobLinesRefused,
    JobNotBillable,
    JobTermsMissing,
    NotForJobs,
)
from core.kernel.conditions import ConditionFailed
from core.subscriptions.refusals import (
    ConditionNotMet,
    InvalidQuantity,
    NoLongerOffered,
    NotRated,
    PlanNotAllowed,
)

OF_A_PLAN: Any = (
    PlanNotAllowed,
    NoLongerOffered,
    NoPlanVersionEffective,
    NotRated,
    NotForJobs,
    JobNotBillable,
    ConditionNotMet,
    ConditionFailed,
)
OF_A_STATE: Any = (WrongJobState, JobBilled)


@strawberry.input(description="A product that a job brings.")
class JobLineInput:
    """A product and a quantity."""

    product: strawberry.ID = strawberry.field(
        description="A one-time service, goods or an expense, by id or code."
    )
    quantity: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Hours of a one-time service, pieces of anything else; 1 where left out.",
    )


@strawberry.input(description="A job to be.")
class JobCreateInput(IdempotentInput, DryRunInput):
    """What is to be done for an account."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    type: strawberry.ID = strawberry.field(description="The job type, by id or code.")
    billing_terms: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Terms for jobs, by id or code; without them, the type's.",
    )
    price_plan: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By id or code; without it, the terms' default."
    )
    lines: list[JobLineInput] = strawberry.field(
        default_factory=list, description="Up to 100 products; more can be added later."
    )
    starts_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When it starts; now, where left out."
    )
    expected_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it is to be completed; its start and the type's estimate, where "
        "left out.",
    )
    agreement_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="When it was agreed; today, where left out."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="What is to be done."
    )
    classification: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own grouping."
    )
    attributes: list[AttributeInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Attributes of your own, which conditions read; at most 100.",
    )
    ref: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own reference; it can name it."
    )


@strawberry.type(description="The new job, or why there is none.")
class JobCreatePayload:
    """What jobCreate did."""

    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobCreate",
        RefTaken,
        *OF_A_PLAN,
        JobTermsMissing,
        JobLinesRefused,
        InvalidQuantity,
        ExpectedTooEarly,
        AccountClosed,
        InvalidText,
        InvalidAttribute,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(
    description="What is to change of a job's description; what is left out stays as it is."
)
class JobUpdateInput(IdempotentInput, DryRunInput):
    """Other texts and attributes."""

    job: strawberry.ID = strawberry.field(description="The job, by id or ref.")
    description: strawberry.Maybe[str | None] = strawberry.field(
        description="What is to be done; null for nothing."
    )
    classification: strawberry.Maybe[str | None] = strawberry.field(
        description="Your own grouping; null for none."
    )
    attributes: strawberry.Maybe[list[AttributeInput]] = strawberry.field(
        description="All of its attributes, in place of those it had."
    )


@strawberry.type(description="The job as it is now, or why nothing changed.")
class JobUpdatePayload:
    """What jobUpdate did."""

    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobUpdate", InvalidText, InvalidAttribute, *OF_A_STATE, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="A draft whose work begins.")
class JobStartInput(IdempotentInput, DryRunInput):
    """A job."""

    job: strawberry.ID = strawberry.field(description="The job, by id or ref.")


@strawberry.type(description="The job in progress, or why nothing changed.")
class JobStartPayload:
    """What jobStart did."""

    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobStart", *OF_A_STATE, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="A job that is done now.")
class JobCompleteInput(IdempotentInput, DryRunInput):
    """A job; when it was done is its account's time, and not to be given."""

    job: strawberry.ID = strawberry.field(description="The job, by id or ref.")


@strawberry.type(
    description="The completed job, or why nothing changed. Under terms that bill at once it "
    "has its invoice, unless a discount waits to be decided or billing it failed (`parking`)."
)
class JobCompletePayload:
    """What jobComplete did."""

    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobComplete", JobLinesRefused, *OF_A_STATE, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="A job that comes to nothing; it is not billed yet.")
class JobCancelInput(IdempotentInput, DryRunInput):
    """A job."""

    job: strawberry.ID = strawberry.field(description="The job, by id or ref.")


@strawberry.type(description="The cancelled job, or why nothing changed.")
class JobCancelPayload:
    """What jobCancel did."""

    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors(
        "JobCancel", *OF_A_STATE, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="A job that could not be billed.")
class JobBillingRetryInput:
    """A job."""

    job: strawberry.ID = strawberry.field(description="The job, by id or ref.")


@strawberry.type(description="The job, which is tried again at once, or why it is not.")
class JobBillingRetryPayload:
    """What jobBillingRetry did."""

    job: Job | None = strawberry.field(description="The job.", default=None)
    user_errors: list[UserError] = user_errors("JobBillingRetry", JobNotParked, *NAME_REFUSALS)
