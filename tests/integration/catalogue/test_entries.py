"""Entries that are read whole: stored in versions, shown to units, copied from definitions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.catalogue.compile import Binding, Resting
from core.catalogue.diff import NO_DIFFERENCE, diff_catalogue
from core.catalogue.entries import (
    entries,
    entries_by_version,
    entry_by_code,
    entry_by_id,
)
from core.catalogue.errors import CatalogueEntryUnknown, CatalogueRefused
from core.catalogue.export import export_catalogue
from core.catalogue.records import BillingTerms, PricePlan
from core.catalogue.repository import current_terms_versions, head_by_code
from core.catalogue.schema import ENTRY_SECTIONS, ConditionalRateDefinition
from core.catalogue.terms_versions import load_terms_versions
from core.catalogue.yaml_source import load_catalogue
from core.kernel.frequency import Frequency
from core.tenancy.visibility import hidden
from tests.integration.catalogue.pay_tv import PAY_TV, make_units
from tests.integration.catalogue.shop import apply, version_of

NIGHT = ConditionalRateDefinition(price=Decimal(2), from_time="00:01", to_time="06:59")


@pytest.fixture
async def sold(begin):
    """The whole pay-TV catalogue, applied."""
    await make_units(begin)
    return await apply(begin, PAY_TV)


async def entry(begin, section, code):
    """The latest version of an entry."""
    async with begin() as tx:
        return await entry_by_code(tx, section, code)


async def rows(begin):
    """How many heads, versions and visibilities there are."""
    async with begin() as tx:
        return [
            await tx.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("catalogue_entry", "catalogue_entry_version", "visible_to")
        ]


async def test_every_section_is_stored_and_applying_again_writes_nothing(begin, sold):
    """14 entries with a version each; 1 unit of a plan, 2 of a catalogue, 1 of a discount."""
    assert len([found for found in sold.entries if found.section in ENTRY_SECTIONS]) == 14
    assert {found.outcome for found in sold.entries} == {"created"}
    assert await rows(begin) == [14, 14, 4]
    again = await apply(begin, PAY_TV)
    assert not again.changed_anything
    assert await rows(begin) == [14, 14, 4]


async def test_what_is_exported_says_everything(begin, sold):
    """Applying the export changes nothing, and exporting again gives the same text."""
    async with begin() as tx:
        text = await export_catalogue(tx)
        assert await diff_catalogue(tx, load_catalogue(text)) == NO_DIFFERENCE
    assert not (await apply(begin, text)).changed_anything
    assert "orderable_from: '2015-05-31T22:00:00Z'" in text  # midnight in Paris
    assert "extends_binding: true" in text


async def test_another_body_is_a_version_and_another_name_or_state_is_not(begin, sold):
    """Version 1 keeps its 50 %, and says today's name."""
    first = await entry(begin, "discounts", "half")
    text = PAY_TV.replace("name: Half,", "name: A half, state: not_effective,")
    assert (await apply(begin, text)).updated == ("discounts.half",)
    text = text.replace("percent: 50", "percent: 55, level: 2")
    assert (await apply(begin, text)).versioned == ("discounts.half",)
    latest = await entry(begin, "discounts", "half")
    assert (latest.number, latest.definition.percent, latest.definition.level) == (2, 55, 2)
    async with begin() as tx:
        old = (await entries_by_version(tx, [first.version_id]))[first.version_id]
    assert (old.number, old.definition.percent, old.definition.level) == (1, 50, 1)
    assert (old.name, old.definition.name, old.state) == ("A half", "A half", "not_effective")


async def test_entries_are_found_by_section_state_code_and_id(begin, sold):
    """The latest of each; an id of another section is unknown."""
    await apply(begin, PAY_TV.replace("{name: Half,", "{name: Half, state: not_effective,"))
    async with begin() as tx:
        effective = [e.code for e in await entries(tx, "discounts", states=["effective"])]
        assert effective == ["complaint", "late-job", "year-ahead"]
        assert [e.code for e in await entries(tx, "segments")] == ["late", "vip"]
        vip = await entry_by_code(tx, "segments", "vip")
        assert (await entry_by_id(tx, "segments", vip.id)).code == "vip"
        for wrong in (
            entry_by_id(tx, "discounts", vip.id),
            entry_by_code(tx, "discounts", "vip"),
        ):
            with pytest.raises(CatalogueEntryUnknown):
                await wrong


