"""Whatever happens to a subscription, its money is the same however its closings went."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.inputs import part_from_inputs
from core.billing.snapshot import Snapshot
from core.billing.totals import totals_from_json
from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.facts import read_parties
from core.billing_cycles.heal import heal_next
from core.billing_cycles.jobs import bill_jobs_of
from core.billing_cycles.preview import invoice_preview
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import read_rows
from core.kernel.clock import FixedClock
from core.kernel.errors import Refusal
from core.periods.rows import StoredPeriod
from tests.building import Shop, utc
from tests.integration.money.lives import MONTHS, Customer, customers_of, play, steps_of
from tests.invariants import broken

BILLED = """
SELECT a.name, i.due_at, i.issue_date, i.net, i.tax, i.total, l.kind, p.code, l.description,
    l.quantity, l.from_at, l.until_at, l.amount, l.net AS line_net, l.tax AS line_tax,
    l.is_difference, l.dimension
FROM invoice i JOIN account a ON a.tenant_id = $1 AND a.id = i.account_id
LEFT JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = i.id
LEFT JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE i.tenant_id = $1
"""
GIVEN = """
SELECT a.name, i.due_at, i.total, d.amount, d.free_time, g.percent, g.uses
FROM applied_discount d JOIN discount_grant g ON g.tenant_id = $1 AND g.id = d.grant_id
JOIN invoice i ON i.tenant_id = $1 AND i.id = d.invoice_id
JOIN account a ON a.tenant_id = $1 AND a.id = i.account_id WHERE d.tenant_id = $1
"""
PAID = """
SELECT a.name, e.kind, e.amount, e.balance, e.at
FROM wallet_entry e JOIN wallet w ON w.tenant_id = $1 AND w.id = e.wallet_id
JOIN account a ON a.tenant_id = $1 AND a.id = w.account_id WHERE e.tenant_id = $1
"""
PARKED = """
SELECT subscription_id FROM parked_subscription WHERE tenant_id = $1 AND healed_at IS NULL
"""
SETTLED = """
SELECT id, account_id, subscription_id, stream, ordinal, starts_at, ends_at, whole_starts_at,
    whole_ends_at, due_at, is_test, state, run_id, is_advance
FROM billing_period WHERE tenant_id = $1 AND stream = 'usage' AND state = 'billed'
    AND usage_carried_at IS NULL
"""


class Dying(Pricing):
    """Dies now and then when it has priced, as a worker that is killed would."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    async def price(self, snapshots: Sequence[Snapshot]) -> list[InvoiceDraft | Exception]:
        """Price, and die with it."""
        drafts = await super().price(snapshots)
        if self._random.random() < 0.3:
            raise asyncio.CancelledError
        return drafts


async def dumped(shop: Shop) -> list[str]:
    """All that is billed, given and paid, without ids and numbers."""
    found = []
    async with shop.at() as tx:
        for sql in (BILLED, GIVEN, PAID):
            found += [str(dict(row)) for row in await tx.fetch(sql, tx.tenant_id)]
    return sorted(found)


async def closed_straight(shop: Shop, now: datetime) -> None:
    """One worker closes all in one chunk; what is parked and the jobs follow."""
    await shop.close(now)
    await _heal(shop, now)
    await bill_jobs_of(shop.db, shop.tenant_id, pricing=shop.pricing, clock=FixedClock(now))


async def closed_with_deaths(shop: Shop, now: datetime, random: Random) -> None:
    """Workers close chunks of one or two, several at once, and die in between."""
    await shop.sweep(now, chunk_size=random.randint(1, 2))
    dying = Dying(random)

    async def work() -> None:
        for _chunk in range(40):
            try:
                closed = await close_next_chunk(
                    shop.db, shop.tenant_id, pricing=dying, clock=FixedClock(now)
                )
            except asyncio.CancelledError:
                continue
            if closed is None:
                return

    await asyncio.gather(work(), work())
    await shop.close(now)
    await _heal(shop, now)
    await bill_jobs_of(shop.db, shop.tenant_id, pricing=shop.pricing, clock=FixedClock(now))


async def _heal(shop: Shop, now: datetime) -> None:
    for _parked in range(40):
        async with shop.at(now) as tx:
            if await heal_next(tx, pricing=shop.pricing) is None:
                return


