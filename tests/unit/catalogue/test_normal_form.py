"""Two ways of writing one thing have one normal form and one digest."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.catalogue.compile import rate_value, terms_value
from core.catalogue.delays import delay_text, parse_delay
from core.catalogue.digest import plan_digest, terms_digest
from core.catalogue.normal import (
    frequency_text,
    normal_plan,
    normal_rate,
    normal_table,
    normal_terms,
)
from core.catalogue.plain import decimal_text, from_plain, to_plain
from core.catalogue.schema import (
    BillingTermsDefinition,
    InlineTableDefinition,
    PackageDefinition,
    PricePlanDefinition,
    RateDefinition,
    RateTableDefinition,
    TierDefinition,
)
from core.kernel.ids import new_id
from core.plugin_api.values import Rate, Tier

KINDS = {"fee": "termed_service", "mail": "usage_service", "start": "expense"}


def plan(*rates, **head):
    """A plan in normal form."""
    named = {"code": "basic", "name": "Basic", "currency": "EUR"} | head
    wanted = PricePlanDefinition(rates=rates, **named)
    return normal_plan(wanted, zone="Europe/Paris", kinds=KINDS)


def fee(base, **more):
    """A rate of the fee."""
    return RateDefinition(product="fee", base=Decimal(base), **more)


MAIL = RateDefinition(product="mail", base=Decimal("1.9"))
SAME = [
    ("zeros that say nothing", plan(fee("5")), plan(fee("5.00"))),
    ("the order of rates", plan(fee("5"), MAIL), plan(MAIL, fee("5"))),
    ("a default written out", plan(fee("5")), plan(fee("5", model="flat", driver="quantity"))),
    ("the usual time of a price", plan(fee("5")), plan(fee("5", per="P1M"))),
    ("a spelling of a year", plan(fee("5", per="year")), plan(fee("5", per="12 months"))),
    ("the name of the plan", plan(fee("5")), plan(fee("5"), name="Other")),
    ("state, family and level", plan(fee("5")), plan(fee("5"), family="f", level=2)),
]
OTHER = [
    ("a price", plan(fee("5")), plan(fee("5.01"))),
    ("a product", plan(fee("5")), plan(fee("5"), MAIL)),
    ("a time", plan(fee("5")), plan(fee("5", per="year"))),
    ("a frequency", plan(fee("5")), plan(fee("5", frequency="month"))),
    ("free units", plan(fee("5")), plan(fee("5", free_units=Decimal(1)))),
    ("a precision", plan(fee("5")), plan(fee("5", precision=4))),
]


@pytest.mark.parametrize(("what", "one", "two"), SAME)
def test_equal_content_has_an_equal_digest(what, one, two):
    """What is written differently and means the same makes no version."""
    assert plan_digest(one, kept_slots={}) == plan_digest(two, kept_slots={}), what


@pytest.mark.parametrize(("what", "one", "two"), OTHER)
def test_other_content_has_another_digest(what, one, two):
    """What a subscriber would pay is in the digest."""
    assert plan_digest(one, kept_slots={}) != plan_digest(two, kept_slots={}), what


def test_the_prices_of_a_kept_table_are_in_the_digest():
    """By the number of the slot that the version keeps."""
    wanted = plan(RateDefinition(product="mail", table="zones"))
    first = plan_digest(wanted, kept_slots={"zones": 1})
    assert first != plan_digest(wanted, kept_slots={"zones": 2})


def test_digests_do_not_change_over_releases():
    """They are stored: another value here would make a version of every plan."""
    assert (
        plan_digest(plan(fee("5")), kept_slots={}).hex() == "efb1337025c179c3fa4508512700049f"
    )
    terms = BillingTermsDefinition(code="monthly", name="Monthly", plans=("basic",))
    assert terms_digest(normal_terms(terms)).hex() == "61015cbbd0a09ec7e2e2943fc4c917d3"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("", ""),
        ("month", "month"),
        ("P1M", "month"),
        ("12 months", "year"),
        ("24 months", "2 years"),
        ("18 months", "18 months"),
        ("14 days", "2 weeks"),
        ("10 days", "10 days"),
    ],
)
def test_a_frequency_has_one_spelling(written, normal):
    """Months that make years are years, days that make weeks are weeks."""
    assert frequency_text(written) == normal


@pytest.mark.parametrize(
    ("written", "seconds", "normal"),
    [
        ("", 0, ""),
        ("0 days", 0, ""),
        ("3 days", 259_200, "3 days"),
        ("72 hours", 259_200, "3 days"),
        ("1 hour", 3_600, "1 hour"),
        ("90 minutes", 5_400, "90 minutes"),
    ],
)
def test_a_delay_has_one_spelling(written, seconds, normal):
    """The largest unit that divides it."""
    delay = parse_delay(written)
    assert delay.total_seconds() == seconds
    assert delay_text(delay) == normal


@pytest.mark.parametrize("text", ["3", "days", "3 weeks", "-1 days", "1.5 hours"])
def test_what_is_no_delay_is_none(text):
    """The check turns it into a problem with its line."""
    assert parse_delay(text) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("5.00", "5"),
        ("1.90", "1.9"),
        ("1E+3", "1000"),
        ("-0", "0"),
        ("0.000000000001", "0.000000000001"),
    ],
)
def test_a_decimal_is_its_shortest_text(value, text):
    """Without exponent, without zeros that say nothing."""
    assert decimal_text(Decimal(value)) == text


def test_zones_become_rows():
    """Two zones of two countries and one country by itself are five rows."""
    table = normal_table(
        RateTableDefinition(
            code="zones",
            name="Zones",
            dimension="country",
            zones={"near": ("BE", "ES"), "far": ("UA", "MX")},
            rows={"FR": Decimal("0.06"), "near": Decimal("0.08"), "far": Decimal("0.18")},
        ),
        zone="Europe/Paris",
    )
    assert table.zones == {}
    assert {country: str(price) for country, price in table.rows.items()} == {
        "BE": "0.08",
        "ES": "0.08",
        "FR": "0.06",
        "MX": "0.18",
        "UA": "0.18",
    }


@pytest.mark.parametrize(
    ("product", "model", "driver", "per"),
    [
        ("fee", "flat", "quantity", "month"),
        ("mail", "flat", "usage", ""),
        ("start", "flat", None, ""),
    ],
)
def test_a_rate_takes_its_defaults_from_its_products_kind(product, model, driver, per):
    """What recurs is priced by the month, usage by usage, an expense by nothing."""
    rate = normal_rate(RateDefinition(product=product, base=Decimal(1)), kind=KINDS[product])
    assert (rate.model, rate.driver, rate.per) == (model, driver, per)


def test_a_rate_is_compiled_to_what_the_engine_prices_with():
    """Every key of a rate arrives."""
    wanted = RateDefinition(
        product="mail",
        tiers=(
            TierDefinition(start=Decimal(1), upto=Decimal(5), price=Decimal(2), fee=Decimal(3)),
        ),
        base=Decimal(1),
        package=PackageDefinition(size=Decimal(1000), rounding="exact"),
        free_units=Decimal(10),
        counts="events",
        precision=4,
        options={"a": "b"},
    )
    assert rate_value(normal_rate(wanted, kind="usage_service"), table=None) == Rate(
        model="package",
        driver="usage",
        base=Decimal(1),
        tiers=(Tier(Decimal(1), Decimal(5), Decimal(2), Decimal(3)),),
        package_size=Decimal(1000),
        rounding="exact",
        free_units=Decimal(10),
        counts="events",
        precision=4,
        options={"a": "b"},
    )


def test_a_table_written_into_a_rate_is_kept_with_it():
    """One slot, number 0, no date."""
    inline = InlineTableDefinition(rows={"FR": Decimal("0.06")}, default=Decimal("0.2"))
    rate = rate_value(
        normal_rate(RateDefinition(product="mail", table=inline), kind="usage_service"),
        table=None,
    )
    (slot,) = rate.table.slots
    assert (slot.number, slot.starts_at, dict(slot.rows), slot.default) == (
        0,
        None,
        {"FR": Decimal("0.06")},
        Decimal("0.2"),
    )


def test_plain_values_give_back_the_definition():
    """What is written into a JSON column is read as it was."""
    wanted = plan(
        fee("5", frequency="year"),
        fee("0.5"),
        RateDefinition(product="mail", table=InlineTableDefinition(rows={"FR": Decimal(1)})),
    )
    assert from_plain(PricePlanDefinition, to_plain(wanted)) == wanted


def test_terms_take_the_fees_frequency_for_usage_where_none_is_named():
    """A year's contract with usage by the month names it."""
    plan_id = new_id()
    for usage, expected in (("", "year"), ("month", "month")):
        terms = normal_terms(
            BillingTermsDefinition(
                code="t", name="T", frequency="P12M", usage_frequency=usage, plans=("basic",)
            )
        )
        found = terms_value(
            terms, id=new_id(), terms_id=new_id(), number=1, plan_ids={"basic": plan_id}
        )
        assert (str(found.frequency), str(found.usage_frequency)) == ("year", expected)
        assert found.default_plan_id == plan_id
