"""A seller of work for each test: jobs billed at once, and by the night's run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.billing_cycles.jobs import JobsNow, bill_jobs_of
from core.db import Database
from core.embedded import DatabaseUrls
from core.jobs import repository
from core.jobs.complete import complete_job
from core.jobs.create import CreateJob, create_job
from core.jobs.lines import NewLine
from core.jobs.records import Job
from core.kernel.clock import FixedClock
from tests.building import FIRST, Shop, open_shop
from tests.invariants import broken

CATALOGUE = """
products:
  hours: {kind: one_time_service, name: Installation, unit_label: hour}
  antenna: {kind: physical_good, name: Antenna}
  unpriced: {kind: physical_good, name: Unpriced}
  fee: {kind: expense, name: Call-out fee}
  seats: {kind: licence, name: Seats}
price_plans:
  works:
    name: Works
    currency: EUR
    rates:
      hours:
        driver: duration
        model: tiered
        tiers: [{from: 1, to: 1, price: 20}, {from: 2, to: 5, price: 15}, {from: 6, price: 10}]
      antenna: {base: 8}
      fee: {base: 5}
      seats: {base: 25}
  double:
    name: Double
    currency: EUR
    rates:
      hours: {driver: duration, base: 30}
  dollars:
    name: Dollars
    currency: USD
    rates:
      hours: {driver: duration, base: 10}
billing_terms:
  at-once: {name: At once, kind: job, plans: [works, double, dollars], default_plan: works}
  by-night: {name: By night, kind: job, plans: [works, double], default_plan: works,
    bills: next_run}
  monthly: {name: Monthly, plans: [works]}
job_types:
  installation: {name: Installation, estimate: 14 days, terms: at-once}
  inspection: {name: Inspection, estimate: 1 day, billable: false}
  loose: {name: Without terms, estimate: 1 day}
  gone: {name: Gone, estimate: 1 day, terms: at-once, state: inactive}
"""


@dataclass(slots=True)
class Works:
    """A seller of work, and how its tests act on it."""

    shop: Shop

    async def job(
        self,
        account: UUID,
        *lines: tuple[str, str],
        now: datetime = FIRST,
        terms: str | None = None,
        plan: str | None = None,
        job_type: str = "installation",
        ref: str | None = None,
    ) -> Job:
        """Make a job with lines (product, quantity); five hours where none are given."""
        command = CreateJob(
            account=account,
            type=job_type,
            billing_terms=terms,
            price_plan=plan,
            lines=[NewLine(product, Decimal(n)) for product, n in lines or [("hours", "5")]],
            ref=ref,
        )
        async with self.shop.at(now) as tx:
            return await create_job(tx, command)

    async def completed(self, job: Job, *, now: datetime = FIRST, at_once: bool = True) -> Job:
        """Complete a job; `at_once` bills it in the same transaction, as a request does."""
        billing = JobsNow(lambda: self.shop.pricing) if at_once else None
        async with self.shop.at(now) as tx:
            return await complete_job(tx, job_id=job.id, billing=billing)

    async def worked(self, now: datetime) -> int:
        """Let a worker look at this seller's jobs; return how many invoices it made."""
        shop = self.shop
        return await bill_jobs_of(
            shop.db, shop.tenant_id, pricing=shop.pricing, clock=FixedClock(now)
        )

    async def stored(self, job: Job) -> Job:
        """Read a job as it is now."""
        async with self.shop.at() as tx:
            found = await repository.job(tx, job.id)
        assert found is not None
        return found

    async def billed(self, job: Job) -> bool:
        """Say whether a job is billed."""
        async with self.shop.at() as tx:
            return job.id in await repository.billed_by(tx, [job.id])


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """The connections of a worker to this module's database."""
    opened = Database(module_database.app, role="worker", pool_size=8)
    yield opened
    await opened.close()


@pytest.fixture
async def works(db: Database) -> Works:
    """A seller with its catalogue and no customers."""
    return Works(await open_shop(db, catalogue=CATALOGUE))


@pytest.fixture(autouse=True)
async def sound_books(works: Works) -> AsyncIterator[None]:
    """After every test here the books are sound, whatever the test did."""
    yield
    async with works.shop.at() as tx:
        assert await broken(tx) == []
