"""The price plans that a caller may choose for a job."""

from __future__ import annotations

from uuid import UUID

from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.jobs import repository
from core.jobs.candidates import PresentJob
from core.jobs.choosing import current_terms
from core.jobs.refusals import JobNotFound
from core.subscriptions.choices import Named
from core.subscriptions.plan_choice import AvailablePlan, available_plans


async def plans_for_job(
    tx: Tx, job_id: UUID, *, billing_terms: Named | None, unit_id: UUID | None
) -> list[AvailablePlan]:
    """Return the plans that a job could be billed by; none for one that is not billed.

    Raises:
        JobNotFound, CatalogueEntryUnknown, NoLongerOffered, NotForJobs
    """
    job = await repository.job(tx, job_id)
    if job is None:
        raise JobNotFound("there is no such job; check its id", path=("job",))
    account = await accounts.account(tx, job.account_id)
    assert account is not None  # a foreign key
    if billing_terms is not None:
        terms = await current_terms(tx, billing_terms)
    elif job.billing_terms_version_id is not None:
        held = job.billing_terms_version_id
        terms = (await load_terms_versions(tx, [held]))[held]
    else:
        return []
    return await available_plans(
        tx,
        terms=terms,
        at=account_now(tx, account),
        unit_id=unit_id,
        candidate=PresentJob(job_id, terms),
        currency=job.currency,
    )
