"""Variants of rates in the catalogue: one spelling, digests, and a row for each refusal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.catalogue.checks import Installed, Known, check_catalogue
from core.catalogue.digest import plan_digest
from core.catalogue.normal import normal_catalogue
from core.catalogue.plain import flat, from_plain, to_plain
from core.catalogue.schema import Catalogue, RateDefinition
from core.catalogue.yaml_source import load_catalogue

RATES = """
      gold:
        per: year
        base: 250
        variants:
          - {name: VIPs, when: account.class == "VIP", base: 100}
          - {when: item.month <= 12, tiers: [{from: 1, to: 3, price: 0}, {from: 4, price: 20}]}
"""
SHOP = """
products:
  gold: {kind: termed_service, name: Gold}
  fee: {kind: expense, name: Fee}
  calls: {kind: usage_service, name: Calls, meters: {channel: voice, unit: minute}}
  films: {kind: usage_service, name: Films, meters: {channel: film, unit: film}}
  hosted: {kind: module, name: Hosted, quantity_from: {gauge: sites}}
gauges:
  sites: {name: Sites}
rate_tables:
  dated:
    name: Dated
    dimension: zone
    applies: on_event_date
    slots: [{from: 2026-07-01, rows: {A: 1}, default: 1}]
price_plans:
  tv:
    name: TV
    currency: EUR
    rates:
"""
INSTALLED = Installed(
    channels={"voice": frozenset({"minute"}), "film": frozenset({"film"})},
    priced_by_event=frozenset({"film"}),
)
REFUSED = [
    ("gold: {base: 1, variants: [{when: '', base: 2}]}", "MISSING_KEY", "gold.variants.0.when"),
    ("gold: {base: 1, variants: [{when: 'bill.months == 1', base: 2}]}",
     "CONDITION_REFUSED", "gold.variants.0.when"),
    ("gold: {base: 1, variants: [{when: 'item.month', base: 2}]}",
     "CONDITION_REFUSED", "gold.variants.0.when"),
    ("gold: {base: 1, variants: [{when: 'true', base: 2}, {when: 'true'}]}",
     "PRICE_MISSING", "gold.variants.1.base"),
    ("gold: {base: 1, variants: [{when: 'true', driver: duration, base: 2}]}",
     "DRIVER_NOT_ALLOWED", "gold.variants.0.driver"),
    ("gold: {base: 1, variants: [{when: 'true', base: 2, counts: events}]}",
     "COUNTS_NOT_ALLOWED", "gold.variants.0.counts"),
    ("gold: {base: 1, frequency: year, variants: [{when: 'true', base: 2, per: month}]}",
     "BAD_VALUE", "gold.year.variants.0.per"),
    ("fee: {base: 1, variants: [{when: 'true', tiers: [{from: 1, price: 2}]}]}",
     "TIERS_NOT_ALLOWED", "fee.variants.0.tiers"),
    ("fee: {base: 1, variants: [{when: 'true', base: 2, per: month}]}",
     "BAD_VALUE", "fee.variants.0.per"),
    # Totals of a period and gauges are no items.
    ("calls: {base: 1, variants: [{when: 'item.quantity > 1', base: 2}]}",
     "CONDITION_REFUSED", "calls.variants.0.when"),
    ("hosted: {base: 1, variants: [{when: 'item.quantity > 1', base: 2}]}",
     "CONDITION_REFUSED", "hosted.variants.0.when"),
    ("films: {base: 1, variants: [{when: 'true', base: 2}]}",
     "VARIANTS_NOT_ALLOWED", "films.variants"),
    ("calls: {table: dated, variants: [{when: 'true', table: {rows: {A: 1}}}]}",
     "TABLE_NOT_ALLOWED", "calls.variants.0.table"),
    ("gold: {base: 1, variants: [" + ", ".join(["{when: 'true', base: 2}"] * 21) + "]}",
     "BAD_VALUE", "gold.variants"),
]  # fmt: skip


def known(rates: str) -> Known:
    """The shop with these rates, and nothing stored."""
    loaded = load_catalogue(SHOP + rates)
    assert loaded.problems == ()
    return Known(
        wanted=loaded.catalogue,
        stored=Catalogue(),
        zone="Europe/Nicosia",
        now=datetime(2026, 6, 1, tzinfo=UTC),
        installed=INSTALLED,
    )


def normal(rates: str) -> Catalogue:
    """The shop with these rates, in its normal form."""
    found = known(rates)
    assert check_catalogue(found) == []
    kinds = {product.code: product.kind for product in found.wanted.products}
    return normal_catalogue(found.wanted, zone=found.zone, kinds=kinds)


@pytest.mark.parametrize(("rate", "code", "path"), REFUSED)
def test_a_variant_is_checked_like_a_rate(rate: str, code: str, path: str) -> None:
    """Each fault has the variant's own path."""
    problems = check_catalogue(known(f"      {rate}\n"))
    assert [(one.code, ".".join(one.path)) for one in problems] == [
        (code, f"price_plans.tv.rates.{path}")
    ]


def test_a_variant_takes_from_its_rate_what_it_leaves_out() -> None:
    """What the quantity is and the time of the price; a price by the year stays by the year."""
    (rate,) = normal(RATES).price_plans[0].rates
    vip, young = rate.variants
    assert (vip.model, vip.driver, vip.counts, vip.per) == (
        "flat", "quantity", "quantity", "year",
    )  # fmt: skip
    assert (young.driver, young.per, len(young.tiers)) == ("quantity", "year", 2)


def test_variants_are_written_and_read_back() -> None:
    """As they are stored and exported, in their order."""
    (rate,) = normal(RATES).price_plans[0].rates
    written = to_plain(rate, without=("product", "frequency"))
    assert written["variants"][0]["when"] == 'account.class == "VIP"'
    assert from_plain(RateDefinition, written, product="gold", frequency="") == rate
    assert flat(rate)["variants[0].base"] == "100"


def test_another_variant_is_another_version() -> None:
    """Its price, its condition, its name and its place are in the digest."""
    digests = {
        plan_digest(normal(rates).price_plans[0], kept_slots={})
        for rates in (
            RATES,
            RATES.replace("base: 100", "base: 101"),
            RATES.replace('"VIP"', '"Staff"'),
            RATES.replace("name: VIPs", "name: Staff"),
            RATES.replace("<= 12", "<= 24"),
        )
    }
    assert len(digests) == 5
