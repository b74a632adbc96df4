"""Late installations in 2015: 20 euros by themselves, half by goodwill, and both."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from core.billing_cycles.jobs import JobsNow, job_preview
from core.db import Database
from core.discounts.approve import approve_discount
from core.discounts.cancel import cancel_discount
from core.discounts.grant import GrantDiscount, grant_discount
from core.jobs.records import Job
from tests.building import open_shop, utc
from tests.integration.jobs.conftest import Works

GUIDE = (Path(__file__).parents[2] / "scenarios/seeds/crm-com.yaml").read_text(encoding="utf-8")
CATALOGUE = GUIDE.replace("approval: customer-care-managers", "approval: root")
"""The guide's, where the seller itself approves."""
BY_HAND = CATALOGUE.replace(
    "    name: We were late\n", "    state: not_effective\n    name: Late\n"
)
"""The same without the 20 euros that come off by themselves."""
BEGUN = utc(3, 2, 9, year=2015)
LATE = utc(3, 20, year=2015)


@pytest.fixture
async def works(db: Database) -> Works:
    """The seller of the guide's examples; its prices hold the tax."""
    return Works(await open_shop(db, catalogue=CATALOGUE))


@pytest.fixture
async def by_hand(db: Database) -> Works:
    """The same seller while it gives nothing by itself."""
    return Works(await open_shop(db, catalogue=BY_HAND))


async def installed(works: Works) -> Job:
    """Make a job of five hours of installation on 2 March 2015: 20 + 4 x 15 = 80."""
    client = await works.shop.customer(opened=BEGUN)
    return await works.job(client, ("installation", "5"), now=BEGUN, job_type="installation")


async def goodwill(works: Works, job: Job, *, now: datetime) -> UUID:
    """Give half of it, which is to be approved."""
    async with works.shop.at(now) as tx:
        command = GrantDiscount("late-half", job=job.id)
        made = await grant_discount(tx, command, unit_id=None)
    assert made.state == "pending"
    return made.id


async def totals(works: Works) -> list[str]:
    """The totals of all invoices."""
    return [one["total"] for one in await works.shop.invoices()]


async def test_a_pending_discount_is_decided_before_the_job_is_billed(by_hand: Works) -> None:
    """80 with half off by goodwill: nothing while it waits, 40 once it is approved; deciding
    wakes the workers.
    """
    job = await installed(by_hand)
    grant = await goodwill(by_hand, job, now=LATE)
    await by_hand.completed(job, now=LATE)
    assert await by_hand.worked(LATE) == 0
    assert await totals(by_hand) == []

    decided = utc(3, 21, year=2015)
    async with by_hand.shop.at(decided) as tx:
        await approve_discount(tx, grant, unit_id=None)

    ((look_at,),) = await by_hand.shop.rows(
        "SELECT due_at FROM tenant_due WHERE tenant_id = $1 AND kind = 'jobs'"
    )
    assert look_at <= decided
    assert await by_hand.worked(decided) == 1
    assert await totals(by_hand) == ["40.00"]


async def test_both_discounts_leave_a_quarter(works: Works) -> None:
    """80 - 40 (the percentage first) - 20 = 20."""
    job = await installed(works)
    grant = await goodwill(works, job, now=LATE)
    async with works.shop.at(LATE) as tx:
        await approve_discount(tx, grant, unit_id=None)

    await works.completed(job, now=LATE)

    assert await totals(works) == ["20.00"]


async def test_a_refused_discount_lets_the_job_be_billed_in_full(by_hand: Works) -> None:
    """Cancelled while pending: 80."""
    job = await installed(by_hand)
    grant = await goodwill(by_hand, job, now=LATE)
    await by_hand.completed(job, now=LATE)
    async with by_hand.shop.at(LATE) as tx:
        await cancel_discount(tx, grant)

    assert await by_hand.worked(LATE) == 1
    assert await totals(by_hand) == ["80.00"]


async def test_the_decision_bills_the_job_in_the_same_transaction(by_hand: Works) -> None:
    """80 with two discounts of half that wait, 40 each: the first decision leaves it held,
    the second bills it, and the worker finds nothing to do.
    """
    job = await installed(by_hand)
    first = await goodwill(by_hand, job, now=LATE)
    second = await goodwill(by_hand, job, now=LATE)
    await by_hand.completed(job, now=LATE)
    billing = JobsNow(lambda: by_hand.shop.pricing)

    async with by_hand.shop.at(LATE) as tx:
        await cancel_discount(tx, first, billing=billing)
    assert await totals(by_hand) == []
    async with by_hand.shop.at(LATE) as tx:
        await approve_discount(tx, second, unit_id=None, billing=billing)

    assert await totals(by_hand) == ["40.00"]
    assert await by_hand.worked(LATE) == 0


async def test_decisions_at_the_same_moment_bill_the_job_once(by_hand: Works) -> None:
    """Whichever of the two comes last bills it, with a worker looking meanwhile: five jobs,
    each once and with half off, 40.
    """
    pairs = []
    for _job in range(5):
        job = await installed(by_hand)
        pairs.append([await goodwill(by_hand, job, now=LATE) for _grant in range(2)])
        await by_hand.completed(job, now=LATE)
    billing = JobsNow(lambda: by_hand.shop.pricing)

    async def approved(grant: UUID) -> None:
        async with by_hand.shop.at(LATE) as tx:
            await approve_discount(tx, grant, unit_id=None, billing=billing)

    async def cancelled(grant: UUID) -> None:
        async with by_hand.shop.at(LATE) as tx:
            await cancel_discount(tx, grant, billing=billing)

    for refused, given in pairs:
        await asyncio.gather(cancelled(refused), approved(given), by_hand.worked(LATE))

    assert await totals(by_hand) == ["40.00"] * 5


async def test_a_decision_before_completion_bills_nothing(by_hand: Works) -> None:
    """The job is not due: approving its discount makes no invoice; completing it does, 40."""
    job = await installed(by_hand)
    grant = await goodwill(by_hand, job, now=LATE)

    async with by_hand.shop.at(LATE) as tx:
        billing = JobsNow(lambda: by_hand.shop.pricing)
        await approve_discount(tx, grant, unit_id=None, billing=billing)
    assert await totals(by_hand) == []

    await by_hand.completed(job, now=LATE)
    assert await totals(by_hand) == ["40.00"]


async def test_the_preview_takes_off_what_the_billing_will(works: Works) -> None:
    """A late draft of 80 shows 60, and costs 60."""
    job = await installed(works)
    async with works.shop.at(LATE) as tx:
        preview = await job_preview(tx, job, now=tx.now, pricing=works.shop.pricing)
    await works.completed(job, now=LATE)
    assert [f"{preview.draft.total:.2f}"] == await totals(works) == ["60.00"]
