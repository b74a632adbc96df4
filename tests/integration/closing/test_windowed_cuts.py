"""Late messages that wait for a period which a change removes: the difference is billed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from core.changes.change_plan import ChangePlan, change_plan_now
from core.changes.end import end_now
from core.db import Database
from core.subscriptions.amend_terms import amend_terms
from tests.building import utc
from tests.integration.closing.messages import Life, opened, sent
from tests.invariants import broken

BILLED = {("service", utc(10)): 2}
"""Of eight free-form messages in October six are the allowance."""


async def late(db: Database) -> tuple[Life, UUID]:
    """Seven messages of October are billed; at the first of November an eighth comes late."""
    life = await opened(db)
    for number in range(7):
        await life.report(f"{number}", utc(10, 10, number), sent(), utc(10, 10, number))
    await life.shop.close(utc(11))
    await life.report("late", utc(10, 2), sent(), utc(11))
    found = "SELECT id FROM subscription WHERE tenant_id = $1"
    ((subscription,),) = await life.shop.rows(found)
    return life, subscription


async def closed_and_billed(life: Life) -> None:
    """Close for a month; October has both messages beyond the allowance, each once."""
    for day in (1, 2, 3, 20, 30):
        await life.shop.close(utc(11, day))
    await life.shop.close(utc(12))
    assert await life.billed() == BILLED
    async with life.shop.at() as tx:
        assert await broken(tx) == []


@pytest.mark.parametrize("at", [utc(11), utc(11, 3)])
async def test_what_came_late_is_billed_after_an_end(db: Database, at: datetime) -> None:
    """Ended on the instant at which November begins there is no period of November."""
    life, subscription = await late(db)
    async with life.shop.at(at) as tx:
        await end_now(tx, subscription_id=subscription)
    await closed_and_billed(life)


async def test_what_came_late_is_billed_by_weeks_that_replace_the_month(db: Database) -> None:
    """November begins anew in weeks; the first week bills what is late."""
    life, subscription = await late(db)
    async with life.shop.at(utc(11)) as tx:
        await amend_terms(tx, subscription_id=subscription, billing_terms="weekly")
    await closed_and_billed(life)


async def test_a_neighbour_made_due_is_billed_by_the_weeks_too(db: Database) -> None:
    """Only the note says that October is due again: another period holds no late message."""
    life, subscription = await late(db)
    async with life.shop.at() as tx:
        await tx.execute(
            "UPDATE usage_event SET billing_period_id = usage_period_id"
            " WHERE tenant_id = $1 AND event_id = 'late'",
            tx.tenant_id,
        )
    async with life.shop.at(utc(11)) as tx:
        await amend_terms(tx, subscription_id=subscription, billing_terms="weekly")
    await closed_and_billed(life)


async def test_what_came_late_is_billed_after_a_reset(db: Database) -> None:
    """The periods of November end on its third day, and others begin."""
    life, subscription = await late(db)
    async with life.shop.at(utc(11, 3)) as tx:
        asked = ChangePlan(subscription, billing_terms="weekly", when="reset")
        await change_plan_now(tx, asked, pricing=life.shop.pricing)
    await closed_and_billed(life)
