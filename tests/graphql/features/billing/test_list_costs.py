"""Lists of billing take the same number of statements for one row and for many."""

from __future__ import annotations

from typing import Any

from tests.graphql.features.billing.selling import FEBRUARY, MARCH, Selling

PARKED = """query ($size: Int) { parkedSubscriptions(first: $size) { edges { node {
  code subscription { ref state } account { name } } } } }"""
INVOICES = """query ($size: Int) { subscriptions(last: $size) { edges { node {
  ref invoices(first: 2) { edges { node {
    number total { amount } account { ref } lines { description } } } } } } } }"""
MOST = 24


async def cost(selling: Selling, query: str, size: int) -> tuple[int, list[Any]]:
    """Count the statements of one page, and return its nodes."""
    with selling.api.statements() as seen:
        (page,) = (await selling.api.one.ask(query, size=size)).values()
    return len(seen), [edge["node"] for edge in page["edges"]]


async def test_a_page_of_what_is_parked_costs_the_same_for_one_and_many(
    selling: Selling,
) -> None:
    """Four parked subscriptions, each with its account: what one costs, at most two dozen."""
    for _customer in range(4):
        damaged = await selling.customer(("seats", "1"))
        async with selling.api.transaction() as tx:
            # Without a price plan for January, as a damaged row would leave it.
            await tx.execute(
                "UPDATE subscription_phase SET from_at = from_at + interval '70 days'"
                " WHERE subscription_id = $1",
                damaged.subscription_key,
            )
    assert await selling.close(FEBRUARY) == 0
    await cost(selling, PARKED, 4)  # caches of versions are warm from here on

    few, (one,) = await cost(selling, PARKED, 1)
    many, found = await cost(selling, PARKED, 4)

    assert one["code"] == "PHASE_MISSING"
    assert len({each["subscription"]["ref"] for each in found}) == 4
    assert len({each["account"]["name"] for each in found}) == 4
    assert few == many <= MOST


async def test_invoices_of_subscriptions_cost_the_same_for_one_and_many(
    selling: Selling,
) -> None:
    """Four subscriptions with two invoices each, their lines and accounts: what one costs."""
    for _customer in range(4):
        await selling.customer(("seats", "2"), invoice_per="account")
    await selling.close(FEBRUARY)
    await selling.close(MARCH)
    await cost(selling, INVOICES, 4)

    few, one = await cost(selling, INVOICES, 1)
    many, found = await cost(selling, INVOICES, 4)

    assert (len(one), len(found)) == (1, 4)
    for each in found:
        amounts = [edge["node"]["total"]["amount"] for edge in each["invoices"]["edges"]]
        assert amounts == ["60", "60"]  # 2 x 25 + 20 %
    assert few == many <= MOST
