"""Usage around a cut: every event is in one period, whenever the terms are amended."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from core.accounts.records import Account
from core.billing_cycles.preview import invoice_preview
from core.billing_cycles.pricing import Pricing
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.plugin_host import PluginHost
from core.subscriptions.amend_terms import amend_terms
from core.subscriptions.records import Subscription
from core.subscriptions.refusals import AmendmentDateRefused, NothingToChange
from tests.integration.usage.conftest import (
    CATALOGUE,
    FEBRUARY,
    JANUARY,
    NOW,
    At,
    Freeze,
    Record,
    Rows,
    mail,
    outcomes,
    subscribed,
)

WIDER = CATALOGUE.replace(
    "billing_terms:\n",
    """
  dear:
    name: Dear
    currency: EUR
    rates:
      mail: {base: 0.02}
      text: {table: zones}
  batches:
    name: Batches
    currency: EUR
    rates:
      mail: {model: package, base: 1, package: {size: 100}, free_units: 50}
      text: {table: zones}
billing_terms:
  weekly: {name: By the week, frequency: week, plans: [basic, dear, batches]}
  quarterly: {name: Quarterly, frequency: 3 months, plans: [basic, dear, batches]}
""",
).replace("plans: [basic], default_plan", "plans: [basic, dear, batches], default_plan")

TERMS = ("monthly", "weekly", "quarterly")
PLANS = ("basic", "dear", "batches")


@pytest.fixture
async def wider(at: At, account: Account) -> Subscription:
    """A subscription to e-mails of a seller with more plans and terms."""
    async with at(JANUARY) as tx:
        await apply_catalogue(tx, load_catalogue(WIDER))
    return await subscribed(at, account.id, "mail", ref="sub")


async def usage_slices(at: At) -> list[dict[str, Any]]:
    """The usage periods in the order of time."""
    async with at(NOW) as tx:
        found = await tx.fetch(
            "SELECT id, starts_at, ends_at, whole_starts_at, whole_ends_at, state, due_at"
            " FROM billing_period WHERE stream = 'usage' ORDER BY starts_at"
        )
    return [dict(row) for row in found]


async def assert_each_event_has_its_period(at: At, rows: Rows) -> None:
    """The periods tile without a gap, and each event lies in the one that it names."""
    slices = await usage_slices(at)
    for one, following in pairwise(slices):
        assert one["ends_at"] == following["starts_at"]
    by_id = {one["id"]: one for one in slices}
    for row in await rows():
        period = by_id[row["usage_period_id"]]
        assert period["starts_at"] <= row["occurred_at"] < period["ends_at"]
        assert by_id[row["billing_period_id"]]["state"] == "open"


@pytest.mark.parametrize("seed", range(8))
async def test_random_cuts_tile_and_lose_no_usage(
    record: Record, rows: Rows, at: At, wider: Subscription, seed: int
) -> None:
    """100 e-mails of 1 to 20 recipients, then ten amendments at any dates of 100 days.

    What the periods hold together is what was reported, however they are cut.
    """
    chosen = random.Random(seed)
    now = JANUARY + timedelta(days=60)
    sent = [(JANUARY + timedelta(minutes=chosen.randrange(60 * 1440)), chosen.randint(1, 20))
            for _each in range(100)]  # fmt: skip
    answers = await record(
        *(mail(f"e{n}", occurred_at=when, recipients=count)
          for n, (when, count) in enumerate(sent)),
        now=now,
    )  # fmt: skip
    assert set(outcomes(answers)) == {"accepted"}
    for _cut in range(10):
        day = JANUARY + timedelta(hours=chosen.randrange(100 * 24))
        try:
            async with at(now) as tx:
                await amend_terms(
                    tx,
                    subscription_id=wider.id,
                    price_plan=chosen.choice(PLANS),
                    billing_terms=chosen.choice(TERMS),
                    from_at=day,
                )
        except NothingToChange:
            continue
        await assert_each_event_has_its_period(at, rows)
    assert sum(row["quantity"] for row in await rows()) == sum(count for _when, count in sent)
    for stream in ("fees", "usage"):
        async with at(now) as tx:
            reach = await tx.fetchval(
                "SELECT max(ends_at) FROM billing_period WHERE stream = $1 AND state = 'open'",
                stream,
            )
        assert reach > now


async def test_the_two_sides_of_a_cut_bill_all_that_was_used(
    record: Record, at: At, wider: Subscription, host: PluginHost
) -> None:
    """300 at 0.01 before the cut, 250 in batches of 100 behind it, of which 50 are free.

    3.00 and 2 x 1.00: batches and free units start at the cut, and nothing is counted twice.
    """
    cut = datetime(2026, 1, 9, 12, tzinfo=UTC)
    before, behind = cut - timedelta(microseconds=1), cut
    await record(mail("a", occurred_at=before, recipients=300),
                 mail("b", occurred_at=behind, recipients=250))  # fmt: skip
    async with at(NOW) as tx:
        await amend_terms(tx, subscription_id=wider.id, price_plan="batches", from_at=cut)
    amounts = []
    async with at(NOW) as tx:
        for due_at in (cut, FEBRUARY):
            draft = await invoice_preview(tx, wider.id, pricing=Pricing(host), due_at=due_at)
            amounts.append([(line.quantity, line.amount) for line in draft.draft.lines])
    assert amounts == [
        [(Decimal(300), Decimal("3.00"))],
        [(Decimal(250), Decimal("2.00"))],
    ]


async def test_late_usage_is_billed_with_the_first_open_side(
    record: Record, rows: Rows, at: At, freeze: Freeze, wider: Subscription
) -> None:
    """January is frozen; its late event waits in February, which is then cut from its start."""
    await freeze(FEBRUARY)
    day = FEBRUARY + timedelta(days=3)
    await record(mail("late", occurred_at=JANUARY + timedelta(days=1)), now=day)
    async with at(day) as tx:
        await amend_terms(
            tx, subscription_id=wider.id, billing_terms="weekly", from_at=FEBRUARY
        )
    (row,) = await rows()
    (first,) = [one for one in await usage_slices(at) if one["starts_at"] == FEBRUARY]
    assert row["billing_period_id"] == first["id"]
    assert row["usage_period_id"] != row["billing_period_id"]


async def test_nothing_is_lost_while_events_come_in(
    record: Record, rows: Rows, at: At, wider: Subscription
) -> None:
    """Three writers of 30 events each, and six amendments among them: 90 events, each once."""
    now = JANUARY + timedelta(days=20)

    async def write(writer: int) -> list[str]:
        told = []
        for n in range(30):
            when = now - timedelta(minutes=(writer * 37 + n * 11) % 900)
            told += outcomes(await record(mail(f"w{writer}-{n}", occurred_at=when), now=now))
        return told

    async def cut() -> None:
        for n in range(6):
            await asyncio.sleep(0.05)
            async with at(now) as tx:
                await amend_terms(
                    tx,
                    subscription_id=wider.id,
                    price_plan=PLANS[(n + 1) % 3],
                    from_at=now - timedelta(minutes=800 - 100 * n),
                )

    told, *_rest = await asyncio.gather(
        asyncio.gather(*(write(writer) for writer in range(3))), cut()
    )
    assert [one for each in told for one in each] == ["accepted"] * 90
    assert len(await rows()) == 90
    await assert_each_event_has_its_period(at, rows)


async def test_usage_that_an_interim_invoice_billed_is_not_moved(
    record: Record, rows: Rows, at: At, wider: Subscription
) -> None:
    """A step of January's chain has billed it already; an earlier cut is refused."""
    await record(mail("a"))
    (row,) = await rows()
    async with at(NOW) as tx:
        await tx.execute(
            "INSERT INTO billing_step (tenant_id, period_id, seq, billed_by, totals, inputs,"
            " created_at)"
            " VALUES ($1, $2, 1, $2, '{}', '{}', $3)",
            tx.tenant_id,
            row["usage_period_id"],
            NOW,
        )
    with pytest.raises(AmendmentDateRefused):
        async with at(NOW) as tx:
            await amend_terms(
                tx, subscription_id=wider.id, price_plan="dear", from_at=row["occurred_at"]
            )
    assert await rows() == [row]
    async with at(NOW) as tx:
        await amend_terms(tx, subscription_id=wider.id, price_plan="dear")