async def previews_of(
    shop: Shop, customers: Sequence[Customer], *, now: datetime
) -> dict[UUID, list[str]]:
    """What the next invoices are said to be, of customers that take one for each."""
    found: dict[UUID, list[str]] = {}
    for customer in customers:
        if len(customer.subscriptions) > 1:
            continue
        (subscription,) = customer.subscriptions
        try:
            async with shop.at(now) as tx:
                preview = await invoice_preview(tx, subscription, pricing=shop.pricing)
        except Refusal:
            continue
        if preview.due_at <= now and preview.draft.lines:
            found[subscription] = _told(preview.draft.lines)
    return found


async def invoiced(shop: Shop, subscription: UUID, *, now: datetime) -> list[list[str]]:
    """The lines of the invoices that a subscription has got at an instant."""
    async with shop.at(now) as tx:
        rows = await tx.fetch(
            "SELECT l.invoice_id, l.kind, l.description, l.quantity, l.amount, l.net, l.tax"
            " FROM invoice i JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = i.id"
            " WHERE i.tenant_id = $1 AND i.subscription_id = $2 AND i.created_at = $3",
            tx.tenant_id, subscription, now,
        )  # fmt: skip
    by_invoice: dict[UUID, list[Any]] = {}
    for row in rows:
        by_invoice.setdefault(row["invoice_id"], []).append(row)
    return [sorted(_line(*list(row)[1:]) for row in lines) for lines in by_invoice.values()]


def _told(lines: Sequence[Any]) -> list[str]:
    return sorted(
        _line(one.kind, one.description, one.quantity, one.amount, one.net, one.tax)
        for one in lines
    )


def _line(kind: str, description: str, quantity: Any, *amounts: Any) -> str:
    told = " ".join(f"{amount:.2f}" for amount in amounts)
    return f"{kind} {description} {quantity:.3f} {told}"


async def assert_priced_again_nothing_differs(shop: Shop) -> None:
    """Every settled period, priced again with its stored inputs, bills nothing more."""
    async with shop.at() as tx:
        periods = [StoredPeriod._make(row) for row in await tx.fetch(SETTLED, tx.tenant_id)]
        rows = await read_rows(tx, periods, pricing=shop.pricing)
        await read_parties(tx, rows, pricing=Pricing())
    assert {period.id for period in periods} <= rows.steps.keys()
    for period in periods:
        step = rows.steps[period.id]
        usage = rows.usage.get(period.id, ())
        part = part_from_inputs(
            step.inputs,
            period_id=period.id,
            subscription_id=period.subscription_id,
            plans=rows.plans,
            products=rows.engine_products,
            tax_rates=rows.tax_rates[period.account_id],
            usage=usage,
            billed=totals_from_json(step.totals),
            seq=step.seq + 1,
        )
        snapshot = Snapshot(
            period.account_id, period.subscription_id, part.plan.currency,
            part.plan.tax_mode, usage=(part,),
        )  # fmt: skip
        assert [line[:1] + line[9:11] for line in bill(snapshot).lines] == [], period


@pytest.mark.parametrize("seed", range(5))
async def test_a_life_is_billed_the_same_with_and_without_deaths(
    twins: tuple[Shop, Shop], seed: int
) -> None:
    """Five months of random steps in two sellers; one closes straight, the other dies."""
    shop, other_shop = twins
    customers = 4
    steps = steps_of(seed, customers=customers, steps=110)
    here = await customers_of(shop, seed, customers=customers)
    there = await customers_of(other_shop, seed, customers=customers)
    random = Random(seed)
    months = [utc(month) for month in range(2, 2 + MONTHS)]
    for closing in months:
        while steps and steps[0].at < closing:
            step = steps.pop(0)
            one = await play(shop, step, here[step.customer])
            two = await play(other_shop, step, there[step.customer])
            assert one == two, step
        said = await previews_of(shop, here, now=closing)
        await closed_straight(shop, closing)
        parked = await shop.rows(PARKED)
        for subscription, lines in said.items():
            if (subscription,) not in parked:
                assert lines in await invoiced(shop, subscription, now=closing)
        await closed_with_deaths(other_shop, closing, random)
        assert await dumped(shop) == await dumped(other_shop), closing
    await assert_priced_again_nothing_differs(shop)
    for each in twins:
        async with each.at() as tx:
            assert await broken(tx) == []
