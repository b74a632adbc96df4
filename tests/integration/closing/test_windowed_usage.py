"""Windowed usage: whatever comes late, is voided or amended, the sum is what a replay says."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from random import Random

import pytest

from core.billing_cycles.current_usage import current_usage
from core.billing_cycles.interim import bill_next_interim
from core.billing_cycles.preview import invoice_preview
from core.db import Database
from core.subscriptions.cancel import cancel
from core.usage.judgements import AskedJudgements, usage_judgements
from core.usage.windows import AskedWindow, NotWindowed, window_state
from tests.building import utc
from tests.integration.closing.messages import (
    CUSTOMERS,
    HOST,
    NUMBERS,
    PRODUCTS,
    lived,
    opened,
    received,
    sent,
    steps_of,
)
from tests.invariants import broken


@pytest.mark.parametrize("seed", range(4))
async def test_all_invoices_together_bill_what_one_replay_says(db: Database, seed: int) -> None:
    """Closed each month, or seldom: for every month the same messages are billed in the end."""
    steps = steps_of(Random(seed))
    monthly = [utc(9), utc(10), utc(11), utc(12), utc(1, year=2027), utc(3, year=2027)]
    seldom = [utc(10), utc(12, 15), utc(3, year=2027)]
    told = []
    for closings, size in ((monthly, 1000), (seldom, 1)):
        life = await opened(db)
        await lived(life, steps, closings, size)
        assert await life.billed() == life.replayed()
        told.append(await life.billed())
        async with life.shop.at() as tx:
            assert await broken(tx) == []
    assert told[0] == told[1]
    assert sum(told[0].values()) > 10


async def test_a_pinned_rule_set_judges_whatever_the_date(db: Database) -> None:
    """Seven free-form messages in August, of which six are the allowance of October's set."""
    life = await opened(db, plan="pinned")
    for number in range(7):
        await life.report(f"{number}", utc(8, 10, number), sent(), utc(8, 10, number))
    await life.shop.close(utc(9))
    assert await life.billed() == {("service", utc(8)): 1}
    assert life.replayed(pinned="2026-10-01") == await life.billed()


async def test_a_late_message_shifts_which_were_free_in_a_closed_month(db: Database) -> None:
    """Of seven in October the last is billed; an eighth, the first by time and reported in
    November, uses the allowance up: one more is billed, of October.
    """
    life = await opened(db)
    for number in range(7):
        await life.report(f"{number}", utc(10, 10, number), sent(), utc(10, 10, number))
    await life.shop.close(utc(11))
    await life.report("late", utc(10, 2), sent(), utc(11, 5))
    async with life.shop.at(utc(11, 6)) as tx:
        (subscription,) = await tx.fetchrow("SELECT id FROM subscription WHERE tenant_id = $1",
                                            tx.tenant_id)  # fmt: skip
        preview = await invoice_preview(tx, subscription, pricing=life.shop.pricing)
    assert [line.quantity for line in preview.draft.lines] == [1]
    await life.shop.close(utc(12))
    invoices = await life.shop.invoices()
    assert invoices[-1]["lines"] == [("usage", "Free-form, 2026-10-01 to 2026-10-31", "0.02")]
    assert await life.billed() == {("service", utc(10)): 2}


async def test_a_message_in_the_open_month_dirties_no_closed_one(db: Database) -> None:
    """Only what lies before a closed period's end can change it."""
    life = await opened(db)
    await life.report("a", utc(8, 10), sent(what="UTILITY"), utc(8, 10))
    await life.shop.close(utc(9))
    await life.report("b", utc(9, 1), received(), utc(9, 1))
    assert await life.shop.rows("SELECT 1 FROM usage_dirtied WHERE tenant_id = $1") == []
    await life.report("c", utc(8, 31, 23), received(), utc(9, 2))
    found = "SELECT count(*)::int FROM usage_dirtied WHERE tenant_id = $1"
    assert await life.shop.rows(found) == [(1,)]


async def test_the_present_usage_tells_what_was_free(db: Database) -> None:
    """One utility template in the window and one outside: one is billed, one counted free."""
    life = await opened(db)
    await life.report("a", utc(8, 10), received(), utc(8, 10))
    await life.report("b", utc(8, 10, 1), sent(what="UTILITY"), utc(8, 10, 1))
    await life.report("c", utc(8, 12), sent(what="UTILITY"), utc(8, 12))
    async with life.shop.at(utc(8, 13)) as tx:
        (subscription,) = await tx.fetchrow("SELECT id FROM subscription WHERE tenant_id = $1",
                                            tx.tenant_id)  # fmt: skip
        found = await current_usage(tx, subscription, pricing=life.shop.pricing)
    assert found is not None
    (line,) = found.lines
    assert (line.quantity, line.amount) == (1, Decimal("0.03"))
    assert '"Free: the customer\'s window is open"' in str(line.working)


