"""Making and changing jobs: what is stored, what is told, and what is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.accounts.open_account import AccountClosed
from core.accounts.update_account import AccountNotFound
from core.catalogue.errors import CatalogueEntryUnknown
from core.db import Tx
from core.jobs import repository
from core.jobs.add_line import add_line
from core.jobs.amend_terms import amend_terms
from core.jobs.cancel import cancel_job
from core.jobs.change_line import change_line
from core.jobs.complete import complete_job
from core.jobs.create import CreateJob, create_job
from core.jobs.lifecycle import WrongJobState
from core.jobs.lines import NewLine
from core.jobs.refusals import (
    ExpectedTooEarly,
    JobLineNotFound,
    JobLinesRefused,
    JobNotBillable,
    JobNotFound,
    JobRefTaken,
    JobTermsMissing,
    NotForJobs,
)
from core.jobs.remove_line import remove_line
from core.jobs.start import start_job
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.subscriptions.refusals import (
    InvalidQuantity,
    NoLongerOffered,
    NothingToChange,
    NotRated,
    PlanNotAllowed,
)
from tests.building import FIRST, utc
from tests.integration.jobs.conftest import Works


async def test_a_job_begins_with_what_its_type_says(works: Works) -> None:
    """Terms of the type, their default plan, and 14 days from 1 to 15 January."""
    client = await works.shop.customer()
    job = await works.job(client, ("hours", "5"), ("antenna", "2"), ref="J-1")

    assert (job.state, job.currency, job.is_billable) == ("draft", "EUR", True)
    assert (job.starts_at, job.expected_at) == (FIRST, utc(1, 15))
    assert job.agreement_date == date(2026, 1, 1)
    assert job.completed_at is None
    assert await works.stored(job) == job
    async with works.shop.at() as tx:
        lines = (await repository.lines_of(tx, [job.id]))[job.id]
        assert [line.quantity for line in lines] == [Decimal(5), Decimal(2)]
        assert await repository.job_by_ref(tx, "J-1") == job


async def test_every_change_is_in_the_history_the_audit_trail_and_the_outbox(
    works: Works,
) -> None:
    """Made, begun, a line added, changed and removed, completed: six entries in each."""
    job = await works.job(await works.shop.customer(), terms="by-night")
    async with works.shop.at(utc(1, 2)) as tx:
        await start_job(tx, job_id=job.id)
    async with works.shop.at(utc(1, 3)) as tx:
        line = await add_line(tx, job_id=job.id, line=NewLine("fee"))
    async with works.shop.at(utc(1, 4)) as tx:
        await change_line(tx, job_id=job.id, line_id=line.id, quantity=Decimal(2))
    async with works.shop.at(utc(1, 5)) as tx:
        await remove_line(tx, job_id=job.id, line_id=line.id)
    await works.completed(job, now=utc(1, 6))

    told = [
        "job.created", "job.started", "job.line_added", "job.line_changed",
        "job.line_removed", "job.completed",
    ]  # fmt: skip
    for sql in (
        "SELECT action FROM history_entry WHERE tenant_id = $1 AND subject_id = $2 ORDER BY id",
        "SELECT action FROM audit_entry WHERE tenant_id = $1 AND subject_id = $2 ORDER BY id",
        "SELECT topic FROM outbox WHERE tenant_id = $1 AND subject_id = $2 ORDER BY id",
    ):
        assert [row[0] for row in await works.shop.rows(sql, job.id)] == told


async def test_a_type_that_is_not_billed_has_no_terms_and_is_never_due(works: Works) -> None:
    """An inspection is completed, and nothing follows."""
    job = await works.job(await works.shop.customer(), ("unpriced", "1"), job_type="inspection")
    assert (job.is_billable, job.currency, job.billing_terms_version_id) == (False, None, None)

    done = await works.completed(job, now=utc(1, 10))

    assert (done.state, done.due_at) == ("completed", None)
    assert await works.worked(utc(3)) == 0


async def test_a_cancelled_job_is_not_billed_although_it_was_completed(works: Works) -> None:
    """Before the night's run, a completed job may come to nothing."""
    job = await works.job(await works.shop.customer(), terms="by-night")
    await works.completed(job)
    async with works.shop.at(utc(1, 1, 5)) as tx:
        cancelled = await cancel_job(tx, job_id=job.id)

    assert await works.stored(job) == cancelled
    assert (cancelled.state, cancelled.completed_at, cancelled.due_at) == (
        "cancelled",
        None,
        None,
    )
    assert await works.worked(utc(2)) == 0


Changed = dict[str, Any]


