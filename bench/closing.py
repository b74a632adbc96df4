"""The close: N subscriptions with their usage to N invoices, beside the floor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bench.close_floor import close_by_sql
from bench.comparing import ANALYZE, compare_results, keep_results
from bench.crew import workers
from bench.measuring import Sample, middle, rounds
from bench.place import Owner, Place, owner_of
from bench.population import populate, take_plans, undo_closing
from bench.reading import explain_current_usage
from bench.report import Ratio, Report, cost_ratio
from bench.seller import COMMITMENT, FLEXIBLE, Seller, make_seller
from core.embedded import DatabaseUrls


@dataclass(frozen=True, slots=True)
class Setting:
    """What a closing has to compute."""

    name: str
    family: str
    tax: str
    commitment: int | None
    target: float
    alarm: float
    terms: str = "monthly"


PLAIN: Final = Setting("fees, usage, tiers", "p", "0", None, 2.0, 5.0)
FULL: Final = Setting("with tax and commitment", "c", "20", COMMITMENT, 3.0, 5.0)
DISCOUNTED: Final = Setting("with a discount too", "c", "20", COMMITMENT, 3.0, 5.0, FLEXIBLE)

_PRICE: Final = """
DROP TABLE IF EXISTS bench.price, bench.line;
CREATE TABLE bench.price AS
SELECT v.id AS plan_id, 10 * right(p.code, 1)::int AS fee,
    (ARRAY[0.05, 0.025, 0.0125, 0.01])[right(p.code, 1)::int] AS first_price
FROM price_plan p JOIN price_plan_version v ON v.price_plan_id = p.id;
CREATE TABLE bench.line AS
SELECT m.product_id, m.dimension, m.unit, m.place + 2 AS number,
    row_number() OVER (ORDER BY m.product_id::text, m.unit, m.dimension) AS place,
    p.name || CASE WHEN m.dimension = '' THEN '' ELSE ', ' || m.dimension END AS description
