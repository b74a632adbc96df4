"""The billing terms and the price plan that a job takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.records import BillingTerms, PricePlan
from core.catalogue.repository import current_terms_versions, head_by_code
from core.catalogue.schema.job_types import JobTypeDefinition
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.jobs.records import Job
from core.jobs.refusals import JobNotBillable, JobTermsMissing, NotForJobs
from core.subscriptions.choices import Named, named
from core.subscriptions.offers import Offer, check_plan
from core.subscriptions.plan_choice import chosen_offer
from core.subscriptions.refusals import NoLongerOffered

_TERMS: Final = ("billingTerms",)


@dataclass(frozen=True, slots=True)
class JobTerms:
    """A version of terms for jobs, and the plan versions that price under them."""

    version: TermsVersion
    offer: Offer


async def terms_named(
    tx: Tx, *, job_type: JobTypeDefinition, billing_terms: Named | None
) -> TermsVersion | None:
    """Return the terms of a new job, its type's where none are named; None: not billed.

    Raises:
        JobNotBillable, JobTermsMissing, NotForJobs, CatalogueEntryUnknown, NoLongerOffered
    """
    if not job_type.billable:
        if billing_terms is None:
            return None
        raise JobNotBillable(
            f"jobs of type {job_type.code} are not billed; leave the terms out", path=_TERMS
        )
    wanted = billing_terms if billing_terms is not None else job_type.terms
    if wanted is None:
        raise JobTermsMissing(
            f"job type {job_type.code} has no billing terms; name some", path=_TERMS
        )
    return await current_terms(tx, wanted)


async def current_terms(tx: Tx, name: Named) -> TermsVersion:
    """Return the current version of billing terms for jobs that are offered."""
    terms = await named(tx, BillingTerms, name, path=_TERMS)
    if terms.kind != "job":
        raise NotForJobs(
            f"billing terms {terms.code} are {terms.kind}, not for jobs; choose others",
            path=_TERMS,
        )
    if terms.state == "retired":
        raise NoLongerOffered(
            f"billing terms {terms.code} are retired; choose others", path=_TERMS
        )
    current = (await current_terms_versions(tx, [terms.id]))[terms.id]
    return (await load_terms_versions(tx, [current.id]))[current.id]


async def with_plan(
    tx: Tx,
    version: TermsVersion,
    *,
    price_plan: Named | None,
    at: datetime,
    unit_id: UUID | None,
) -> JobTerms:
    """Return terms with a plan that they allow, the default one where none is named.

    Raises:
        CatalogueEntryUnknown, NoLongerOffered, PlanNotAllowed, NoPlanVersionEffective
    """
    offer = await chosen_offer(tx, price_plan, terms=version, at=at, unit_id=unit_id)
    check_plan(offer, terms=version)
    return JobTerms(version, offer)


async def present_terms(tx: Tx, job: Job) -> JobTerms | None:
    """Return what a job has; None where it is not billed."""
    if job.billing_terms_version_id is None or job.price_plan_version_id is None:
        return None
    terms = await load_terms_versions(tx, [job.billing_terms_version_id])
    ids = [job.price_plan_version_id, job.base_plan_version_id]
    plans = await load_plan_versions(tx, [one for one in ids if one is not None])
    version = plans[job.price_plan_version_id]
    base = job.base_plan_version_id
    offer = Offer(
        await head_by_code(tx, PricePlan, version.code),
        version,
        None if base is None else plans[base],
    )
    return JobTerms(terms[job.billing_terms_version_id], offer)


def plan_columns(terms: JobTerms | None) -> dict[str, UUID | str | None]:
    """Return the columns of a job that its terms decide."""
    if terms is None:
        return dict.fromkeys(
            (
                "currency",
                "billing_terms_version_id",
                "price_plan_version_id",
                "base_plan_version_id",
            )
        )
    return {
        "currency": terms.offer.plan.currency,
        "billing_terms_version_id": terms.version.id,
        "price_plan_version_id": terms.offer.version.id,
        "base_plan_version_id": terms.offer.base_id,
    }
