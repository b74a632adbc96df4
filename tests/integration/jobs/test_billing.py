"""Completed jobs become invoices: at once, by the workers, with a closing; once each."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.job_storing import JobNotParked, retry_job
from core.billing_cycles.jobs import bill_due_jobs, job_preview
from core.db import Database
from core.jobs.amend_terms import amend_terms
from core.jobs.cancel import cancel_job
from core.jobs.lifecycle import JobBilled
from core.kernel.clock import FixedClock
from core.kernel.ids import new_id
from core.tenant_due import LONGEST_REST
from tests.building import FIRST, utc
from tests.integration.jobs.conftest import Works

UNPRICED = """
UPDATE job_line SET product_id = (SELECT id FROM product WHERE tenant_id = $1 AND code = $3)
WHERE tenant_id = $1 AND job_id = $2
"""
PENDING = """
INSERT INTO discount_grant (tenant_id, id, definition_id, definition_version_id, account_id,
    job_id, method, percent, effective_from, state, provided_by, provided_at)
SELECT $1, $3, e.id, v.id, $4, $2, 'ad_hoc', 50, $5, 'pending', 'staff:ada', $5
FROM catalogue_entry e JOIN catalogue_entry_version v
    ON v.tenant_id = e.tenant_id AND v.entry_id = e.id
WHERE e.tenant_id = $1 AND e.code = 'installation'
"""
CANCEL = """
UPDATE discount_grant SET state = 'cancelled', cancelled_by = 'staff:ada', cancelled_at = $2
WHERE tenant_id = $1
"""


async def test_terms_that_bill_at_once_make_the_invoice_with_the_completion(
    works: Works,
) -> None:
    """5 hours, tiered: 20 + 4 x 15 = 80, and 20 % of tax in France."""
    job = await works.job(await works.shop.customer())

    done = await works.completed(job, now=utc(1, 10))

    assert (done.state, done.completed_at) == ("completed", utc(1, 10))
    (invoice,) = await works.shop.invoices()
    assert (invoice["number"], invoice["total"], invoice["date"]) == (
        "INV-1",
        "96.00",
        "2026-01-10",
    )
    assert invoice["lines"] == [("one_off", "Installation", "80.00")]
    stored = await works.stored(job)
    assert (stored.due_at, await works.billed(job)) == (None, True)


async def test_each_job_has_an_invoice_of_its_own(works: Works) -> None:
    """Two jobs of one account that a worker finds together: 80 and 8."""
    client = await works.shop.customer()
    for lines in ([("hours", "5")], [("antenna", "1")]):
        await works.completed(await works.job(client, *lines), at_once=False)

    assert await works.worked(utc(1, 2)) == 2

    assert sorted(one["total"] for one in await works.shop.invoices()) == ["9.60", "96.00"]


async def test_an_account_with_one_invoice_has_its_due_jobs_on_it_by_currency(
    works: Works,
) -> None:
    """80 and 8 in euros are one invoice of 88; 5 hours at 10 dollars are another."""
    client = await works.shop.customer(invoice_per="account")
    await works.completed(await works.job(client), at_once=False)
    await works.completed(await works.job(client, ("antenna", "1")), at_once=False)
    dollars = await works.job(client, plan="dollars")
    await works.completed(dollars, at_once=False)

    assert await works.worked(utc(1, 2)) == 2

    totals = sorted(one["total"] for one in await works.shop.invoices())
    assert totals == ["105.60", "60.00"]  # 88 x 1.2, 50 x 1.2


async def test_the_next_run_is_the_night_of_the_account(works: Works) -> None:
    """Completed on 10 January at 15:00, due on the 11th at midnight, and not before."""
    job = await works.job(await works.shop.customer(), terms="by-night")
    done = await works.completed(job, now=utc(1, 10, 15))

    assert done.due_at == utc(1, 11)
    assert await works.worked(utc(1, 10, 23)) == 0
    assert await works.worked(utc(1, 11)) == 1
    assert await works.worked(utc(1, 12)) == 0


async def test_a_closing_takes_the_jobs_of_an_account_with_one_invoice(works: Works) -> None:
    """A seat for January (25) and a job of 80 are one invoice of 105 on 1 February; the
    workers leave the job to the closing.
    """
    client = await works.shop.customer(invoice_per="account")
    await works.shop.subscribed(client, ("seats", "1"), plan="works")
    job = await works.job(client, terms="by-night")
    done = await works.completed(job, now=utc(1, 10))

    assert done.due_at == utc(2)
    assert await works.worked(utc(2)) == 0
    assert await works.shop.close(utc(2)) == 1

    (invoice,) = await works.shop.invoices()
    assert invoice["total"] == "126.00"  # 105 x 1.2
    assert await works.billed(job)
    assert await works.worked(utc(2, 2)) == 0


async def test_completing_wakes_the_workers_and_they_rest_until_the_next_job_is_due(
    works: Works,
) -> None:
    """Due on 2 January at midnight: the tenant is looked at then, and not an hour before. With
    nothing left, the next look is the longest rest later.
    """
    job = await works.job(await works.shop.customer(), terms="by-night")
    await works.completed(job)

    async def look(now: datetime) -> None:
        shop = works.shop
        await bill_due_jobs(shop.db, pricing=shop.pricing, clock=FixedClock(now))

    assert await looked_at(works) == utc(1, 2)
    await look(utc(1, 1, 23))
    assert not await works.billed(job)
    await look(utc(1, 2))
    assert await works.billed(job)
    assert await looked_at(works) == utc(1, 2) + LONGEST_REST


async def looked_at(works: Works) -> datetime:
    """When the workers look at the seller's jobs again."""
    ((found,),) = await works.shop.rows(
        "SELECT due_at FROM tenant_due WHERE tenant_id = $1 AND kind = 'jobs'"
    )
    return found


