"""A past month under another plan, and under an edited catalogue, to the cent."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from core.db import Tx
from core.simulations.start import StartSimulation
from tests.building import CATALOGUE, Shop, utc
from tests.integration.simulations.conftest import Simulate

JANUARY = date(2026, 1, 1)

CHEAPER = """
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      seats: {base: 20}
      support: {base: 31}
      email: {base: 1.50, package: {size: 1000}}
"""


async def plan(tx: Tx, code: str) -> UUID:
    """Return a plan's id."""
    found: UUID = await tx.fetchval(
        "SELECT id FROM price_plan WHERE tenant_id = $1 AND code = $2", tx.tenant_id, code
    )
    return found


async def results(shop: Shop, simulation_id: UUID) -> dict[UUID, tuple[str, ...]]:
    """Return by account what was invoiced, and net before and after."""
    rows = await shop.rows(
        "SELECT account_id, invoiced, before, after FROM simulation_result"
        " WHERE tenant_id = $1 AND simulation_id = $2",
        simulation_id,
    )
    return {account: tuple(f"{one:.2f}" for one in amounts) for account, *amounts in rows}


async def failures(shop: Shop, simulation_id: UUID) -> list[tuple[Any, ...]]:
    """Return who could not be priced, and why."""
    return await shop.rows(
        "SELECT account_id, side, code FROM simulation_failure"
        " WHERE tenant_id = $1 AND simulation_id = $2",
        simulation_id,
    )


async def test_usage_in_batches_under_an_edited_catalogue(
    shop: Shop, simulate: Simulate
) -> None:
    """2 seats, 12,345 e-mails: 50.00 + 13 x 1.90 = 74.70; edited 40.00 + 13 x 1.50 = 59.50."""
    account = await shop.customer()
    await shop.subscribed(account, ("seats", "2"), ("email", "1"))
    await shop.emails(account, 12_345, on=utc(1, 20))
    assert await shop.close(utc(2)) == 1

    done = await simulate(StartSimulation(JANUARY, catalogue=CHEAPER), now=utc(2, 3))

    assert done.state == "done"
    assert (done.accounts_done, done.accounts_total) == (1, 1)
    assert await results(shop, done.id) == {account: ("74.70", "74.70", "59.50")}
    assert await failures(shop, done.id) == []


async def test_the_minimum_of_the_other_plan_counts(shop: Shop, simulate: Simulate) -> None:
    """2,000 e-mails are 2 x 1.90 = 3.80; level 3 owes a minimum of 1000.00 besides."""
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    await shop.emails(account, 2_000, on=utc(1, 20))
    await shop.close(utc(2))
    async with shop.at() as tx:
        other = await plan(tx, "level-3")

    done = await simulate(StartSimulation(JANUARY, price_plan_id=other), now=utc(2, 3))

    assert await results(shop, done.id) == {account: ("3.80", "3.80", "1003.80")}


async def test_who_lacks_a_rate_is_named_and_stops_nobody(
    shop: Shop, simulate: Simulate
) -> None:
    """Level 3 has no price for seats: that customer is left out, with the reason."""
    left_out, counted = await shop.customer("A"), await shop.customer("B")
    await shop.subscribed(left_out, ("seats", "1"))
    await shop.subscribed(counted, ("email", "1"))
    await shop.emails(counted, 1, on=utc(1, 20))
    await shop.close(utc(2))
    async with shop.at() as tx:
        other = await plan(tx, "level-3")

    done = await simulate(StartSimulation(JANUARY, price_plan_id=other), now=utc(2, 3))

    assert await results(shop, done.id) == {counted: ("1.90", "1.90", "1001.90")}
    assert await failures(shop, done.id) == [(left_out, "after", "RATE_MISSING")]


async def test_fees_in_advance_belong_to_the_month_in_which_they_begin(
    shop: Shop, simulate: Simulate
) -> None:
    """Support from 15 January, in advance: 17 of 31 days of 31.00, and the period's usage."""
    account = await shop.customer()
    await shop.subscribed(
        account, ("support", "1"), ("email", "1"), terms="advance", now=utc(1, 15)
    )
    await shop.emails(account, 1_001, on=utc(1, 20))
    await shop.close(utc(2, 16))

    done = await simulate(StartSimulation(JANUARY, catalogue=CHEAPER), now=utc(2, 17))

    # 17.00 + 2 x 1.90 = 20.80; edited 17.00 + 2 x 1.50 = 20.00. February's fee is not in it.
    assert await results(shop, done.id) == {account: ("20.80", "20.80", "20.00")}


async def test_late_usage_counts_in_its_own_month(shop: Shop, simulate: Simulate) -> None:
    """900 e-mails in time, 200 late: 2 batches x 1.90 on two invoices, 2 x 1.50 afterwards."""
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    await shop.emails(account, 900, on=utc(1, 20))
    await shop.close(utc(2))
    await shop.emails(account, 200, on=utc(1, 21), now=utc(2, 2))
    await shop.close(utc(3))

    done = await simulate(StartSimulation(JANUARY, catalogue=CHEAPER), now=utc(3, 2))

    assert await results(shop, done.id) == {account: ("3.80", "3.80", "3.00")}


async def test_what_is_not_billed_yet_counts_apart(shop: Shop, simulate: Simulate) -> None:
    """From 15 to 31 January nothing is invoiced on 3 February: it is priced, and told."""
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"), now=utc(1, 15))
    await shop.emails(account, 1_000, on=utc(1, 20))

    done = await simulate(StartSimulation(JANUARY, catalogue=CHEAPER), now=utc(2, 3))

    assert await results(shop, done.id) == {account: ("0.00", "1.90", "1.50")}
    assert await shop.rows(
        "SELECT unbilled_periods FROM simulation_result WHERE tenant_id = $1"
    ) == [(2,)]


async def test_chunks_do_not_change_what_comes_out(shop: Shop, simulate: Simulate) -> None:
    """Five customers in chunks of two: three transactions, and each customer once."""
    accounts = [await shop.customer(f"C{number}") for number in range(5)]
    for number, account in enumerate(accounts):
        await shop.subscribed(account, ("seats", str(number + 1)))
    await shop.close(utc(2))

    done = await simulate(StartSimulation(JANUARY, catalogue=CHEAPER), now=utc(2, 3), chunk=2)

    assert await results(shop, done.id) == {
        account: (f"{25 * n}.00", f"{25 * n}.00", f"{20 * n}.00")
        for n, account in enumerate(accounts, 1)
    }
    assert done.accounts_done == 5
    topics = await shop.rows(
        "SELECT topic, count(*) FROM outbox WHERE tenant_id = $1 AND topic LIKE 'simulation%'"
        " GROUP BY topic ORDER BY topic"
    )
    assert topics == [("simulation.finished", 1), ("simulation.progressed", 2)]


async def test_the_same_catalogue_file_may_be_the_whole_one(
    shop: Shop, simulate: Simulate
) -> None:
    """An export with one price changed: only that price counts."""
    account = await shop.customer()
    await shop.subscribed(account, ("seats", "1"), ("support", "1"))
    await shop.close(utc(2))
    edited = CATALOGUE.replace("support: {base: 31}", "support: {base: 35}")

    done = await simulate(StartSimulation(JANUARY, catalogue=edited), now=utc(2, 3))

    assert await results(shop, done.id) == {account: ("56.00", "56.00", "60.00")}
