"""Every fault of a catalogue file: which code, which line, and what the message says."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.catalogue.checks import Known, check_catalogue
from core.catalogue.errors import MAX_PROBLEMS, CatalogueRefused
from core.catalogue.schema import (
    Catalogue,
    GaugeDefinition,
    PricePlanDefinition,
    RateDefinition,
)
from core.catalogue.yaml_source import (
    load_catalogue,
    load_catalogue_file,
    load_catalogue_values,
)


def refuse(text, file="shop.yaml"):
    """Load and check a text against an empty store, and raise what is wrong with it."""
    loaded = load_catalogue(text, file=file)
    known = Known(
        wanted=loaded.catalogue,
        stored=Catalogue(),
        zone="Europe/Paris",
        now=datetime(2026, 6, 1, tzinfo=UTC),
        broken=loaded.broken,
    )
    loaded.refuse_if_any(check_catalogue(known))


def problems_of(text):
    """The problems of a text, in the order in which they are told."""
    with pytest.raises(CatalogueRefused) as refused:
        refuse(text)
    return refused.value.problems


PLAN = """\
products:
  fee: {kind: termed_service, name: Fee}
  start: {kind: expense, name: Start-up}
  mail: {kind: usage_service, name: Mail, meters: {channel: email, unit: email}}
price_plans:
  basic:
    name: Basic
    currency: EUR
    rates:
"""
TERMS = """\
products: {fee: {kind: termed_service, name: Fee}}
price_plans: {basic: {name: Basic, currency: EUR, rates: {fee: {base: 1}}}}
billing_terms:
  monthly:
    name: Monthly
    plans: [basic]