async def test_dates_become_instants_of_the_sellers_zone(begin, sold):
    """In Paris 1 January 2015 begins at 23:00 UTC on 31 December."""
    found = (await entry(begin, "discounts", "complaint")).definition
    new_year = datetime(2014, 12, 31, 23, tzinfo=UTC)
    assert (found.fixed_start, found.starts) == (new_year, "2014-12-31T23:00:00Z")
    assert found.valid_until == datetime(2015, 12, 31, 23, tzinfo=UTC)
    assert (found.lasts, found.is_money, found.is_percentage) == ("year", True, False)
    assert (found.range.of, found.range.start, found.range.upto) == ("amount", 5, 20)


async def test_a_service_begins_with_the_rates_of_its_definition(begin, sold):
    """Braveheart states none: 3, and 2 by night; Gladiator its own base, and so no others."""
    movies = (await entry(begin, "usage_catalogues", "movies")).definition
    braveheart, gladiator = movies.services
    assert movies.definition == "ppv"
    assert (braveheart.base, braveheart.rates) == (3, (NIGHT,))
    assert (gladiator.base, gladiator.rates) == (4, ())


async def test_a_later_default_reaches_new_services_only(begin, sold):
    """The definition's 3 becomes 5: Braveheart stays at 3, a new service is 5."""
    text = PAY_TV.replace("base: 3, rates", "base: 5, rates")
    assert (await apply(begin, text)).versioned == ("usage_definitions.ppv",)
    text = text.replace(
        "price_plans:",
        "  alien:\n    {kind: usage_service, name: Alien, type: PPV,"
        " meters: {channel: ott, unit: order}}\nprice_plans:",
        1,
    ).replace("termed_services:", "  alien: {provisioning_id: 1AQ7}\n    termed_services:")
    assert (await apply(begin, text)).versioned == ("usage_catalogues.movies",)
    movies = (await entry(begin, "usage_catalogues", "movies")).definition
    bases = {service.product: service.base for service in movies.services}
    assert bases == {"alien": 5, "braveheart": 3, "gladiator": 4}


async def test_the_active_definition_changes_hands_in_one_file(begin, sold):
    """Two active ones are refused whole; stepping back in the same file makes room."""
    other = "  other: {name: Other, product_types: [PPV], providers: [irdeto]}\n"
    both = PAY_TV.replace("usage_catalogues:\n", other + "usage_catalogues:\n", 1)
    before = await rows(begin)
    with pytest.raises(CatalogueRefused) as refused:
        await apply(begin, both)
    codes = {(problem.code, problem.path[1]) for problem in refused.value.problems}
    assert codes == {("ANOTHER_IS_ACTIVE", "other"), ("ANOTHER_IS_ACTIVE", "ppv")}
    assert await rows(begin) == before
    result = await apply(
        begin, both.replace("Pay per view", "Pay per view\n    state: inactive")
    )
    assert (result.created, result.updated) == (
        ("usage_definitions.other",),
        ("usage_definitions.ppv",),
    )
    back = (
        "usage_definitions:\n"
        "  other:\n"
        "    {name: Other, state: inactive, product_types: [PPV], providers: [irdeto]}\n"
    )
    ppv = PAY_TV[PAY_TV.index("  ppv:\n    name: Pay") : PAY_TV.index("usage_catalogues:")]
    assert len((await apply(begin, back + ppv)).updated) == 2
    movies = await entry(begin, "usage_catalogues", "movies")
    assert movies.definition.definition == "ppv"


