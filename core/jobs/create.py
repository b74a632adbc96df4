"""Create a job for an account: its type, terms, plan and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from core.accounts.attributes import checked_attributes
from core.accounts.clock import account_now
from core.accounts.open_account import open_account
from core.accounts.records import Account
from core.catalogue.entries import Entry, entry_by_code, entry_by_id
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.records import Product
from core.catalogue.schema.job_types import JobTypeDefinition
from core.contact_details import optional_line
from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import leave_trace
from core.jobs.candidates import JobToBe
from core.jobs.choosing import JobTerms, plan_columns, terms_named, with_plan
from core.jobs.lines import NewLine, checked_lines
from core.jobs.records import Job, Line
from core.jobs.refusals import ExpectedTooEarly, JobNotBillable, JobRefTaken
from core.kernel.clock import in_utc
from core.kernel.frequency import Frequency
from core.kernel.ids import new_id
from core.kernel.periods import local_day
from core.kernel.zones import time_zone
from core.subscriptions.choices import Named
from core.subscriptions.plan_choice import require_selectable
from core.subscriptions.refusals import NoLongerOffered


@dataclass(frozen=True, slots=True)
class CreateJob:
    """A job to be; account by id or ref, type, terms, plan and products by id or code.

    Without a start it is now; without an expected completion it is the start and the type's
    estimate, in calendar time: 14 days are two weeks, at the same hour of the account's
    zone. `unit_id` is the caller's org unit; the job is the unit's, or the account's.
    """

    account: Named
    type: Named
    billing_terms: Named | None = None
    price_plan: Named | None = None
    lines: Sequence[NewLine] = ()
    starts_at: datetime | None = None
    expected_at: datetime | None = None
    agreement_date: date | None = None
    description: str | None = None
    classification: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    ref: str | None = None
    unit_id: UUID | None = None


async def create_job(tx: Tx, command: CreateJob) -> Job:
    """Create a draft.

    Raises:
        AccountNotFound, AccountClosed, CatalogueEntryUnknown, NoLongerOffered,
        ConditionNotMet, ConditionFailed,
        JobNotBillable, JobTermsMissing, NotForJobs, PlanNotAllowed, NoPlanVersionEffective,
        JobLinesRefused, InvalidQuantity, NotRated, ExpectedTooEarly, JobRefTaken,
        InvalidText, InvalidAttribute
    """
    account = await open_account(tx, command.account)
    now = account_now(tx, account)
    entry = await job_type_named(tx, command.type)
    terms = await _terms(tx, command, entry=entry, now=now)
    products = await checked_lines(tx, command.lines, terms=terms)
    made = _job(tx, command, account=account, entry=entry, terms=terms, now=now)
    if terms is not None:
        would_be = _to_be(made, account=account, entry=entry, terms=terms, products=products)
        await require_selectable(tx, terms.offer, candidate=would_be)
    if not await repository.add_job(tx, made):
        raise JobRefTaken(f"{made.ref!r} is another job's; choose another ref", path=("ref",))
    for wanted, product in zip(command.lines, products, strict=True):
        await repository.add_line(tx, Line(new_id(), made.id, product.id, wanted.quantity))
    await leave_trace(
        tx,
        action="job.created",
        job_id=made.id,
        account_id=account.id,
        details={
            "ref": made.ref,
            "type": entry.code,
            "pricePlan": None if terms is None else terms.offer.plan.code,
            "billingTerms": None if terms is None else terms.version.code,
            "startsAt": made.starts_at,
            "expectedAt": made.expected_at,
            "lines": [
                {"product": product.code, "quantity": f"{wanted.quantity:f}"}
                for wanted, product in zip(command.lines, products, strict=True)
            ],
        },
    )
    return made


async def job_type_named(tx: Tx, name: Named) -> Entry:
    """Return an active job type by id or code.

    Raises:
        CatalogueEntryUnknown, NoLongerOffered
    """
    try:
        if isinstance(name, UUID):
            entry = await entry_by_id(tx, "job_types", name)
        else:
            entry = await entry_by_code(tx, "job_types", name)
    except CatalogueEntryUnknown as unknown:
        raise CatalogueEntryUnknown(unknown.message, path=("type",)) from None
    if entry.state != "active":
        raise NoLongerOffered(
            f"job type {entry.code} is inactive; choose another", path=("type",)
        )
    return entry


async def _terms(tx: Tx, command: CreateJob, *, entry: Entry, now: datetime) -> JobTerms | None:
    job_type = entry.definition
    assert isinstance(job_type, JobTypeDefinition)
    version = await terms_named(tx, job_type=job_type, billing_terms=command.billing_terms)
    if version is not None:
        return await with_plan(
            tx, version, price_plan=command.price_plan, at=now, unit_id=command.unit_id
        )
    if command.price_plan is not None:
        raise JobNotBillable(
            f"jobs of type {entry.code} are not billed; leave the plan out",
            path=("pricePlan",),
        )
    return None


def _to_be(
    made: Job, *, account: Account, entry: Entry, terms: JobTerms, products: Sequence[Product]
) -> JobToBe:
    return JobToBe(
        account_id=account.id,
        terms=terms.version,
        zone=account.timezone,
        type=entry.code,
        classification=made.classification,
        attributes=made.attributes,
        agreement_date=made.agreement_date,
        starts_at=made.starts_at,
        expected_at=made.expected_at,
        products=products,
    )


def _job(
    tx: Tx,
    command: CreateJob,
    *,
    account: Account,
    entry: Entry,
    terms: JobTerms | None,
    now: datetime,
) -> Job:
    starts_at = now if command.starts_at is None else in_utc(command.starts_at)
    return Job(
        id=new_id(),
        account_id=account.id,
        ref=optional_line(command.ref, path=("ref",)),
        type_id=entry.id,
        description=optional_line(command.description, path=("description",)) or "",
        state="draft",
        org_unit_id=command.unit_id or account.org_unit_id,
        classification=optional_line(command.classification, path=("classification",)),
        attributes=checked_attributes(command.attributes),
        is_billable=terms is not None,
        **plan_columns(terms),  # type: ignore[arg-type] # the four columns, by their names
        agreement_date=command.agreement_date or local_day(now, account.timezone),
        starts_at=starts_at,
        expected_at=_expected(command, entry, starts_at=starts_at, zone=account.timezone),
        completed_at=None,
        due_at=None,
        is_test=account.test_clock is not None,
        park_code=None,
        park_reason=None,
        attempts=0,
        retry_at=None,
        created_at=tx.now,
    )


def _expected(command: CreateJob, entry: Entry, *, starts_at: datetime, zone: str) -> datetime:
    if command.expected_at is None:
        assert isinstance(entry.definition, JobTypeDefinition)
        return after_estimate(starts_at, entry.definition.estimate, zone=zone)
    expected_at = in_utc(command.expected_at)
    if expected_at < starts_at:
        raise ExpectedTooEarly(
            "the job would be completed before it starts; give a later time",
            path=("expectedAt",),
        )
    return expected_at


def after_estimate(starts_at: datetime, estimate: str, *, zone: str) -> datetime:
    """Return the start moved by the estimate, at the same hour of the zone.

    `14 days` from 20 March 2026, 09:00 in Paris is 3 April, 09:00 there: an hour less of
    real time, because clocks go forward on 29 March.
    """
    local = starts_at.astimezone(time_zone(zone))
    day = Frequency.parse(estimate).after(local.date(), 1)
    moved = local.replace(year=day.year, month=day.month, day=day.day)
    return max(moved.astimezone(UTC), starts_at)
