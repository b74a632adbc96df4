"""Applying a catalogue: what is written, what is kept, and what is refused whole."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from core.bootstrap import installed_by
from core.catalogue.apply import apply_catalogue
from core.catalogue.records import BillingTerms, PricePlan
from core.catalogue.repository import (
    current_terms_versions,
    head_by_code,
    plan_version_at,
)
from core.catalogue.terms_versions import load_terms_versions
from core.catalogue.yaml_source import load_catalogue_file
from core.plugin_host import PluginHost
from tests.integration.catalogue.shop import (
    CRM360,
    DATED,
    JUNE,
    PLUGINS,
    SMALL,
    apply,
    counts,
    numbers,
    version_of,
)


async def test_the_demo_catalogue_is_stored_whole(begin):
    """Two gauges, six products that meter what is installed, one table, four plans of six."""
    async with begin() as tx:
        installed = installed_by(PluginHost(PLUGINS))
        result = await apply_catalogue(tx, load_catalogue_file(CRM360), installed=installed)
    assert len(result.created) == 2 + 6 + 1 + 4 + 1 + 7
    stored = await counts(begin)
    assert (stored["gauge"], stored["product"], stored["rate_table_slot"]) == (2, 6, 1)
    assert (stored["price_plan_version"], stored["rate"]) == (4, 4 * 6)
    assert stored["billing_terms_plan"] == 4


async def test_applying_twice_writes_nothing(begin):
    """The second time everything is unchanged, and no table has another row."""
    async with begin() as tx:
        await apply_catalogue(tx, load_catalogue_file(CRM360))
    before = await counts(begin)
    async with begin() as tx:
        again = await apply_catalogue(tx, load_catalogue_file(CRM360))
    assert len(again.unchanged) == 21
    assert not again.changed_anything
    assert await counts(begin) == before


async def test_a_plan_version_comes_back_as_the_engine_takes_it(begin):
    """Level 3: profiles at 5 per started 1000, a minimum of 1000 over the package alone."""
    async with begin() as tx:
        await apply_catalogue(tx, load_catalogue_file(CRM360))
    version = await version_of(begin, "level-3")
    assert (version.code, version.number, version.currency) == ("level-3", 1, "EUR")
    assert version.commitment.minimum == Decimal(1000)
    assert version.commitment.products == {"profiles", "users"}
    assert version.commitment.kinds == frozenset()
    by_model = {(rate.rate.model, rate.rate.driver, rate.rate.base) for rate in version.rates}
    assert ("package", "quantity", Decimal(5)) in by_model
    assert ("flat", "quantity", Decimal(20)) in by_model
    assert ("package", "usage", Decimal("2.75")) in by_model
    (table,) = [rate.rate.table for rate in version.rates if rate.rate.table is not None]
    (slot,) = table.slots
    assert (slot.number, slot.rows["FR"], slot.rows["RE"]) == (
        0,
        Decimal("0.06"),
        Decimal("0.09"),
    )
    assert (slot.rows["AT"], slot.rows["LU"], slot.rows["MX"], slot.default) == (
        Decimal("0.08"),
        Decimal("0.12"),
        Decimal("0.18"),
        Decimal("0.20"),
    )


async def test_billing_terms_come_back_as_the_calendar_takes_them(begin):
    """Monthly, by the calendar, in arrears; four plans may be used and none is the default."""
    async with begin() as tx:
        await apply_catalogue(tx, load_catalogue_file(CRM360))
        terms = await head_by_code(tx, BillingTerms, "monthly")
        head = (await current_terms_versions(tx, [terms.id]))[terms.id]
        found = (await load_terms_versions(tx, [head.id]))[head.id]
    assert (str(found.frequency), str(found.usage_frequency)) == ("month", "month")
    assert (found.anchor, found.fixed_charges, found.proration) == (
        "calendar",
        "arrears",
        "day",
    )
    assert found.closes_after.total_seconds() == 0
    assert len(found.plans) == 4
    assert found.default_plan_id is None


async def test_another_price_is_a_new_version_and_the_old_one_stays(begin):
    """What was sold at 20 is still 20; who subscribes from now gets 21."""
    await apply(begin, SMALL)
    result = await apply(begin, SMALL.replace("base: 20", "base: 21"))
    assert result.versioned == ("price_plans.basic",)
    assert result.unchanged == ("products.fee",)
    assert (await version_of(begin, number=1)).rates[0].rate.base == Decimal(20)
    assert (await version_of(begin, number=2)).rates[0].rate.base == Decimal(21)


async def test_the_version_sold_is_the_last_effective_one(begin):
    """A price of 21 from 1 March 2030: 20 is sold on 28 February, 21 on 1 March in Paris."""
    await apply(begin, SMALL)
    dated = SMALL.replace("base: 20", "base: 21").replace(
        "currency: EUR", "currency: EUR\n    effective_from: 2030-03-01"
    )
    await apply(begin, dated)
    async with begin() as tx:
        plan = await head_by_code(tx, PricePlan, "basic")
        instants = (
            datetime(2016, 1, 1, tzinfo=UTC),
            datetime(2030, 2, 28, 22, 59, 59, tzinfo=UTC),
            datetime(2030, 2, 28, 23, tzinfo=UTC),  # midnight in Paris
        )
        sold = [(await plan_version_at(tx, plan_id=plan.id, at=at)).number for at in instants]
    assert sold == [1, 1, 2]


async def test_a_product_that_a_version_lacked_is_added_to_it(begin):
    """A pure addition keeps the version, and a process that has cached it sees the product."""
    await apply(begin, SMALL)
    assert len((await version_of(begin)).rates) == 1
    wider = SMALL.replace(
        "price_plans:", "  extra: {kind: licence, name: Extra}\nprice_plans:"
    ).replace("fee: {base: 20}", "fee: {base: 20}\n      extra: {base: 7}")
    result = await apply(begin, wider)
    assert result.extended == ("price_plans.basic",)
    assert await numbers(begin) == [1]
    assert sorted(rate.rate.base for rate in (await version_of(begin)).rates) == [7, 20]
    assert not (await apply(begin, wider)).changed_anything


async def test_a_further_frequency_is_a_new_version(begin):
    """It changes what those who have the product pay, so it is no addition."""
    await apply(begin, SMALL)
    yearly = SMALL.replace("{base: 20}", "[{base: 20}, {base: 200, frequency: 12 months}]")
    assert (await apply(begin, yearly)).versioned == ("price_plans.basic",)
    rates = {row.frequency: row.rate for row in (await version_of(begin)).rates}
    assert (rates[""].base, rates[""].per_months) == (Decimal(20), 1)
    assert (rates["year"].base, rates["year"].per_months) == (Decimal(200), 12)


async def test_names_and_state_change_no_version(begin):
    """They belong to the head."""
    await apply(begin, SMALL)
    renamed = SMALL.replace("name: Basic", "name: Basic plan").replace(
        "name: Fee}", "name: The fee, state: retired}"
    )
    result = await apply(begin, renamed)
    assert result.updated == ("products.fee", "price_plans.basic")
    assert await numbers(begin) == [1]


async def test_what_a_file_leaves_out_is_left_alone(begin):
    """Applying only a product leaves the plan and its rates as they are."""
    await apply(begin, SMALL)
    result = await apply(begin, "products:\n  other: {kind: expense, name: Start-up fee}\n")
    assert [entry.code for entry in result.entries] == ["other"]
    assert await numbers(begin) == [1]


async def test_a_kept_table_with_new_prices_makes_new_versions_of_its_plans(begin):
    """The plan is not in the second file; version 1 keeps 0.06, version 2 has 0.07."""
    table = "rate_tables:\n  zones: {name: Zones, dimension: country, rows: {FR: 0.06}}\n"
    shop = (
        "products:\n  sms: {kind: usage_service, name: SMS, "
        "meters: {channel: sms, unit: segment}}\n"
        "price_plans:\n  basic: {name: Basic, currency: EUR, rates: {sms: {table: zones}}}\n"
    )
    await apply(begin, shop + table)
    result = await apply(begin, table.replace("0.06", "0.07"))
    assert result.versioned == ("rate_tables.zones", "price_plans.basic")
    prices = []
    for number in (1, 2):
        version = await version_of(begin, number=number)
        prices.append(version.rates[0].rate.table.slots[0].rows["FR"])
    assert prices == [Decimal("0.06"), Decimal("0.07")]
    assert not (await apply(begin, shop + table.replace("0.06", "0.07"))).changed_anything


async def test_a_slot_to_come_is_added_to_a_dated_table_for_everyone(begin):
    """The plan version stays, and a process that has cached it sees the second slot."""
    await apply(begin, DATED, clock=JUNE)
    assert len((await version_of(begin)).rates[0].rate.table.slots) == 1
    more = DATED.replace(
        "rows: {FR: 0.06}}", "rows: {FR: 0.06}}\n      - {from: 2026-07-01, rows: {FR: 0.05}}"
    )
    result = await apply(begin, more, clock=JUNE)
    assert result.versioned == ("rate_tables.cards",)
    assert await numbers(begin) == [1]
    slots = (await version_of(begin)).rates[0].rate.table.slots
    assert [(slot.number, slot.starts_at, slot.rows["FR"]) for slot in slots] == [
        (1, datetime(2025, 12, 31, 23, tzinfo=UTC), Decimal("0.06")),
        (2, datetime(2026, 6, 30, 22, tzinfo=UTC), Decimal("0.05")),
    ]


async def test_two_who_apply_at_once_write_it_once(begin):
    """The second waits for the first, and then finds everything stored."""
    results = await asyncio.gather(*(apply(begin, SMALL) for _ in range(3)))
    assert sorted(len(result.created) for result in results) == [0, 0, 2]
    assert await numbers(begin) == [1]


async def test_the_application_cannot_change_a_stored_version(begin):
    """Not by a privilege of its own: prices that were sold stay as they are."""
    await apply(begin, SMALL)
    for statement in (
        "UPDATE rate SET body = '{}'",
        "DELETE FROM rate",
        "UPDATE price_plan_version SET number = 9",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with begin() as tx:
                await tx.execute(statement)
    assert (await version_of(begin)).rates[0].rate.base == Decimal(20)


async def test_what_was_applied_is_in_the_audit_trail(begin):
    """Who, and which codes; applying again leaves no entry."""
    await apply(begin, SMALL)
    await apply(begin, SMALL)
    async with begin() as tx:
        rows = await tx.fetch(
            "SELECT actor, details FROM audit_entry WHERE action = 'catalogue.apply'"
        )
    assert [row["actor"] for row in rows] == ["test"]
    assert rows[0]["details"] == {
        "created": {"count": 2, "first": ["products.fee", "price_plans.basic"]}
    }