FROM bench.meter m JOIN product p ON p.id = m.product_id
"""
_INPUTS: Final = """
DROP TABLE IF EXISTS bench.inputs;
CREATE TABLE bench.inputs AS
SELECT DISTINCT f.price_plan_version_id AS plan_id, f.quantity::numeric AS seats, s.inputs
FROM billing_step s
JOIN fee_slice f ON f.tenant_id = s.tenant_id AND f.invoice_id = s.invoice_id
"""


@dataclass(frozen=True, slots=True)
class Month:
    """A database with a month that can be closed again and again."""

    place: Place
    urls: DatabaseUrls
    seller: Seller
    owner: Owner
    subscriptions: int

    async def by_product(self, *, count: int = 1) -> Sample:
        """Close it with worker processes."""
        await undo_closing(self.owner)
        async with workers(self.place, self.urls, self.seller, count=count) as ready:
            with self.place.meter.measure(self.subscriptions) as sample:
                await ready.freeze()
                done = await ready.close()
        assert done["invoices"] == self.subscriptions, done
        assert not done["parked"], done
        parts = ("read", "price", "write", "renew", "number")
        sample.parts.update({name: float(done[name]) for name in parts})
        return sample

    async def by_floor(self, setting: Setting) -> Sample:
        """Close it with set-based SQL."""
        await undo_closing(self.owner)
        with self.place.meter.measure(self.subscriptions) as sample:
            sample.parts.update(
                await close_by_sql(
                    self.owner,
                    self.seller.tenant_id,
                    tax=setting.tax,
                    commitment=setting.commitment,
                )
            )
        return sample

    async def take(self, setting: Setting) -> None:
        """Put everybody on the plans and the tax of a setting."""
        await take_plans(
            self.owner, self.seller.tenant_id,
            family=setting.family, tax=setting.tax, terms=setting.terms,
        )  # fmt: skip


@asynccontextmanager
async def month(place: Place, *, subscriptions: int, events_each: int) -> AsyncIterator[Month]:
    """Make a database with that many subscriptions and events, and drop it afterwards."""
    name = f"month_{subscriptions}"
    urls = place.database(name)
    seller = await make_seller(urls.app, slug="bench", tax=PLAIN.tax)
    owner = await owner_of(urls, seller.tenant_id)
    try:
        await populate(
            owner, seller.tenant_id, subscriptions=subscriptions, events_each=events_each
        )
        await owner.execute(_PRICE)
        yield Month(place, urls, seller, owner, subscriptions)
    finally:
        await owner.close()
        place.drop(name)


async def measure_close(
    place: Place, report: Report, *, subscriptions: int, events_each: int, count: int
) -> None:
    """Measure the close beside its floor, two workers beside one, and a tenth beside all."""
    async with month(place, subscriptions=subscriptions, events_each=events_each) as large:
        await explain_current_usage(large.urls, large.owner, large.seller.tenant_id, report)
        one, _floor = await _beside_floor(large, report, PLAIN, count=count, with_two=True)
        await large.take(FULL)
        _full, floor = await _beside_floor(large, report, FULL, count=count, with_two=False)
        await large.take(DISCOUNTED)
        await _discounted(large, report, floor=floor, count=count)
    tenth = subscriptions // 10
    async with month(place, subscriptions=tenth, events_each=events_each) as small:
        await small.by_product()
        found = await rounds({"small": small.by_product}, count=count)
    few = middle(found["small"])
    report.sample(f"close of {tenth:,}, one worker", "invoices", few)
    report.ratios.append(
        cost_ratio(
            f"growth: an invoice of {subscriptions:,} vs {tenth:,}", one, few,
            target=1.3, alarm=1.6,
        )
    )  # fmt: skip


async def _beside_floor(
    large: Month, report: Report, setting: Setting, *, count: int, with_two: bool
) -> tuple[Sample, Sample]:
    """Return the medians of one worker and of the floor."""
    await large.by_product()  # warms the caches, and leaves the inputs for the floor
    await large.owner.execute(ANALYZE)
    await large.owner.execute(_INPUTS)
    equal: dict[str, int] = {}

    async def product() -> Sample:
        sample = await large.by_product()
        await keep_results(large.owner)
        return sample

    async def floor_alike() -> Sample:
        sample = await large.by_floor(setting)
        equal.update(await compare_results(large.owner))
        return sample

    cases = {"product": product, "floor": floor_alike}
    if with_two:
        cases["two"] = lambda: large.by_product(count=2)
    found = await rounds(cases, count=count)
    one, floor = middle(found["product"]), middle(found["floor"])
    report.sample(f"close, {setting.name}: one worker", "invoices", one)
    report.sample(f"close, {setting.name}: floor", "invoices", floor)
    report.ratios.append(
        cost_ratio(
            f"close, {setting.name}, one worker", one, floor,
            target=setting.target, alarm=setting.alarm,
        )
    )  # fmt: skip
    report.facts += [
        f"close, {setting.name}: equal in product and floor: "
        + ", ".join(f"{number:,} {name}" for name, number in equal.items()),
        (
            f"close, {setting.name}: seconds of one worker: {_told(one)};"
            f" of the floor: {_told(floor)}"
        ),
    ]
    if with_two:
        _two(report, one, middle(found["two"]))
    return one, floor


async def _discounted(large: Month, report: Report, *, floor: Sample, count: int) -> None:
    """Measure the same month with a tenth off everything, beside the floor without it."""

    async def product() -> Sample:
        sample = await large.by_product()
        used = await large.owner.fetchval("SELECT count(*) FROM applied_discount")
        assert used == large.subscriptions, used
        return sample

    await product()
    one = middle((await rounds({"product": product}, count=count))["product"])
    report.sample(f"close, {DISCOUNTED.name}: one worker", "invoices", one)
    report.ratios.append(
        cost_ratio(
            f"close, {DISCOUNTED.name}, one worker", one, floor,
            target=DISCOUNTED.target, alarm=DISCOUNTED.alarm,
            note="the floor takes nothing off",
        )
    )  # fmt: skip
    report.facts.append(
        f"close, {DISCOUNTED.name}: seconds of one worker: {_told(one)}; it writes a line of"
        " its own for each that is reduced"
    )


def _two(report: Report, one: Sample, two: Sample) -> None:
    report.sample("close: two workers", "invoices", two)
    report.ratios.append(
        Ratio(
            "close: two workers against one",
            one.cpu / two.cpu,
            one.wall / two.wall,
            target=1.4,
            alarm=1.2,
            note="wall: PostgreSQL works on the same two cores",
        )
    )


def _told(sample: Sample) -> str:
    return ", ".join(f"{name} {seconds:.2f}" for name, seconds in sample.parts.items())