"""
TABLE = "rate_tables:\n  zones:\n    name: Zones\n    dimension: country\n"

FAULTS = [
    # form
    ("products:\n  a: {kind: module", "MALFORMED_YAML", 2, "not well-formed YAML"),
    ("products:\n\t- a\n", "MALFORMED_YAML", 2, "check indentation"),
    ("a: 1\n---\nb: 2\n", "MALFORMED_YAML", 2, "a second document"),
    ("products: !!python/object:os.system {}\n", "MALFORMED_YAML", 1, "is not read"),
    ("gauges: *nothing\n", "MALFORMED_YAML", 1, "*nothing stands for nothing"),
    ("gauges: &g\n  a: *g\n", "MALFORMED_YAML", 2, "*g stands for nothing"),
    ("gauges: {<<: 3}\n", "MALFORMED_YAML", 1, "`<<` takes a mapping"),
    ("[" * 30, "CATALOGUE_TOO_LARGE", 1, "20 levels deep"),
    ("x" * (1024 * 1024 + 1), "CATALOGUE_TOO_LARGE", None, "at most 1048576"),
    ("- a\n", "WRONG_TYPE", 1, "a catalogue is a mapping of gauges, products"),
    # keys
    ("product: {}\n", "UNKNOWN_KEY", 1, "did you mean products?"),
    ("gauges:\n  a: {nam: A, name: A}\n", "UNKNOWN_KEY", 2, "did you mean name?"),
    ("gauges:\n  a: {colour: red, name: A}\n", "UNKNOWN_KEY", 2, "its keys are name"),
    ("gauges:\n  a: {}\n", "MISSING_KEY", 2, "`name` is missing"),
    ("gauges:\n  a: {name: A}\n  a: {name: B}\n", "DUPLICATE_KEY", 3, "first in line 2"),
    ("gauges:\n  a: {code: b, name: A}\n", "UNKNOWN_KEY", 2, "`code` is no key here"),
    ("gauges:\n  a b: {name: A}\n", "BAD_CODE", 2, "letters, digits, dots"),
    # values
    ("gauges:\n  a: 5\n", "WRONG_TYPE", 2, "write a mapping of"),
    ("gauges:\n  a: {name: [A]}\n", "WRONG_TYPE", 2, "write a text"),
    ("products:\n  a: {kind: modul, name: A}\n", "NOT_A_CHOICE", 2, "did you mean module?"),
    ('gauges:\n  a: {name: "A\\0"}\n', "BAD_VALUE", 2, "cannot be stored"),
    ('gauges:\n  a: {name: "\\ud83d"}\n', "BAD_VALUE", 2, "half a surrogate pair"),
    # products
    ("products:\n  a: {kind: usage_service, name: A}\n", "MISSING_KEY", 2, "add meters"),
    (
        "products:\n  a:\n    kind: module\n    name: A\n    meters: {channel: a, unit: b}\n",
        "BAD_VALUE",
        5,
        "a module meters nothing",
    ),
    (
        "products:\n  a:\n    kind: pack\n    name: A\n    quantity_from: {gauge: people}\n",
        "UNKNOWN_GAUGE",
        5,
        "there is no gauge 'people'",
    ),
    (
        (
            "gauges: {people: {name: P}}\nproducts:\n  a:\n    kind: expense\n    name: A\n"
            "    quantity_from: {gauge: people}\n"
        ),
        "BAD_VALUE",
        6,
        "takes no quantity from a gauge",
    ),
    (
        (
            "gauges: {people: {name: P}}\nproducts:\n  a:\n    kind: pack\n    name: A\n"
            "    billed_in: advance\n    quantity_from: {gauge: people}\n"
        ),
        "BAD_VALUE",
        6,
        "bill it in arrears",
    ),
    (
        "products:\n  a: {kind: module, name: A, members: [b]}\n",
        "UNKNOWN_PRODUCT",
        2,
        "there is no product 'b'",
    ),
    (
        "products:\n  b: {kind: pack, name: B}\n  a: {kind: module, name: A, members: [b]}\n",
        "BAD_VALUE",
        3,
        "a suite contains modules only",
    ),
    # rates
    (PLAN + "      fe: {base: 1}\n", "UNKNOWN_PRODUCT", 10, "did you mean fee?"),
    (PLAN + "      fee: {base: NaN}\n", "NOT_A_NUMBER", 10, "'NaN' is no decimal number"),
    (PLAN + "      fee: {base: .inf}\n", "NOT_A_NUMBER", 10, "no decimal number"),
    (PLAN + "      fee: {base: 1,5}\n", "UNKNOWN_KEY", 10, "`5` is no key"),
    (PLAN + "      fee: {base: -1}\n", "PRICE_REFUSED", 10, "0 or more"),
    (PLAN + "      fee: {base: 12345678901234}\n", "NOT_A_NUMBER", 10, "at most 13"),
    (PLAN + "      fee: {base: 0.1234567890123}\n", "NOT_A_NUMBER", 10, "at most 12"),
    (PLAN + "      fee: {}\n", "PRICE_MISSING", 10, "give a base price"),
    (PLAN + "      fee: {base: 1, driver: usage}\n", "DRIVER_NOT_ALLOWED", 10, "not by usage"),
    (PLAN + "      fee: {base: 1, model: fla}\n", "UNKNOWN_PRICE_MODEL", 10, "use flat"),
    (PLAN + "      fee: {base: 1, per: 2 weeks}\n", "BAD_VALUE", 10, "no number of months"),
    (PLAN + "      fee: {base: 1, per: often}\n", "FREQUENCY_REFUSED", 10, "no length of time"),
    (PLAN + "      mail: {base: 1, per: month}\n", "BAD_VALUE", 10, "does not recur"),
    (PLAN + "      mail: {table: zoness}\n", "UNKNOWN_RATE_TABLE", 10, "under rate_tables"),
    (
        PLAN + "      start:\n        base: 5\n        tiers: [{from: 0, price: 1}]\n",
        "TIERS_NOT_ALLOWED",
        12,
        "an expense has one price and no tiers; give it a base price instead",
    ),
    (
        PLAN
        + "      fee:\n        tiers:\n        - {from: 1, to: 5, price: 2}\n"
        + "        - {from: 4, price: 1}\n",
        None,
        13,
        "",
    ),
    (
        PLAN + "      fee:\n      - {base: 1}\n      - {base: 2}\n",
        "DUPLICATE_KEY",
        10,
        "another rate for this frequency",
    ),
    (
        PLAN
        + "      fee:\n      - {base: 1}\n      - {base: 2, frequency: year, per: month}\n",
        "BAD_VALUE",
        12,
        "remove per",
    ),
    # plans
    (
        "price_plans:\n  a:\n    name: A\n    currency: EURO\n",
        "UNKNOWN_CURRENCY",
        4,
        "no ISO 4217 currency",
    ),
    (
        PLAN
        + "      fee: {base: 1}\n    commitment: {minimum: 0, covers: {products: [fee]}}\n",
        "BAD_VALUE",
        11,
        "above 0",
    ),
    (
        PLAN + "      fee: {base: 1}\n    commitment: {minimum: 9, covers: {}}\n",
        "MISSING_KEY",
        11,
        "name what counts",
    ),
    (
        PLAN + "      fee: {base: 1}\n    commitment:\n      minimum: 9\n"
        "      covers: {products: [mail]}\n",
        "BAD_VALUE",
        13,
        "no rate for mail",
    ),
    (
        PLAN + "      fee: {base: 1}\n    effective_from: 2026-02-30\n",
        "BAD_VALUE",
        11,
        "is no date",
    ),
    (
        PLAN + "      fee: {base: 1}\n    effective_from: 2026-02-03T00:00:00\n",
        "BAD_VALUE",
        11,
        "has no offset",
    ),
    # tables
    (TABLE + "    rows: {France: 1}\n", "BAD_VALUE", 5, "no country code"),
    (TABLE + "    rows: {FR: -1}\n", "BAD_VALUE", 5, "a price is 0 or more"),
    (TABLE, "MISSING_KEY", 2, "prices nothing"),
    (
        TABLE + "    zones:\n      a: [FR]\n      b: [FR]\n    rows: {a: 1, b: 2}\n",
        "DUPLICATE_KEY",
        7,
        "FR is in zone a already",
    ),
    (
        TABLE + "    zones: {a: [FR]}\n    rows:\n      a: 1\n      FR: 2\n",
        "DUPLICATE_KEY",
        8,
        "priced by its zone a too",
    ),
    (
        TABLE
        + "    applies: on_event_date\n"
        + "    rows: {FR: 1}\n    slots: [{from: 2026-01-01, default: 1, rows: {}}]\n",
        "BAD_VALUE",
        6,
        "move the rows there",
    ),
    (
        TABLE + "    rows: {FR: 1}\n    slots: [{from: 2026-01-01, rows: {FR: 1}}]\n",
        "BAD_VALUE",
        6,
        "set applies: on_event_date",
    ),
    # terms
    (TERMS + "    kind: prepayed\n", "NOT_A_CHOICE", 7, "did you mean prepaid?"),
    (TERMS + "    lasts: 12 months\n", "UNKNOWN_KEY", 7, "`lasts` is no key here"),
    (TERMS + "    notice: 30\n", "FREQUENCY_REFUSED", 7, "write 12 months or 14 days"),
    (TERMS + "    frequency: monthly\n", "FREQUENCY_REFUSED", 7, "write month"),
    (TERMS + "    closes_after: 3\n", "BAD_VALUE", 7, "write 3 days"),
    (TERMS + "    closes_after: 61 days\n", "BAD_VALUE", 7, "60 days at most"),
    (TERMS + "    default_plan: other\n", "BAD_VALUE", 7, "not among the plans"),
    (TERMS.replace("[basic]", "[basik]"), "UNKNOWN_PRICE_PLAN", 6, "did you mean basic?"),
    (TERMS.replace("[basic]", "[]"), "MISSING_KEY", 6, "name at least one"),
    (
        TERMS.replace(
            "currency: EUR",
            "currency: EUR, commitment: {minimum: 9, covers: {products: [fee]}}",
        )
        + "    frequency: 3 months\n",
        "NOT_SUPPORTED",
        4,
        "a minimum per month, and monthly settles usage by the 3 months",
    ),
]


@pytest.mark.parametrize(("text", "code", "line", "told"), FAULTS)
def test_a_fault_is_told_with_its_line_and_what_to_do(text, code, line, told):
    """One fault, one problem: no follow-up problems confuse the reader."""
    (problem,) = problems_of(text)
    assert problem.code == (code or problem.code)
    assert (problem.file, problem.line) == ("shop.yaml", line)
    assert told in problem.message


def test_overlapping_tiers_are_named_by_their_path():
    """The path leads to the tier that overlaps."""
    tiers = "[{from: 1, to: 5, price: 2}, {from: 4, price: 1}]"
    (problem,) = problems_of(PLAN + f"      fee: {{tiers: {tiers}}}\n")
    assert problem.path[:5] == ("price_plans", "basic", "rates", "fee", "tiers")
    assert problem.path[5] == "1"


def test_all_problems_come_at_once_in_the_order_of_lines():
    """A fault of form, two of binding and one of meaning are told together."""
    text = PLAN + "      fee: {bas: 1}\n      ghost: {base: 1}\n"
    text = text.replace("expense, name", "expence, name").replace("EUR", "EURO")
    found = [(problem.line, problem.code) for problem in problems_of(text)]
    assert found == [(3, "NOT_A_CHOICE"), (10, "UNKNOWN_KEY")]
    # The plan has a broken rate, so the rest of it is judged when that is mended.
    text = text.replace("bas: 1", "base: 1")
    found = [(problem.line, problem.code) for problem in problems_of(text)]
    assert found == [(3, "NOT_A_CHOICE"), (8, "UNKNOWN_CURRENCY"), (11, "UNKNOWN_PRODUCT")]


def test_at_most_twenty_problems_are_told():
    """The rest is counted: 25 faults are 20 and 5 more."""
    text = "gauges:\n" + "".join(f"  g{number}: {{}}\n" for number in range(25))
    with pytest.raises(CatalogueRefused) as refused:
        refuse(text)
    assert len(refused.value.problems) == MAX_PROBLEMS == 20
    assert refused.value.message.endswith("… and 5 more")
    first = refused.value.message.splitlines()[0]
    assert first == "shop.yaml:2: gauges.g0.name: `name` is missing; add it [MISSING_KEY]"


def test_aliases_that_unfold_without_end_are_stopped():
    """Nine levels of nine references would be 387,420,489 values."""
    lines = ["gauges:", "  a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        inside = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"  a{level}: &a{level} [{inside}]")
    (problem,) = problems_of("\n".join(lines))
    assert (problem.code, problem.message) == (
        "CATALOGUE_TOO_LARGE",
        "more than 200000 values once aliases unfold",
    )


def test_words_that_other_readers_take_for_something_else_stay_texts():
    """NO is Norway and not false, 012 is a code, and 1.10 keeps its digits."""
    loaded = load_catalogue(
        "gauges: {012: {name: off}}\n"
        "rate_tables: {z: {name: yes, dimension: country, rows: {NO: 1.10}}}\n"
    )
    assert loaded.problems == ()
    assert (loaded.catalogue.gauges[0].code, loaded.catalogue.gauges[0].name) == ("012", "off")
    table = loaded.catalogue.rate_tables[0]
    assert (table.name, str(table.rows["NO"])) == ("yes", "1.10")


def test_what_a_mapping_says_itself_wins_over_what_it_merges():
    """The minimum of the second plan is its own, its coverage the first one's."""
    loaded = load_catalogue(
        PLAN
        + "      fee: {base: 1}\n"
        + "    commitment: &least {minimum: 5, covers: {products: [fee]}}\n"
        + "  other: {name: Other, currency: EUR, commitment: {<<: *least, minimum: 9}}\n"
    )
    basic, other = loaded.catalogue.price_plans
    assert (basic.commitment.minimum, other.commitment.minimum) == (5, 9)
    assert other.commitment.covers == basic.commitment.covers