@pytest.mark.parametrize(
    ("change", "refusal", "path"),
    [
        ({"account": "nobody"}, AccountNotFound, ("account",)),
        ({"type": "nothing"}, CatalogueEntryUnknown, ("type",)),
        ({"type": "gone"}, NoLongerOffered, ("type",)),
        ({"type": "loose"}, JobTermsMissing, ("billingTerms",)),
        ({"type": "inspection", "billing_terms": "at-once"}, JobNotBillable, ("billingTerms",)),
        ({"type": "inspection", "price_plan": "works"}, JobNotBillable, ("pricePlan",)),
        ({"billing_terms": "monthly"}, NotForJobs, ("billingTerms",)),
        (
            {"billing_terms": "by-night", "price_plan": "dollars"},
            PlanNotAllowed,
            ("pricePlan",),
        ),
        ({"lines": [NewLine("seats")]}, NotForJobs, ("lines", "0", "product")),
        ({"lines": [NewLine("fee"), NewLine("unpriced")]}, NotRated, ("lines", "1", "product")),
        ({"lines": [NewLine("fee", Decimal(0))]}, InvalidQuantity, ("lines", "0", "quantity")),
        ({"lines": [NewLine("fee")] * 101}, JobLinesRefused, ("lines",)),
        ({"expected_at": FIRST - timedelta(seconds=1)}, ExpectedTooEarly, ("expectedAt",)),
        ({"ref": "taken"}, JobRefTaken, ("ref",)),
    ],
)
async def test_a_job_that_could_not_be_done_is_refused_and_nothing_is_stored(
    works: Works, change: Changed, refusal: type[Refusal], path: tuple[str, ...]
) -> None:
    """Each refusal says where; the only job is the one that was there before."""
    client = await works.shop.customer()
    await works.job(client, ref="taken")
    wanted = CreateJob(**{"account": client, "type": "installation", **change})

    with pytest.raises(refusal) as refused:
        async with works.shop.at(FIRST) as tx:
            await create_job(tx, wanted)

    assert refused.value.path == path
    assert await works.shop.rows("SELECT ref FROM job WHERE tenant_id = $1") == [("taken",)]


async def test_a_closed_account_gets_no_jobs(works: Works) -> None:
    """The account is named by id, and closed."""
    client = await works.shop.customer()
    async with works.shop.at() as tx:
        await tx.execute(
            "UPDATE account SET state = 'closed' WHERE tenant_id = $1", tx.tenant_id
        )
    with pytest.raises(AccountClosed):
        await works.job(client)
    assert await works.shop.rows("SELECT id FROM job WHERE tenant_id = $1") == []


Verb = Callable[[Tx, UUID, UUID], Awaitable[object]]


@pytest.mark.parametrize(
    ("verb", "refusal"),
    [
        (lambda tx, job, line: start_job(tx, job_id=new_id()), JobNotFound),
        (lambda tx, job, line: add_line(tx, job_id=job, line=NewLine("seats")), NotForJobs),
        (lambda tx, job, line: add_line(tx, job_id=job, line=NewLine("unpriced")), NotRated),
        (
            lambda tx, job, line: change_line(
                tx, job_id=job, line_id=line, quantity=Decimal(-1)
            ),
            InvalidQuantity,
        ),
        (lambda tx, job, line: remove_line(tx, job_id=job, line_id=job), JobLineNotFound),
        (lambda tx, job, line: amend_terms(tx, job_id=job), NothingToChange),
        (
            lambda tx, job, line: amend_terms(tx, job_id=job, price_plan="works"),
            NothingToChange,
        ),
        (lambda tx, job, line: amend_terms(tx, job_id=job, price_plan="double"), NotRated),
        (
            lambda tx, job, line: amend_terms(tx, job_id=job, billing_terms="monthly"),
            NotForJobs,
        ),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused_and_nothing_changes(
    works: Works, verb: Verb, refusal: type[Refusal]
) -> None:
    """The job has hours and an antenna, which the double plan does not price."""
    job = await works.job(await works.shop.customer(), ("hours", "5"), ("antenna", "1"))
    async with works.shop.at() as tx:
        before = (await repository.lines_of(tx, [job.id]))[job.id]

    with pytest.raises(refusal):
        async with works.shop.at(FIRST) as tx:
            await verb(tx, job.id, before[0].id)

    async with works.shop.at() as tx:
        assert (await repository.lines_of(tx, [job.id]))[job.id] == before
    assert await works.stored(job) == job


async def test_a_billable_job_without_lines_is_not_completed(works: Works) -> None:
    """There would be nothing to bill; it stays a draft."""
    client = await works.shop.customer()
    async with works.shop.at(FIRST) as tx:
        job = await create_job(tx, CreateJob(account=client, type="installation"))
    with pytest.raises(JobLinesRefused):
        await works.completed(job)
    assert await works.stored(job) == job


async def test_lines_are_fixed_by_completing(works: Works) -> None:
    """Adding, changing and removing are refused in a completed job that is not billed yet."""
    job = await works.job(await works.shop.customer(), terms="by-night")
    await works.completed(job)
    async with works.shop.at() as tx:
        line = (await repository.lines_of(tx, [job.id]))[job.id][0]
        with pytest.raises(WrongJobState):
            await add_line(tx, job_id=job.id, line=NewLine("fee"))
        with pytest.raises(WrongJobState):
            await change_line(tx, job_id=job.id, line_id=line.id, quantity=Decimal(1))
        with pytest.raises(WrongJobState):
            await remove_line(tx, job_id=job.id, line_id=line.id)
        with pytest.raises(WrongJobState):
            await complete_job(tx, job_id=job.id)


async def test_other_terms_move_the_billing_of_a_completed_job(works: Works) -> None:
    """Completed for the night of the 11th; terms that bill at once make it due now."""
    job = await works.job(await works.shop.customer(), terms="by-night")
    await works.completed(job, now=utc(1, 10))
    async with works.shop.at(utc(1, 10, 6)) as tx:
        amended = await amend_terms(tx, job_id=job.id, billing_terms="at-once")
    assert amended.due_at == utc(1, 10, 6)
    assert await works.worked(utc(1, 10, 7)) == 1