async def test_units_are_replaced_and_make_no_version(begin, sold):
    """First Nicosia, then Limassol, then everyone."""
    async with begin() as tx:
        vip = await head_by_code(tx, PricePlan, "vip")
        units = dict(await tx.fetch("SELECT code, id FROM org_unit"))
        assert await hidden(tx, [vip.id], unit_id=units["limassol"]) == {vip.id}
        assert await hidden(tx, [vip.id], unit_id=units["nicosia"]) == set()
    text = PAY_TV.replace("units: [nicosia]\n    rates", "units: [limassol]\n    rates")
    text = text.replace("units: [nicosia, limassol]", "units: []")
    result = await apply(begin, text)
    assert result.updated == ("price_plans.vip", "usage_catalogues.movies")
    async with begin() as tx:
        assert await hidden(tx, [vip.id], unit_id=units["limassol"]) == set()
        assert await hidden(tx, [vip.id], unit_id=units["nicosia"]) == {vip.id}
    movies = await entry(begin, "usage_catalogues", "movies")
    assert (movies.number, movies.definition.units) == (1, ())


async def test_a_conditional_plan_carries_its_base_and_conditions(begin, sold):
    """They come with the version; another condition is another version."""
    async with begin() as tx:
        tv = await head_by_code(tx, PricePlan, "tv")
    vip = await version_of(begin, "vip")
    assert (vip.base_plan_id, vip.select_when) == (tv.id, 'account.class == "VIP"')
    assert vip.apply_when == 'account.class == "VIP" && account.country == "CY"'
    text = PAY_TV.replace('country == "CY"', 'country == "GR"')
    assert (await apply(begin, text)).versioned == ("price_plans.vip",)
    assert (await version_of(begin, "vip")).apply_when.endswith('country == "GR"')
    assert (await version_of(begin, "vip", number=1)).apply_when.endswith('country == "CY"')
    assert (await version_of(begin, "tv")).base_plan_id is None


async def test_terms_say_what_each_kind_brings(begin, sold):
    """The terms version holds it, and a column tells whose usage is counted as it comes."""
    found = {}
    async with begin() as tx:
        for code in ("monthly", "prepaid", "jobs"):
            head = await head_by_code(tx, BillingTerms, code)
            version = (await current_terms_versions(tx, [head.id]))[head.id]
            found[code] = (await load_terms_versions(tx, [version.id]))[version.id]
        counting = await tx.fetch(
            "SELECT b.code, v.counts_usage FROM billing_terms_version v"
            " JOIN billing_terms b ON b.id = v.billing_terms_id ORDER BY b.code"
        )
    monthly, prepaid, jobs = found.values()
    assert (monthly.kind, monthly.discounts, monthly.max_unbilled_events) == (
        "normal",
        "flexible",
        1,
    )
    year = Frequency.parse("year")
    assert monthly.binding == Binding(term=year, penalty="early-end")
    assert monthly.resting == Resting(
        times=2, days=60, per=year, billed=False, extends_binding=True
    )
    assert (prepaid.kind, str(prepaid.grace), prepaid.fixed_charges) == (
        "prepaid",
        "1 day, 0:00:00",
        "advance",
    )
    assert (jobs.kind, jobs.bills) == ("job", "next_run")
    assert [tuple(row) for row in counting] == [
        ("jobs", False),
        ("monthly", True),
        ("prepaid", True),
    ]


FOR_GOOD = [
    ("base", ("    base: tv\n", "    base: gone\n"), "UNKNOWN_PRICE_PLAN"),
    ("no base", ('    base: tv\n    select_when: account.class == "VIP"\n', ""), None),
    ("of of a segment", ("of: account, when", "of: subscription, when"), "IMMUTABLE"),
    ("of of a discount", ("    of: job\n", ""), None),
    ("unit", ("units: [nicosia]\n    rates", "units: [paphos]\n    rates"), "UNKNOWN_UNIT"),
    ("approval", ("approval: limassol", "approval: paphos"), "UNKNOWN_UNIT"),
]


@pytest.mark.parametrize(("what", "swap", "code"), FOR_GOOD)
async def test_what_is_for_good_or_absent_is_refused_and_nothing_changes(
    begin, sold, *, what, swap, code
):
    """A base plan, whose segment or discount it is; units that there are not."""
    before = await rows(begin)
    text = PAY_TV.replace(*swap)
    assert text != PAY_TV
    with pytest.raises(CatalogueRefused) as refused:
        await apply(begin, text)
    codes = {problem.code for problem in refused.value.problems}
    assert (code or "IMMUTABLE") in codes, what
    assert await rows(begin) == before
