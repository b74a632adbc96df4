"""A job on a conditional plan: asked at its billing, the base plan prices what it lacks."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.db import Database
from core.jobs.records import Job
from core.subscriptions.refusals import ConditionNotMet
from tests.building import open_shop, utc
from tests.integration.jobs.conftest import CATALOGUE, Works

FOR_FRIENDS = """  friends:
    name: For friends
    currency: EUR
    base: works
    select_when: account.class == "friend"
    apply_when: account.class == "friend"
    rates:
      hours: {driver: duration, base: 1}
billing_terms:
"""
CLASSIFY = "UPDATE account SET classification = $3 WHERE tenant_id = $1 AND id = $2"


@pytest.fixture
async def works(db: Database) -> Works:
    """A seller of work with a plan for friends on top of the usual one."""
    return Works(
        await open_shop(db, catalogue=CATALOGUE.replace("billing_terms:\n", FOR_FRIENDS))
    )


async def classified(works: Works, account: UUID, name: str) -> None:
    """Let the account be of a class."""
    async with works.shop.at() as tx:
        await tx.execute(CLASSIFY, tx.tenant_id, account, name)


async def a_friends_job(works: Works) -> Job:
    """Five hours and an antenna for a friend, under terms of the night."""
    client = await works.shop.customer()
    await classified(works, client, "friend")
    lines = [("hours", "5"), ("antenna", "1")]
    return await works.job(client, *lines, terms="by-night", plan="friends")


async def test_while_its_condition_holds_the_plan_prices_over_its_base(works: Works) -> None:
    """5 hours at 1, and the antenna at the base plan's 8: 13 net."""
    job = await a_friends_job(works)
    assert job.base_plan_version_id is not None
    await works.completed(job)

    assert await works.worked(utc(1, 2)) == 1

    (invoice,) = await works.shop.invoices()
    assert invoice["total"] == "15.60"  # 13 x 1.2


async def test_a_friend_no_more_pays_the_base_plan(works: Works) -> None:
    """The class goes between completion and the night: 80 and 8 are 88 net."""
    job = await a_friends_job(works)
    await works.completed(job)
    await classified(works, job.account_id, "stranger")

    assert await works.worked(utc(1, 2)) == 1

    (invoice,) = await works.shop.invoices()
    assert invoice["total"] == "105.60"  # 88 x 1.2


async def test_a_stranger_may_not_choose_the_plan(works: Works) -> None:
    """Its condition to be chosen is false; no job is made."""
    client = await works.shop.customer()
    await classified(works, client, "stranger")
    with pytest.raises(ConditionNotMet):
        await works.job(client, plan="friends")
    assert await works.shop.rows("SELECT id FROM job WHERE tenant_id = $1") == []
