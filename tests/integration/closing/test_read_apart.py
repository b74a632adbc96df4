"""Few periods are read in one message, many kind by kind: what is read is the same."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from core.billing_cycles.known import read_open
from core.billing_cycles.reading import read_rows
from core.billing_cycles.rows import ClosingRows
from core.db import Tx
from tests.building import Shop, utc


def comparable(rows: ClosingRows) -> dict[str, Any]:
    """What was read, by name; rows that the database gives in any order are sorted."""
    found = {one.name: getattr(rows, one.name) for one in fields(rows)}
    for name in ("phases", "items", "fees_periods", "charged", "usage"):
        found[name] = {key: sorted(each, key=repr) for key, each in found[name].items()}
    found["late"] = sorted(rows.late)
    return found


async def both(tx: Tx, shop: Shop, subscription_ids: list[Any]) -> dict[str, Any]:
    """Read the open periods of the first due time in both ways; they agree."""
    periods, known = await read_open(tx, subscription_ids)
    assert known is not None
    first = min(period.due_at for period in periods)
    due = [period for period in periods if period.due_at == first]
    together = comparable(await read_rows(tx, due, pricing=shop.pricing, known=known))
    assert together == comparable(await read_rows(tx, due, pricing=shop.pricing))
    assert together == comparable(await read_rows(tx, due, pricing=shop.pricing, few=0))
    return together


async def test_late_usage_and_what_is_charged_are_read_alike_in_both_ways(shop: Shop) -> None:
    """January was billed with one started batch; 900 e-mails of it arrived in February.

    Two customers, so that each has its own rows: both have seats charged, and of one the
    chain of January goes on with 600 + 900 e-mails.
    """
    ids = []
    for number in (1, 2):
        client = await shop.customer(f"Client {number}")
        made = await shop.subscribed(client, ("seats", "2"), ("email", "1"))
        await shop.emails(client, 600, on=utc(1, 10))
        ids.append(made.id)
    await shop.close(utc(2))
    await shop.emails(client, 900, on=utc(1, 31), now=utc(2, 3))
    await shop.emails(client, 100, on=utc(2, 3), now=utc(2, 4))

    async with shop.at(utc(2, 5)) as tx:
        found = await both(tx, shop, ids)

    (late,) = found["late"]
    assert late.subscription_id == ids[1]
    assert found["steps"][late.usage_period_id].seq == 1
    used = {key: [total.quantity for total in each] for key, each in found["usage"].items()}
    assert used == {late.usage_period_id: [1500], late.billing_period_id: [100]}
    assert {one.account_id for one in found["subscriptions"].values()} == set(
        found["tenant"].accounts
    )
    assert all(found["items"][one] and found["phases"][one] for one in ids)


async def test_fees_of_a_year_are_looked_at_since_its_beginning(shop: Shop) -> None:
    """Charged ahead for a year, used month by month: in March, seats of January are read.

    Support was there until February; it belongs to the year's fees, and not to March.
    """
    client = await shop.customer()
    made = await shop.subscribed(
        client, ("seats", "1"), ("support", "1"), ("email", "1"), terms="yearly"
    )
    await shop.close(utc(1))
    async with shop.at(utc(2)) as tx:
        await tx.execute(
            "UPDATE subscription_item SET until_at = $1 WHERE product_id ="
            " (SELECT id FROM product WHERE code = 'support' AND tenant_id = $2)",
            utc(2),
            tx.tenant_id,
        )
    await shop.close(utc(2))
    await shop.close(utc(3))
    await shop.emails(client, 600, on=utc(3, 10))

    async with shop.at(utc(3, 11)) as tx:
        found = await both(tx, shop, [made.id])

    assert [one.starts_at for one in found["periods"]] == [utc(3)]
    assert [one.starts_at for one in found["fees_periods"][made.id]] == [utc(1)]
    assert len(found["items"][made.id]) == 3
    assert {one.kind for one in found["charged"][made.id]} == {"fee"}
