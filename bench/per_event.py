"""Bulk ingest of orders that are priced one by one, beside events that are not.

Both streams have the same number of rows, customers, times and ids, and are stored by the
same code. An order finds its usage catalogue, its termed service and its price by the minute
of its time, and is stored with its amount and its rating; an e-mail is counted.
"""

from __future__ import annotations

from typing import Final

import orjson

from bench.events import SOURCE, Sent, make_events
from bench.ingest import Ingest
from bench.measuring import Sample, middle, rounds
from bench.place import Place
from bench.report import Report, rate_ratio
from core.bootstrap import installed_by
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.plugin_host import PluginHost

CATALOGUE: Final = """
products:
  ppv: {kind: termed_service, name: PPV Movies}
  film-0: &film
    {kind: usage_service, name: Film, type: film, meters: {channel: ott, unit: order}}
  film-1: *film
  film-2: *film
udr_types:
  film: {name: Film, methods: {values: [tv, web]}, devices: {values: [box, telephone]}}
usage_definitions:
  films: {name: Films, product_types: [film], providers: [Provider]}
usage_catalogues:
  films:
    name: Films
    currency: EUR
    provider: Provider
    termed_services: [ppv]
    services:
      film-0: &price
        provisioning_id: F
        base: 3
        rates:
          - {from: "00:01", to: "06:59", price: 2}
          - {from: "07:00", to: "23:59", devices: [telephone], price: "2.50"}
      film-1: *price
      film-2: *price
"""
FILMS: Final = 3
METHODS: Final = ("tv", "web")
DEVICES: Final = ("box", "telephone")
_ITEMS: Final = """
INSERT INTO subscription_item (tenant_id, item_id, revision, subscription_id, product_id,
    quantity, from_at, created_at)
SELECT s.tenant_id, uuidv7(), 1, s.id, p.id, 1, s.starts_at, s.created_at
FROM subscription s CROSS JOIN product p WHERE p.code = 'ppv'
"""


def as_orders(events: list[Sent]) -> bytes:
    """Write events as orders of films; every second one is watched on a telephone."""
    lines = []
    for number, event in enumerate(events):
        order = {
            "service": f"film-{number % FILMS}",
            "udrType": "film",
            "method": METHODS[number % len(METHODS)],
            "device": DEVICES[number // FILMS % len(DEVICES)],
        }
        lines.append(
            orjson.dumps(
                {
                    "account": event.account,
                    "source": SOURCE,
                    "id": event.id,
                    "occurredAt": event.occurred_at.isoformat(),
                    "event": {"ott": order},
                }
            )
        )
    return b"\n".join(lines) + b"\n"


class OrdersIngest(Ingest):
    """The same database, with films that its customers may order."""

    async def offer_films(self) -> None:
        """Declare films, and give every subscription the service to order them on."""
        async with self.database.transaction(self.tenant_id, actor="bench") as tx:
            catalogue = load_catalogue(CATALOGUE)
            await apply_catalogue(tx, catalogue, installed=installed_by(PluginHost()))
        owner = await self.owner()
        await owner.execute(_ITEMS)
        await owner.execute("VACUUM ANALYZE subscription_item")
        await owner.close()

    async def orders(self) -> Sample:
        """Ingest new orders."""
        events = make_events(self.rows, customers=self.customers, ids="UUIDv7")
        return await self.ingested(as_orders(events), len(events), expected="accepted")


async def measure_orders(
    place: Place, report: Report, *, rows: int, customers: int, count: int
) -> None:
    """Measure the same rows as orders and as e-mails."""
    ingest = OrdersIngest(place, place.database("orders"), customers=customers, rows=rows)
    await ingest.prepare()
    await ingest.offer_films()
    await ingest.first("UUIDv7")
    await ingest.orders()
    found = await rounds(
        {"e-mails": lambda: ingest.first("UUIDv7"), "orders": ingest.orders}, count=count
    )
    await ingest.close()
    place.drop("orders")
    mails, orders = middle(found["e-mails"]), middle(found["orders"])
    report.sample("bulk ingest, priced per period", "events", mails)
    report.sample("bulk ingest, priced per event", "events", orders)
    report.ratios.append(
        rate_ratio(
            "bulk ingest, per event: rate of per period", orders, mails, target=0.4, alarm=0.2
        )
    )