async def test_eight_workers_bill_a_job_once(works: Works) -> None:
    """Each looks at the tenant at the same moment; one invoice is made in all."""
    job = await works.job(await works.shop.customer(), terms="by-night")
    await works.completed(job)

    made = await asyncio.gather(*(works.worked(utc(1, 2)) for _worker in range(8)))

    assert sum(made) == 1
    assert len(await works.shop.invoices()) == 1


async def test_eight_workers_make_one_invoice_for_an_account(works: Works) -> None:
    """Ten jobs of 8 each, one invoice of 80: an account is one worker's at a time."""
    client = await works.shop.customer(invoice_per="account")
    for _number in range(10):
        one = await works.job(client, ("antenna", "1"), terms="by-night")
        await works.completed(one)

    made = await asyncio.gather(*(works.worked(utc(1, 2)) for _worker in range(8)))

    assert sum(made) == 1
    (invoice,) = await works.shop.invoices()
    assert invoice["total"] == "96.00"


async def test_completing_twice_at_the_same_moment_bills_once(works: Works) -> None:
    """The second waits for the first and is refused: the job is billed."""
    job = await works.job(await works.shop.customer())

    results = await asyncio.gather(
        works.completed(job), works.completed(job), return_exceptions=True
    )

    assert [type(one) for one in results if isinstance(one, Exception)] == [JobBilled]
    assert len(await works.shop.invoices()) == 1


async def test_a_pending_discount_holds_a_job_back_until_it_is_decided(works: Works) -> None:
    """Neither completing nor a worker bills it; cancelled, the next look does."""
    client = await works.shop.customer()
    job = await works.job(client)
    async with works.shop.at() as tx:
        await tx.execute(PENDING, tx.tenant_id, job.id, new_id(), client, FIRST)

    await works.completed(job, now=utc(1, 10))

    assert await works.worked(utc(1, 11)) == 0
    assert await works.shop.invoices() == []
    async with works.shop.at() as tx:
        await tx.execute(CANCEL, tx.tenant_id, utc(1, 11))
    assert await works.worked(utc(1, 12)) == 1


async def test_a_job_that_cannot_be_billed_is_parked_and_its_neighbours_are_not(
    works: Works,
) -> None:
    """Its plan has no rate for what was put past every check; the next try is 5 minutes later,
    and another plan makes it billable at once.
    """
    bad = await works.job(await works.shop.customer("bad"), terms="by-night")
    good = await works.job(await works.shop.customer("good"), terms="by-night")
    async with works.shop.at() as tx:
        await tx.execute(UNPRICED, tx.tenant_id, bad.id, "unpriced")
    for job in (bad, good):
        await works.completed(job)

    assert await works.worked(utc(1, 2)) == 1

    parked = await works.stored(bad)
    assert (parked.park_code, parked.attempts) == ("RATE_MISSING", 1)
    assert parked.retry_at == utc(1, 2) + timedelta(minutes=5)
    assert parked.due_at == utc(1, 2)
    assert await works.worked(utc(1, 2) + timedelta(minutes=4)) == 0
    assert (await works.stored(bad)).attempts == 1
    assert await works.worked(utc(1, 2) + timedelta(minutes=6)) == 0
    again = await works.stored(bad)
    assert again.attempts == 2
    assert again.retry_at == utc(1, 2) + timedelta(minutes=16)
    async with works.shop.at() as tx:
        await tx.execute(UNPRICED, tx.tenant_id, bad.id, "antenna")
    async with works.shop.at(utc(1, 2, 1)) as tx:
        await retry_job(tx, bad.id)
    assert await works.worked(utc(1, 2, 1)) == 1
    healed = await works.stored(bad)
    assert (healed.park_code, healed.retry_at, healed.due_at) == (None, None, None)


