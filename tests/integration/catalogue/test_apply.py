"""Applying a catalogue: what is written, what is kept, and what is refused whole."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.diff import diff_catalogue
from core.catalogue.errors import CatalogueRefused
from core.catalogue.export import export_catalogue
from core.catalogue.installed import installed_in
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.records import BillingTerms, PricePlan
from core.catalogue.repository import (
    current_terms_versions,
    head_by_code,
    plan_version_at,
    plan_version_heads,
)
from core.catalogue.terms_versions import load_terms_versions
from core.catalogue.yaml_source import load_catalogue, load_catalogue_file
from core.kernel.clock import FixedClock
from core.plugin_host import PluginHost, PluginSource

CRM360 = Path(__file__).parents[3] / "api" / "demo" / "crm360.yaml"
PLUGINS = [
    PluginSource(name=name, version="0", target=f"plugins.{name}.plugin", is_built_in=True)
    for name in ("email", "postal", "sms")
]
TABLES = (
    "gauge",
    "product",
    "suite_member",
    "rate_table",
    "rate_table_slot",
    "price_plan",
    "price_plan_version",
    "rate",
    "billing_terms",
    "billing_terms_version",
    "billing_terms_plan",
    "audit_entry",
)
SMALL = """
products:
  fee: {kind: termed_service, name: Fee}
price_plans:
  basic:
    name: Basic
    currency: EUR
    rates:
      fee: {base: 20}
"""


async def counts(begin):
    """The number of rows of every table that applying may write."""
    async with begin() as tx:
        return {table: await tx.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def apply(begin, text, **options):
    """Apply YAML text in a transaction of its own."""
    async with begin(**options) as tx:
        return await apply_catalogue(tx, load_catalogue(text, file="shop.yaml"))


async def numbers(begin, code="basic"):
    """The numbers of a plan's versions."""
    async with begin() as tx:
        plan = await head_by_code(tx, PricePlan, code)
        return [v.number for v in (await plan_version_heads(tx, [plan.id]))[plan.id]]


async def version_of(begin, code="basic", number=None):
    """A plan version as the engine gets it: the last one, or the one of a number."""
    async with begin() as tx:
        plan = await head_by_code(tx, PricePlan, code)
        heads = (await plan_version_heads(tx, [plan.id]))[plan.id]
        head = heads[-1] if number is None else heads[number - 1]
        return (await load_plan_versions(tx, [head.id]))[head.id]


async def test_the_demo_catalogue_is_stored_whole(begin):
    """Two gauges, six products that meter what is installed, one table, four plans of six."""
    async with begin() as tx:
        installed = installed_in(PluginHost(PLUGINS))
        result = await apply_catalogue(tx, load_catalogue_file(CRM360), installed=installed)
    assert len(result.created) == 2 + 6 + 1 + 4 + 1
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
    assert len(again.unchanged) == 14
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


DATED = """
products:
  sms: {kind: usage_service, name: SMS, meters: {channel: sms, unit: segment}}
rate_tables:
  cards:
    name: Rate cards
    dimension: country
    applies: on_event_date
    slots:
      - {from: 2026-01-01, rows: {FR: 0.06}}
price_plans:
  basic: {name: Basic, currency: EUR, rates: {sms: {table: cards}}}
"""
JUNE = FixedClock(datetime(2026, 6, 1, tzinfo=UTC))


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


REFUSED = [
    ("a slot in the past is changed", DATED, ("0.06", "0.07"), "SLOT_IN_THE_PAST", 10),
    (
        "a slot is added in the past",
        DATED,
        ("{FR: 0.06}}", "{FR: 0.06}}\n      - {from: 2026-05-01, rows: {FR: 0.05}}"),
        "SLOT_IN_THE_PAST",
        11,
    ),
    ("the kind of a product", SMALL, ("termed_service", "licence"), "IMMUTABLE", 3),
    ("what a product meters", DATED, ("unit: segment", "unit: message"), "IMMUTABLE", 3),
    ("the currency of a plan", SMALL, ("EUR", "USD"), "IMMUTABLE", 7),
    ("the tax mode of a plan", SMALL, ("EUR", "EUR\n    tax: inclusive"), "IMMUTABLE", 8),
    (
        "a version before the present one",
        SMALL.replace("currency", "effective_from: 2026-05-01\n    currency"),
        ("2026-05-01", "2026-04-01"),
        "EFFECTIVE_TOO_EARLY",
        7,
    ),
]


