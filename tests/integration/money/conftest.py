"""A seller with all that bears on money at once: films, e-mails, discounts, rests, wallets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.catalogue.apply import BUILT_INS
from core.catalogue.checks import Installed
from core.db import Database
from core.embedded import DatabaseUrls
from core.plugin_host import PluginHost
from core.usage.record import record_usage
from core.usage.records import UsageReport
from plugins.ott.event import OttDirective, OttEvent
from tests.building import Shop, open_shop
from tests.invariants import broken

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  support: {kind: termed_service, name: Support}
  package: {kind: termed_service, name: Package, type: main}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  film: {kind: usage_service, name: Film, type: movie, meters: {channel: ott, unit: order}}
  match: {kind: usage_service, name: Match, type: movie, meters: {channel: ott, unit: order}}
  start-up: {kind: expense, name: Start-up fee}
  leaving: {kind: expense, name: Leaving early}
  repair: {kind: one_time_service, name: Repair, unit_label: hour}
price_plans:
  simple: &tv
    name: TV
    currency: EUR
    rates:
      seats: {base: 25}
      support: {base: 31}
      package:
        {driver: maturity, model: tiered, base: 20,
        tiers: [{from: 1, to: 2, price: 0}, {from: 3, price: 20}]}
      email: {base: 1.90, package: {size: 1000}}
      start-up: {base: 5}
      leaving: {base: 99}
      repair: {base: 16}
  gross: {<<: *tv, name: Gross, tax: inclusive}
  cheap:
    {name: Cheap, currency: EUR, rates: {seats: {base: 10}, support: {base: 20.01},
    package: {base: 7}, email: {base: 0.013}, start-up: {base: 5}, leaving: {base: 99}}}
billing_terms:
  monthly: &monthly
    name: Monthly
    plans: [simple, gross, cheap]
    default_plan: simple
    discounts: flexible
    resting: {per: year}
  advance: {<<: *monthly, name: In advance, fixed_charges: advance}
  seconds: {<<: *monthly, name: By the second, proration: second}
  whole: {<<: *monthly, name: Whole, proration: none}
  yearly:
    {<<: *monthly, name: Yearly, frequency: year, usage_frequency: month,
    fixed_charges: advance}
  direct: {<<: *monthly, name: Directly, max_unbilled_events: 2}
  carrying:
    {<<: *monthly, name: Carrying, max_unbilled_amount: 12, below_threshold: carry}
  prepaid:
    {name: Prepaid, kind: prepaid, plans: [simple, gross], default_plan: simple,
    grace: 3 days}
  work: {name: Work, kind: job, plans: [simple], discounts: flexible}
job_types:
  visit: {name: Visit, terms: work, estimate: 14 days}
udr_types:
  movie: {name: Movie}
usage_definitions:
  movies: {name: Movies, product_types: [movie], providers: [Nagra]}
usage_catalogues:
  movies:
    name: Movies
    currency: EUR
    provider: Nagra
    termed_services: [support]
    services:
      film: {provisioning_id: F1, base: 3}
      match: {provisioning_id: M1, base: "0.333"}
buy_in_advance:
  year: {name: Longer, durations: [{from: 2, to: 24, unit: month}]}
discounts:
  tenth: {name: Tenth, method: ad_hoc, percent: 10, level: 1}
  third: {name: Third, method: ad_hoc, percent: "33.3333", level: 2}
  twenty: {name: Twenty, method: ad_hoc, amount: 20, currency: EUR, per: month}
  fees-only:
    {name: Fees, method: ad_hoc, scope: other, amount: 20, currency: EUR, per: month}
  once: {name: Once, method: ad_hoc, amount: 7.77, currency: EUR, per: month, times: 1}
  gift: {name: Gift, method: ad_hoc, free: 2 months}
  auto-twice: {name: Twice, method: auto, percent: 15, level: 2, times: 2, products: [package]}
  auto-yearly:
    {name: Yearly, method: auto, amount: 1.11, currency: EUR, per: month, times: 2,
    times_per: 3 months, products: [film, package]}
  auto-repair:
    {name: Repairs, method: auto, percent: 50, times: 1, times_per: year, products: [repair]}
  auto-free: {name: Begun, method: auto, free: 1 month, products: [package]}
"""

Order = Callable[..., Any]


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """Connections enough for a crowd."""
    opened = Database(module_database.app, role="worker", pool_size=16)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller with its catalogue and no customers."""
    return await _opened(db)


async def _opened(db: Database, zone: str = "UTC") -> Shop:
    channels = {name: frozenset(one.units) for name, one in PluginHost().channels.items()}
    installed = Installed(channels=channels, models=BUILT_INS.models)
    return await open_shop(db, catalogue=CATALOGUE, installed=installed, zone=zone)


@pytest.fixture
async def twins(db: Database) -> tuple[Shop, Shop]:
    """Two sellers alike in Paris, whose clocks change on 29 March."""
    return await _opened(db, "Europe/Paris"), await _opened(db, "Europe/Paris")


@pytest.fixture(autouse=True)
async def sound_books(shop: Shop) -> AsyncIterator[None]:
    """After every test here the books are sound, whatever the test did."""
    yield
    async with shop.at() as tx:
        assert await broken(tx) == []


async def films(
    shop: Shop,
    account: UUID,
    *events: tuple[str, str],
    on: datetime,
    now: datetime | None = None,
    service: str = "film",
) -> list[str]:
    """Report films as (id, directive) at an instant; return the verdicts."""
    reports = [
        UsageReport(
            account, "portal", name, on, "ott",
            OttEvent(service=service, udr_type="movie", directive=OttDirective(directive)),
        )
        for name, directive in events
    ]  # fmt: skip
    async with shop.at(now or on) as tx:
        verdicts = await record_usage(tx, host=shop.host, events=reports, gate=shop.gate)
    return [one.reason or one.outcome for one in verdicts]


async def charged(shop: Shop, account: UUID, *kinds: str) -> Decimal:
    """What all invoices of an account charge in lines of some kinds, before tax."""
    return sum(
        (
            Decimal(amount)
            for invoice in await shop.invoices(account)
            for kind, _description, amount in invoice["lines"]
            if kind in kinds
        ),
        Decimal(0),
    )


def lines(invoices: Sequence[dict[str, Any]]) -> list[list[tuple[str, str, str]]]:
    """The lines of invoices."""
    return [invoice["lines"] for invoice in invoices]