async def test_a_job_that_fails_in_the_request_is_completed_and_parked(works: Works) -> None:
    """Nobody has to complete it again: the workers go on trying."""
    job = await works.job(await works.shop.customer())
    async with works.shop.at() as tx:
        await tx.execute(UNPRICED, tx.tenant_id, job.id, "unpriced")

    done = await works.completed(job, now=utc(1, 10))

    assert done.state == "completed"
    stored = await works.stored(job)
    assert (stored.park_code, stored.attempts) == ("RATE_MISSING", 1)
    assert await works.shop.invoices() == []


async def test_only_what_is_parked_can_be_retried(works: Works) -> None:
    """A draft has failed at nothing."""
    job = await works.job(await works.shop.customer())
    async with works.shop.at() as tx:
        with pytest.raises(JobNotParked):
            await retry_job(tx, job.id)


async def test_what_is_billed_is_neither_amended_nor_cancelled(works: Works) -> None:
    """Both are refused, and the job is as it was."""
    job = await works.job(await works.shop.customer())
    await works.completed(job)
    before = await works.stored(job)

    async with works.shop.at() as tx:
        with pytest.raises(JobBilled):
            await amend_terms(tx, job_id=job.id, price_plan="double")
        with pytest.raises(JobBilled):
            await cancel_job(tx, job_id=job.id)

    assert await works.stored(job) == before


async def test_another_plan_after_completion_prices_the_job(works: Works) -> None:
    """Completed under terms of the night; before the night the plan becomes 30 an hour: 150."""
    job = await works.job(await works.shop.customer(), terms="by-night")
    await works.completed(job, now=utc(1, 10))
    async with works.shop.at(utc(1, 10, 1)) as tx:
        await amend_terms(tx, job_id=job.id, price_plan="double")

    assert await works.worked(utc(1, 11)) == 1

    (invoice,) = await works.shop.invoices()
    assert invoice["total"] == "180.00"  # 150 x 1.2


async def test_the_preview_is_the_invoice_to_come(works: Works) -> None:
    """80 net and 96 gross while it is a draft; the invoice has the same lines; then there is
    nothing to preview.
    """
    job = await works.job(await works.shop.customer())
    async with works.shop.at(utc(1, 10)) as tx:
        preview = await job_preview(tx, job, now=tx.now, pricing=works.shop.pricing)
    assert (preview.draft.net, preview.draft.total) == (Decimal(80), Decimal(96))
    assert await works.shop.invoices() == []

    await works.completed(job, now=utc(1, 10))

    (invoice,) = await works.shop.invoices()
    assert invoice["total"] == f"{preview.draft.total:.2f}"
    done = await works.stored(job)
    async with works.shop.at(utc(1, 10)) as tx:
        with pytest.raises(NothingToPreview):
            await job_preview(tx, done, now=tx.now, pricing=works.shop.pricing)


async def test_jobs_of_a_test_clock_are_left_alone_by_the_workers(works: Works) -> None:
    """A worker in 2027 does not bill what an account of January 2026 has done."""
    client = await works.shop.customer(test_clock=utc(1, 10))
    job = await works.job(client, terms="by-night")
    done = await works.completed(job)

    assert done.completed_at == utc(1, 10)
    assert await works.worked(utc(1, year=2027)) == 0
    assert not await works.billed(job)


async def test_a_tenant_sees_no_other_tenants_jobs(works: Works, db: Database) -> None:
    """The same statement, another tenant: nothing."""
    job = await works.job(await works.shop.customer())
    async with db.transaction(new_id(), actor="test") as tx:
        assert await tx.fetch("SELECT id FROM job WHERE id = $1", job.id) == []
