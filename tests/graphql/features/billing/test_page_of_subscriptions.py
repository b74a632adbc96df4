"""The page that is read most: subscriptions with their usage, last invoice and its lines.

Each nesting level is one statement, and the usage of all of them is priced in one reading of
two statements.
"""

from __future__ import annotations

from typing import Any

from tests.graphql.features.billing.selling import FEBRUARY, NOON, Selling

PAGE = """query ($size: Int) { subscriptions(last: $size) { edges { node {
  ref state items { quantity }
  currentUsage { amount { amount } unbilledEvents lines { quantity amount { amount } } }
  invoices(first: 1) { edges { node { number total { amount } lines(first: 3) { number } } } }
} } } }"""
MANY = 20
MOST = 100
USAGE = """query ($size: Int) { subscriptions(last: $size) { edges { node {
  ref currentUsage { amount { amount } lines { quantity } } } } } }"""


async def cost(selling: Selling, query: str, size: int) -> tuple[int, list[Any]]:
    """Count the statements of one page, and return its nodes."""
    with selling.api.statements() as seen:
        data = await selling.api.one.ask(query, size=size)
    return len(seen), [edge["node"] for edge in data["subscriptions"]["edges"]]


async def test_one_and_twenty_and_a_hundred_subscriptions_take_as_many_statements(
    selling: Selling,
) -> None:
    """A hundred customers with two seats, of whom every second one sent 1,500 e-mails."""
    made = [await selling.customer(("seats", "2"), ("mail", "1")) for _number in range(MOST)]
    await selling.close(FEBRUARY)
    selling.clock.at = FEBRUARY.replace(month=2, day=10)
    events = [
        selling.mail(one.ref, 1_500, occurredAt="2026-02-09T12:00:00+01:00")
        for one in made[1::2]
    ]
    await selling.record(*events)
    await cost(selling, PAGE, MANY)  # caches of versions are warm from here on

    few, _one = await cost(selling, PAGE, 1)
    many, found = await cost(selling, PAGE, MANY)
    # The tenant is entered; subscriptions, their accounts' clocks, items and rests, two
    # readings of usage, invoices, and their lines.
    assert few == many == 9
    assert {one["invoices"]["edges"][0]["node"]["total"]["amount"] for one in found} == {
        "60"  # 2 x 25.00 + 20 %
    }

    usage, _one = await cost(selling, USAGE, 1)
    most, found = await cost(selling, USAGE, MOST)
    assert most == usage == 4  # the tenant, subscriptions, two readings of usage
    amounts = [one["currentUsage"]["amount"]["amount"] for one in found]
    assert sorted(amounts) == ["0"] * 50 + ["3.8"] * 50  # two started batches at 1.90


async def test_one_that_cannot_be_priced_leaves_the_others_on_the_page(
    selling: Selling,
) -> None:
    """Without a plan for its month a subscription has an error of its own, and no usage."""
    good = await selling.customer(("mail", "1"))
    damaged = await selling.customer(("mail", "1"))
    selling.clock.at = NOON
    await selling.record(selling.mail(good.ref, 1_500))
    async with selling.api.transaction() as tx:
        await tx.execute(
            "UPDATE subscription_phase SET from_at = from_at + interval '70 days'"
            " WHERE subscription_id = $1",
            damaged.subscription_key,
        )
    answer = (await selling.api.one.post(USAGE, {"size": 2})).json()
    nodes = [edge["node"] for edge in answer["data"]["subscriptions"]["edges"]]
    found = {one["ref"]: one["currentUsage"] for one in nodes}
    assert found[f"{good.ref}-s"]["amount"]["amount"] == "3.8"
    assert found[f"{damaged.ref}-s"] is None
    (error,) = answer["errors"]
    assert error["path"][-1] == "currentUsage"
    assert error["extensions"]["code"] == "PHASE_MISSING"
