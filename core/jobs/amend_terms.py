"""Give a job other billing terms or another price plan, until it is billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core.catalogue.records import Product
from core.catalogue.repository import heads_by_ids
from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import JobAtHand, job_at_hand, leave_trace
from core.jobs.candidates import PresentJob
from core.jobs.choosing import (
    JobTerms,
    current_terms,
    plan_columns,
    present_terms,
    with_plan,
)
from core.jobs.due import JobBilling, due_time, tell_due
from core.jobs.records import Job
from core.jobs.refusals import JobNotBillable
from core.subscriptions.choices import Named
from core.subscriptions.offers import check_currency, check_rated
from core.subscriptions.plan_choice import require_selectable
from core.subscriptions.refusals import NothingToChange


async def amend_terms(
    tx: Tx,
    *,
    job_id: UUID,
    billing_terms: Named | None = None,
    price_plan: Named | None = None,
    unit_id: UUID | None = None,
    billing: JobBilling | None = None,
) -> Job:
    """Change the terms, the plan or both; every line must have a rate in the plan.

    Other terms without a plan bring their default one. A job that is completed and not
    billed is billed when the new terms say; with `billing`, what is due at once is billed in
    this very transaction.

    Raises:
        JobNotFound, JobBilled, WrongJobState, JobNotBillable, NothingToChange, NotForJobs,
        CatalogueEntryUnknown, NoLongerOffered, PlanNotAllowed, NoPlanVersionEffective,
        NotRated, CurrencyMismatch, ConditionNotMet, ConditionFailed
    """
    at_hand = await job_at_hand(tx, job_id, verb="amend_terms")
    present = await present_terms(tx, at_hand.job)
    if present is None:
        raise JobNotBillable("jobs of this type are not billed and have no terms")
    if billing_terms is None and price_plan is None:
        raise NothingToChange("name billing terms, a price plan, or both")
    version = await current_terms(
        tx, present.version.terms_id if billing_terms is None else billing_terms
    )
    terms = await with_plan(tx, version, price_plan=price_plan, at=at_hand.now, unit_id=unit_id)
    check_currency(terms.offer, currency=present.offer.plan.currency)
    await require_selectable(tx, terms.offer, candidate=PresentJob(at_hand.id, terms.version))
    columns = plan_columns(terms)
    if all(getattr(at_hand.job, name) == value for name, value in columns.items()):
        raise NothingToChange("the job has these terms and this plan already")
    await _check_lines(tx, at_hand, terms)
    due_at = await _due_at(tx, at_hand, terms)
    changed = replace(
        at_hand.job,
        **columns,  # type: ignore[arg-type] # four columns, by their names
        due_at=due_at,
        park_code=None,
        park_reason=None,
        retry_at=None,
    )
    await repository.set_terms(tx, changed)
    if billing is not None and due_at is not None and due_at <= at_hand.now:
        await billing.bill_now(tx, at_hand.id)
    await leave_trace(
        tx,
        action="job.terms_amended",
        job_id=at_hand.id,
        account_id=at_hand.account.id,
        details=_told(terms, before=present),
    )
    if due_at is not None and not at_hand.job.is_test:
        await tell_due(tx, at=due_at)
    return changed


def _told(terms: JobTerms, *, before: JobTerms) -> dict[str, str]:
    return {
        "pricePlan": terms.offer.plan.code,
        "billingTerms": terms.version.code,
        "pricePlanBefore": before.offer.plan.code,
        "billingTermsBefore": before.version.code,
    }


async def _check_lines(tx: Tx, at_hand: JobAtHand, terms: JobTerms) -> None:
    products = await heads_by_ids(tx, Product, {line.product_id for line in at_hand.lines})
    for line in at_hand.lines:
        check_rated(
            products[line.product_id], terms.offer, terms=terms.version, path=("pricePlan",)
        )


async def _due_at(tx: Tx, at_hand: JobAtHand, terms: JobTerms) -> datetime | None:
    if at_hand.job.completed_at is None:
        return None
    return await due_time(
        tx, bills=terms.version.bills, account=at_hand.account, now=at_hand.now
    )
