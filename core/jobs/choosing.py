"""The billing terms and the price plan that a job takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.records import PricePlan
from core.catalogue.repository import head_by_code
from core.catalogue.schema.job_types import JobTypeDefinition
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.jobs.records import Job
from core.jobs.refusals import JobNotBillable, JobTermsMissing, NotForJobs
from core.subscriptions.choices import Named, chosen_offer, chosen_terms
from core.subscriptions.offers import Offer, check_plan


@dataclass(frozen=True, slots=True)
class JobTerms:
    """A version of terms for jobs, and the plan version that prices under them."""

    version: TermsVersion
    offer: Offer


async def chosen(
    tx: Tx,
    *,
    job_type: JobTypeDefinition,
    billing_terms: Named | None,
    price_plan: Named | None,
    at: datetime,
) -> JobTerms | None:
    """Return what a new job takes; None where its type is not billed.

    Without terms it is the type's, without a plan the terms' default one.

    Raises:
        JobNotBillable, JobTermsMissing, NotForJobs, CatalogueEntryUnknown,
        NoLongerOffered, PlanNotAllowed, NoPlanVersionEffective
    """
    if not job_type.billable:
        for given, path in ((billing_terms, "billingTerms"), (price_plan, "pricePlan")):
            if given is not None:
                raise JobNotBillable(
                    f"jobs of type {job_type.code} are not billed; leave it out", path=(path,)
                )
        return None
    named_terms = billing_terms if billing_terms is not None else job_type.terms
    if named_terms is None:
        raise JobTermsMissing(
            f"job type {job_type.code} has no billing terms; name some", path=("billingTerms",)
        )
    return await taken(tx, billing_terms=named_terms, price_plan=price_plan, at=at)


async def taken(
    tx: Tx, *, billing_terms: Named, price_plan: Named | None, at: datetime
) -> JobTerms:
    """Return terms for jobs and a plan that they allow, as they are sold at an instant."""
    version = await chosen_terms(tx, billing_terms)
    if version.kind != "job":
        raise NotForJobs(
            f"billing terms {version.code} are {version.kind}, not for jobs; choose others",
            path=("billingTerms",),
        )
    offer = await chosen_offer(tx, price_plan, terms=version, at=at)
    check_plan(offer, terms=version)
    return JobTerms(version, offer)


async def present_terms(tx: Tx, job: Job) -> JobTerms | None:
    """Return what a job has; None where it is not billed."""
    if job.billing_terms_version_id is None or job.price_plan_version_id is None:
        return None
    terms = await load_terms_versions(tx, [job.billing_terms_version_id])
    plans = await load_plan_versions(tx, [job.price_plan_version_id])
    version = plans[job.price_plan_version_id]
    head = await head_by_code(tx, PricePlan, version.code)
    return JobTerms(terms[job.billing_terms_version_id], Offer(head, version))


def plan_columns(terms: JobTerms | None) -> dict[str, UUID | str | None]:
    """Return the columns of a job that its terms decide."""
    if terms is None:
        return {
            "currency": None,
            "billing_terms_version_id": None,
            "price_plan_version_id": None,
            "base_plan_version_id": None,
        }
    return {
        "currency": terms.offer.plan.currency,
        "billing_terms_version_id": terms.version.id,
        "price_plan_version_id": terms.offer.version.id,
        "base_plan_version_id": None,
    }
