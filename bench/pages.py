"""A page of reads beside one statement: a subscription, its usage and its last invoice.

Real servers on the loopback (`server.py`), one keep-alive connection, one request after the
other; CPU is the servers' and PostgreSQL's. Before anything is measured the answers of both
sides are compared by what they hold.

What a page costs is a beginning, which every page has (a request, a transaction, some twenty
statements), and what each leaf adds: that is told apart by two sizes of the page, with all
that PostgreSQL does for a leaf, and without taking off what the floor does for it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from bench.calendar import ENDS, NEXT_ENDS
from bench.closer import close, freeze
from bench.graphql_itself import data_of
from bench.http_faces import Client, server
from bench.measuring import Sample, middle, rounds
from bench.place import Owner, Place, owner_of
from bench.population import populate
from bench.report import Ratio, Report, cost_ratio
from bench.seller import Seller, make_seller
from core.billing_cycles.pricing import Pricing
from core.db import Database
from core.plugin_host import PluginHost

PAGE: Final = """
fragment Whole on Subscription {
  id ref state currency startsAt
  items { id quantity product { code name } }
  currentUsage {
    startsAt endsAt amount { amount currencyCode }
    lines { description quantity unit amount { amount currencyCode }
      working { kind label quantity unitPrice amount } }
  }
  invoices(first: 1) { edges { node {
    id number issueDate total { amount currencyCode } tax { amount }
    settlement { outstanding { amount } }
    lines(first: 6) { number kind description quantity amount { amount } net { amount }
      tax { amount } gross { amount } taxRate working { kind label quantity unitPrice amount } }
  } } }
}
"""
PAGE_OF_ONE: Final = PAGE + "query Page($id: ID!) { subscription(id: $id) { ...Whole } }"
PAGE_OF_MANY: Final = (
    PAGE + "query Pages($first: Int!) { subscriptions(first: $first) { edges { node {"
    " ...Whole } } } }"
)
SUBSCRIPTIONS: Final = 100
EVENTS: Final = 50
PAGES: Final = 5
"""Subscriptions on the larger page."""
LINES: Final = 6
"""Of an invoice: seats, and five kinds of usage."""
_LATER: Final = """
INSERT INTO usage_event (tenant_id, identity, revision, sign, account_id, subscription_id,
    product_id, usage_period_id, billing_period_id, occurred_at, received_at, quantity, slot,
    channel, unit, dimension, source, event_id, content_hash, payload)
SELECT e.tenant_id, uuidv7(), 0, 1, e.account_id, e.subscription_id, e.product_id, p.id, p.id,
    e.occurred_at + interval '28 days', e.received_at + interval '28 days', e.quantity, 0,
    e.channel, e.unit, e.dimension, e.source, gen_random_uuid()::text, e.content_hash, e.payload
FROM usage_event e
JOIN billing_period p ON p.tenant_id = e.tenant_id AND p.subscription_id = e.subscription_id
    AND p.stream = 'usage' AND p.starts_at = $1