async def test_each_event_tells_what_became_of_it(db: Database) -> None:
    """A template in the window, one outside, and a free-form message outside any window; the
    one that was taken back is not told.
    """
    life = await opened(db)
    await life.report("a", utc(8, 10), received(), utc(8, 10))
    await life.report("b", utc(8, 10, 1), sent(what="UTILITY"), utc(8, 10, 1))
    await life.report("c", utc(8, 12), sent(what="UTILITY"), utc(8, 12))
    await life.report("d", utc(8, 13), sent(), utc(8, 13))
    await life.report("e", utc(8, 14), sent(), utc(8, 14))
    await life.void("e", utc(8, 14))
    asked = AskedJudgements(life.account, "whatsapp", NUMBERS[0], utc(8, 10, 1), utc(9))
    async with life.shop.at(utc(8, 15)) as tx:
        found = await usage_judgements(tx, asked, host=HOST)
    assert [(one.event_id, one.quantity, one.reason, one.until) for one in found] == [
        ("b", 0, "window", utc(8, 11)),
        ("c", 1, "", None),
        ("d", 0, "outside_window", None),
    ]


async def test_a_pinned_set_judges_each_event_as_it_is_billed(db: Database) -> None:
    """Seven free-form messages under a plan with October's set: six of the allowance."""
    life = await opened(db, plan="pinned")
    for number in range(7):
        await life.report(f"{number}", utc(8, 10, number), sent(), utc(8, 10, number))
    asked = AskedJudgements(life.account, "whatsapp", NUMBERS[0], utc(8), utc(9))
    async with life.shop.at(utc(8, 15)) as tx:
        found = await usage_judgements(tx, asked, host=HOST)
    assert [one.quantity for one in found] == [0, 0, 0, 0, 0, 0, 1]
    assert {one.reason for one in found} == {"outside_window"}


async def test_the_window_is_told_from_what_stands(db: Database) -> None:
    """Open for 24 hours; closed where the customer's message was taken back."""
    life = await opened(db)
    await life.report("a", utc(8, 10), received(), utc(8, 10))

    async def state(at: datetime, channel: str = "whatsapp") -> object:
        asked = AskedWindow(life.account, channel, NUMBERS[0], CUSTOMERS[0], at)
        async with life.shop.at(utc(8, 12)) as tx:
            return (await window_state(tx, asked, host=HOST)).open_until

    assert await state(utc(8, 10, 23)) == utc(8, 11)
    assert await state(utc(8, 11)) is None
    await life.void("a", utc(8, 10, 1))
    assert await state(utc(8, 10, 23)) is None
    with pytest.raises(NotWindowed):
        await state(utc(8, 10), channel="email")


async def test_a_threshold_counts_what_is_billed_by_then(db: Database) -> None:
    """The third template reaches 0.09 of at most 0.08: an interim invoice. A message that is
    reported then makes the second one free: the month's end gives 0.03 back.
    """
    life = await opened(db, terms="limited")
    for number in (10, 12, 14):
        await life.report(f"{number}", utc(8, number), sent(what="UTILITY"), utc(8, number))
    async with life.shop.at(utc(8, 14)) as tx:
        closed = await bill_next_interim(tx, pricing=life.shop.pricing)
    assert closed is not None
    assert await life.billed() == {("utility", utc(8)): 3}
    await life.report("late", utc(8, 11, 12), received(), utc(8, 15))
    await life.shop.close(utc(9))
    assert await life.billed() == life.replayed() == {("utility", utc(8)): 2}


async def test_a_message_reported_after_the_end_is_settled(db: Database) -> None:
    """The subscription ended with August; in October a message of August frees a template."""
    life = await opened(db)
    await life.report("a", utc(8, 10, 1), sent(what="UTILITY"), utc(8, 10, 1))
    async with life.shop.at(utc(8, 11)) as tx:
        (subscription,) = await tx.fetchrow("SELECT id FROM subscription WHERE tenant_id = $1",
                                            tx.tenant_id)  # fmt: skip
        await cancel(tx, subscription_id=subscription)
    await life.shop.close(utc(10))
    assert await life.billed() == {("utility", utc(8)): 1}
    await life.report("late", utc(8, 10), received(), utc(10, 5))
    await life.shop.close(utc(11))
    assert await life.billed() == life.replayed() == {}
    assert (await life.shop.invoices())[-1]["lines"] == [
        ("usage", "Utility, 2026-08-01 to 2026-08-31", "-0.03")
    ]


async def test_two_subscriptions_of_an_account_share_windows_not_periods(db: Database) -> None:
    """The second one meters from September on; the window of 31 August frees its template."""
    life = await opened(db)
    async with life.shop.at(utc(8, 11)) as tx:
        (subscription,) = await tx.fetchrow("SELECT id FROM subscription WHERE tenant_id = $1",
                                            tx.tenant_id)  # fmt: skip
        await cancel(tx, subscription_id=subscription)
    await life.shop.close(utc(9))
    await life.shop.subscribed(life.account, *PRODUCTS, now=utc(9))
    await life.report("in", utc(8, 31, 12), received(), utc(9, 1))
    await life.report("a", utc(9, 1, 11), sent(what="UTILITY"), utc(9, 1, 11))
    await life.report("b", utc(9, 1, 12), sent(what="UTILITY"), utc(9, 1, 12))
    await life.shop.close(utc(10))
    assert await life.billed() == life.replayed() == {("utility", utc(9)): 1}
