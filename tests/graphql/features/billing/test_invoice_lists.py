"""Lists of invoices: filters and orders, on a series of numbers of their own.

An issue date is never before the series' last, so that what other tests close would show.
"""

from __future__ import annotations

from tests.graphql.features.billing.selling import MARCH, Selling
from tests.graphql.features.billing.test_invoices import LIST, billed, listed


async def test_lists_are_filtered_and_sorted(selling: Selling) -> None:
    """By account, subscription, days of issue; by date or total, either way."""
    small, large = await billed(selling, 1), await billed(selling, 10_000)
    await selling.close(MARCH)
    for name in (small.ref, small.id):
        assert len(await listed(selling, {"account": name})) == 2
    by_subscription = await listed(selling, {"subscription": large.subscription})
    assert [each["total"]["amount"] for each in by_subscription] == ["82.8", "60"]
    mine = {"account": large.ref}
    largest = await listed(selling, mine, "LARGEST")
    assert [each["total"]["amount"] for each in largest] == ["82.8", "60"]
    smallest = await listed(selling, mine, "SMALLEST")
    assert [each["total"]["amount"] for each in smallest] == ["60", "82.8"]
    latest = await listed(selling, mine, "LATEST")
    assert [each["issueDate"] for each in latest] == ["2026-03-01", "2026-02-01"]
    for days, count in (
        ({"issuedFrom": "2026-02-01", "issuedTo": "2026-02-01"}, 1),
        ({"issuedFrom": "2026-02-02"}, 1),
        ({"issuedTo": "2026-01-31"}, 0),
    ):
        assert len(await listed(selling, mine | days)) == count
    assert await listed(selling, {"account": "nobody"}) == []


async def test_a_list_is_read_page_by_page(selling: Selling) -> None:
    """Every order gives each invoice once."""
    for _customer in range(3):
        await billed(selling)
    for order in ("FIRST", "LATEST", "LARGEST", "SMALLEST"):
        found, after, more = [], None, True
        while more:
            answer = await selling.api.one.ask(LIST, first=2, after=after, order=order)
            page = answer["invoices"]
            found += [edge["node"]["id"] for edge in page["edges"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert len(found) == len(set(found)) == page["totalCount"]