@pytest.mark.parametrize(("what", "text", "swap", "code", "line"), REFUSED)
async def test_what_is_for_good_is_refused_and_nothing_changes(
    begin, *, what, text, swap, code, line
):
    """Kind, meters, currency, tax mode and past prices stay as subscribers know them."""
    await apply(begin, text, clock=JUNE)
    before = await counts(begin)
    with pytest.raises(CatalogueRefused) as refused:
        await apply(begin, text.replace(*swap), clock=JUNE)
    assert [problem.code for problem in refused.value.problems] == [code], what
    assert f"shop.yaml:{line}: " in refused.value.message
    assert await counts(begin) == before


async def test_a_file_with_one_fault_changes_nothing_at_all(begin):
    """Its sound half is not applied; problems of form and of meaning come together."""
    before = await counts(begin)
    text = SMALL.replace("fee: {base: 20}", "fee: {bose: 20}\n      nothing: {base: 1}")
    text += "  other: {name: Other, currency: EUR, rates: {ghost: {base: 1}}}\n"
    with pytest.raises(CatalogueRefused) as refused:
        await apply(begin, text)
    found = [(problem.code, problem.line) for problem in refused.value.problems]
    assert found == [("UNKNOWN_KEY", 9), ("UNKNOWN_PRODUCT", 11)]
    assert await counts(begin) == before


async def test_export_and_apply_give_unchanged(begin):
    """What was exported says everything that is stored, in a stable order."""
    async with begin() as tx:
        await apply_catalogue(tx, load_catalogue_file(CRM360))
        await apply_catalogue(tx, load_catalogue(DATED.replace("basic", "dated")))
    async with begin() as tx:
        text = await export_catalogue(tx)
    result = await apply(begin, text)
    assert result.unchanged
    assert not result.changed_anything
    async with begin() as tx:
        assert await export_catalogue(tx) == text


async def test_an_exported_catalogue_can_be_moved_to_another_seller(begin, db, new_tenant):
    """Another tenant that applies it exports the same text."""
    async with begin() as tx:
        await apply_catalogue(tx, load_catalogue_file(CRM360))
        text = await export_catalogue(tx)
    other = await new_tenant()
    async with db.transaction(other.tenant.id, actor="test") as tx:
        assert await export_catalogue(tx) == "{}\n"
        result = await apply_catalogue(tx, load_catalogue(text))
        assert len(result.created) == 14
        assert await export_catalogue(tx) == text


async def test_a_diff_shows_lines_and_writes_nothing(begin):
    """Minus is stored, plus is wanted."""
    await apply(begin, SMALL)
    before = await counts(begin)
    wanted = SMALL.replace("base: 20", "base: 21").replace("name: Fee", "name: The fee")
    async with begin(clock=FixedClock(datetime(2030, 1, 1, tzinfo=UTC))) as tx:
        assert await diff_catalogue(tx, load_catalogue(SMALL)) == "no difference\n"
        assert await diff_catalogue(tx, load_catalogue(wanted)) == (
            "products.fee: changed\n"
            "- name: Fee\n"
            "+ name: The fee\n"
            "price_plans.basic: new version\n"
            "- effective_from: 1970-01-01T00:00:00Z\n"
            "+ effective_from: 2030-01-01T00:00:00Z\n"
            "- rates.fee.base: 20\n"
            "+ rates.fee.base: 21\n"
        )
    assert await counts(begin) == before


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