def test_a_file_that_cannot_be_read_is_a_problem_too(tmp_path):
    """Absent, too large, or not UTF-8."""
    absent = load_catalogue_file(tmp_path / "absent.yaml")
    assert "No such file" in absent.problems[0].message
    (tmp_path / "latin.yaml").write_bytes("gauges: {é: {name: E}}".encode("latin-1"))
    latin = load_catalogue_file(tmp_path / "latin.yaml")
    assert "byte 9 is not UTF-8" in latin.problems[0].message
    (tmp_path / "large.yaml").write_bytes(b" " * (1024 * 1024 + 2))
    assert (
        load_catalogue_file(tmp_path / "large.yaml").problems[0].code == "CATALOGUE_TOO_LARGE"
    )


def test_plain_values_are_read_as_a_file_is():
    """For catalogues inside another document; a float is refused as a bug of the caller."""
    loaded = load_catalogue_values({"gauges": {"people": {"name": "People"}}})
    assert loaded.catalogue.gauges[0].name == "People"
    with pytest.raises(TypeError, match="a float is not exact"):
        load_catalogue_values({"gauges": {"people": {"name": 1.5}}})


def test_a_number_that_is_none_is_refused_in_a_definition_too():
    """Definitions made by a program are checked as a file is."""
    endless = GaugeDefinition(code="people", name="People")
    plan = PricePlanDefinition(
        code="basic",
        name="Basic",
        currency="EUR",
        rates=(RateDefinition(product="fee", base=Decimal("NaN")),),
    )
    known = Known(
        wanted=Catalogue(gauges=(endless,), price_plans=(plan,)),
        stored=Catalogue(),
        zone="Europe/Paris",
        now=datetime(2026, 6, 1, tzinfo=UTC),
    )
    (problem,) = check_catalogue(known)
    assert problem.code == "NOT_A_NUMBER"
    assert problem.path == ("price_plans", "basic", "rates", "0", "base")