WHERE e.occurred_at + interval '28 days' BETWEEN $1 AND $2
"""


async def measure_page(place: Place, report: Report, *, requests: int, count: int) -> None:
    """Measure a subscription with its usage and last invoice, beside one statement."""
    urls = place.database("page")
    seller = await make_seller(urls.app, slug="bench", tax="20")
    owner = await owner_of(urls, seller.tenant_id)
    await populate(owner, seller.tenant_id, subscriptions=SUBSCRIPTIONS, events_each=EVENTS)
    await _invoice(urls.app, owner, seller)
    ids: list[UUID] = [
        row[0] for row in await owner.fetch("SELECT subscription_id FROM bench.seed ORDER BY 1")
    ]
    with (
        server(place, "product", urls.app, key=seller.key) as product,
        server(place, "page", urls.app, key="") as floor,
    ):
        pages = Pages(place, product, floor, ids)
        pages.compare()
        await _measured(report, pages, requests=requests, count=count)
    await owner.close()
    place.drop("page")


async def _invoice(url: str, owner: Owner, seller: Seller) -> None:
    """Close January, and let February have begun to be used."""
    database, pricing = Database(url, role="worker"), Pricing(PluginHost())
    await freeze(database, pricing)
    await close(database, seller.tenant_id, pricing)
    await database.close()
    assert await owner.fetchval("SELECT count(*) FROM invoice") == SUBSCRIPTIONS
    await owner.execute(_LATER, ENDS, NEXT_ENDS)
    await owner.execute("CREATE TABLE bench.seller AS SELECT id FROM tenant")
    await owner.execute("GRANT USAGE ON SCHEMA bench TO PUBLIC")
    await owner.execute("GRANT SELECT ON bench.seller TO PUBLIC")
    for table in ("usage_event", "invoice", "invoice_line", "billing_period"):
        await owner.execute(f"VACUUM ANALYZE {table}")


class Pages:
    """The same pages of the product and of the floor."""

    def __init__(
        self,
        place: Place,
        product: tuple[Client, int],
        floor: tuple[Client, int],
        ids: list[UUID],
    ) -> None:
        self._place = place
        self._product = product
        self._floor = floor
        self._ids = ids
        self._global_ids: list[str] = []
        self.leaves: dict[int, int] = {}

    def compare(self) -> None:
        """Ask for one and for many of both; the invoices' lines must agree."""
        client, plain = self._product[0], self._floor[0]
        found = data_of(client, {"query": PAGE_OF_MANY, "variables": {"first": PAGES}})
        nodes = [edge["node"] for edge in found["subscriptions"]["edges"]]
        self._global_ids = [node["id"] for node in nodes]
        one = data_of(client, {"query": PAGE_OF_ONE, "variables": {"id": self._global_ids[0]}})
        assert one["subscription"] == nodes[0]
        self.leaves = {1: _leaves(one), PAGES: _leaves(found)}
        rows = orjson.loads(plain.post("/page", self._plain(self._ids)))["subscriptions"]
        totals = {row["invoice"]["number"]: row["invoice"] for row in rows}
        for node in nodes:
            invoice = node["invoices"]["edges"][0]["node"]
            row = totals[int(invoice["number"].rpartition("-")[2])]
            assert Decimal(row["total"]) == Decimal(invoice["total"]["amount"])
            assert len(row["lines"]) == len(invoice["lines"]) == LINES
            assert len(node["currentUsage"]["lines"]) == LINES - 1

    def by_product(self, size: int, *, requests: int) -> Callable[[], Any]:
        """Pages of GraphQL."""
        if size == 1:
            bodies = [
                orjson.dumps({"query": PAGE_OF_ONE, "variables": {"id": one}})
                for one in self._global_ids
            ]
        else:
            bodies = [orjson.dumps({"query": PAGE_OF_MANY, "variables": {"first": size}})]
        return self._case(self._product, "/graphql", bodies, requests)

    def by_floor(self, size: int, *, requests: int) -> Callable[[], Any]:
        """Pages of one statement."""
        chosen = [self._ids[at : at + size] for at in range(0, PAGES, size)]
        bodies = [self._plain(ids) for ids in chosen]
        return self._case(self._floor, "/page", bodies, requests)

    def _case(
        self, face: tuple[Client, int], path: str, bodies: list[bytes], requests: int
    ) -> Callable[[], Any]:
        client, pid = face

        async def run() -> Sample:
            with self._place.meter.measure(requests, others={pid}) as sample:
                for number in range(requests):
                    client.post(path, bodies[number % len(bodies)])
            return sample

        return run

    def _plain(self, ids: list[UUID]) -> bytes:
        return orjson.dumps({"subscriptions": [str(one) for one in ids]})


def _leaves(value: Any) -> int:
    """Count the values of an answer that are no objects and no lists."""
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if isinstance(value, list) else 1


async def _measured(report: Report, pages: Pages, *, requests: int, count: int) -> None:
    cases = {
        "one": pages.by_product(1, requests=requests),
        "plain one": pages.by_floor(1, requests=5 * requests),
        "many": pages.by_product(PAGES, requests=requests // 2),
        "plain many": pages.by_floor(PAGES, requests=5 * requests),
    }
    for case in cases.values():
        await case()  # warms both
    found = {
        name: middle(samples) for name, samples in (await rounds(cases, count=count)).items()
    }
    for size, name in ((1, "one"), (PAGES, "many")):
        what = "a page: one subscription" if size == 1 else f"a page of {size} subscriptions"
        product, floor = found[name], found[f"plain {name}"]
        report.sample(f"{what}, its usage and last invoice", "requests", product)
        report.sample("one json_agg: the same", "requests", floor)
        report.ratios.append(
            cost_ratio(f"{what}: cost of one json_agg", product, floor, target=8, alarm=16)
        )
        leaves = pages.leaves[size]
        report.facts.append(
            f"{what}: {leaves} leaves, {product.cpu_each / leaves:.1f} us of CPU each,"
            f" {product.python / product.work * 1e6 / leaves:.1f} us of Python"
        )
    leaves = pages.leaves[PAGES] - pages.leaves[1]
    report.ratios.append(
        Ratio(
            "each leaf more of a page, microseconds",
            cpu=(found["many"].cpu_each - found["one"].cpu_each) / leaves,
            wall=(_wall_each(found["many"]) - _wall_each(found["one"])) / leaves,
            better="lower",
            target=6,
            alarm=12,
        )
    )


def _wall_each(sample: Sample) -> float:
    return sample.wall / sample.work * 1e6
