"""Events of a socket are executed by the short-cut as answers to queries are."""

from __future__ import annotations

from tests.graphql.features.billing.selling import Selling
from tests.graphql.live.clients import Served
from tests.graphql.live.test_roots import USAGE, recorded


async def test_each_event_is_told_anew_without_resolvers_for_attributes(
    selling: Selling, listening: Served, resolved: list[str]
) -> None:
    """One operation, two events: 1.90 and then 3.80, no money of which was resolved."""
    customer = await selling.customer(("mail", "1"))
    await recorded(selling, customer.ref, 1)
    async with listening.socket(selling.api.one.key) as client:
        key = await client.subscribe(USAGE, s=customer.subscription)
        resolved.clear()
        first = await client.told(key)
        assert first["usage"] == {"amount": {"amount": "1.9"}, "unbilledEvents": 1}
        await recorded(selling, customer.ref, 1_000)
        second = await client.told(key)
        assert second["usage"] == {"amount": {"amount": "3.8"}, "unbilledEvents": 2}
    assert not {each.partition(".")[0] for each in resolved} & {"CurrentUsage", "Money"}
