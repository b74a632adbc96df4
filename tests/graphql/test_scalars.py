"""What each scalar takes, refuses and writes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError

from api.graphql.scalars import (
    parse_currency_code,
    parse_date,
    parse_date_time,
    parse_decimal,
    parse_event_date_time,
    parse_event_decimal,
    write_date,
    write_date_time,
    write_decimal,
    write_event_decimal,
)
from tests.graphql.conftest import GraphQLClient


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("0", "0"),
        ("12.50", "12.50"),
        ("-0.000000000001", "-1E-12"),
        ("9999999999999.999999999999", "9999999999999.999999999999"),
        ("1e3", "1E+3"),
        ("1.50000000000000000000", "1.50000000000000000000"),
        ("+1", "1"),
        (".5", "0.5"),
        (5, "5"),
        (-(10**12), "-1000000000000"),
        (0.1, "0.1"),
        (1e22, None),
        (0.1 + 0.2, None),  # 0.30000000000000004 has 17 digits
        (float("nan"), None),
        (float("inf"), None),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
        ("1e13", None),
        ("-1e13", None),
        ("10000000000000", None),
        (10**13, None),
        (2**70, None),
        ("1E+999999", None),
        ("1E-999999", None),
        ("1e99999999999999999999", None),
        ("0e99999999999999999999", None),
        ("0.0000000000001", None),
        ("0e-999999", None),
        ("0e999999", None),
        ("0.0", "0.0"),
        ("0.123456789012" + "0" * 30 + "1", None),
        ("1_000", None),
        ("1,5", None),
        (" 1", None),
        ("1\n", None),
        ("", None),
        ("٣", None),
        ("1" * 5000, None),
        (True, None),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_a_decimal_is_finite_and_bounded(raw: Any, value: str | None) -> None:
    """|x| < 1e13 and at most 12 decimals that are not zero; exact, or refused."""
    if value is None:
        with pytest.raises(GraphQLError):
            parse_decimal(raw)
    else:
        assert str(parse_decimal(raw)) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12.50", "12.50"),
        ("-1", "-1"),
        ("NaN", "NaN"),
        ("-sNaN123", "-NaN"),
        ("inf", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("1E+999999", "1E+999999"),
        ("1e99999999999999999999", "NaN"),
        ("1" * 1000, "1" * 1000),
        ("1" * 1001, "NaN"),
        (7, "7"),
        (0.5, "0.5"),
        ("0.00", "0.00"),
        ("0e-999999999", "0"),
        ("-0e999999999", "0"),
        ("twelve", None),
        ("", None),
        ("1,5", None),
        ("٣", None),
        (True, None),
        ([], None),
    ],
)
def test_an_event_decimal_is_judged_later(raw: Any, value: str | None) -> None:
    """Any decimal passes; what is no decimal at all refuses the batch with its path."""
    if value is None:
        with pytest.raises(GraphQLError):
            parse_event_decimal(raw)
    else:
        assert str(parse_event_decimal(raw)) == value


def test_decimals_are_written_without_an_exponent() -> None:
    """The scale stays; what is not finite is our bug."""
    written = [write_decimal(Decimal(t)) for t in ("20.00", "1E+3", "1E-12", "-0.5")]
    assert written == ["20.00", "1000", "0.000000000001", "-0.5"]
    assert write_decimal(3) == "3"
    for wrong in (Decimal("NaN"), Decimal("Infinity"), 0.5, "1", True, None):
        with pytest.raises(TypeError):
            write_decimal(wrong)


def test_event_decimals_are_written_as_received() -> None:
    """A huge exponent is not written out: it would be a million zeros."""
    written = [write_event_decimal(Decimal(t)) for t in ("1.50", "NaN", "1E+999999")]
    assert written == ["1.50", "NaN", "1E+999999"]
    with pytest.raises(TypeError):
        write_event_decimal(1)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31t12:00:00z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T12:00:00+02:00"),
        ("2026-01-31T12:00:00.123456-05:30", "2026-01-31T12:00:00.123456-05:30"),
        ("2026-01-31T12:00:00", None),
        ("2026-01-31", None),
        ("2026-02-30T12:00:00Z", None),
        ("2026-01-31T24:00:00Z", None),
        ("2026-01-31T12:00:60Z", None),
        ("2026-01-31T12:00:00+25:00", None),
        ("0001-01-01T00:00:00+10:00", None),
        ("1899-12-31T23:59:59Z", None),
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
        ("2999-12-31T23:59:59Z", "2999-12-31T23:59:59Z"),
        ("3000-01-01T00:00:00Z", None),
        ("2026-01-31T12:00:00.1234567Z", None),
        ("20260131T120000Z", None),
        ("2026-W05-6T12:00:00Z", None),
        (1769860800, None),
        ("", None),
    ],
)
def test_an_instant_states_its_offset(raw: Any, value: str | None) -> None:
    """RFC 3339 to the microsecond; of the years 1900 to 2999, so no zone leads out of them."""
    if value is None:
        with pytest.raises(GraphQLError):
            parse_date_time(raw)
    else:
        assert write_date_time(parse_date_time(raw)) == value


def test_an_event_may_be_of_any_year() -> None:
    """A sender without a clock refuses its own events, not everybody's in the batch."""
    for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-31T12:00:00+02:00"):
        assert write_date_time(parse_event_date_time(text)) == text
    for wrong in ("2026-01-31T12:00:00", "0001-01-01T00:00:00+10:00", 0):
        with pytest.raises(GraphQLError):
            parse_event_date_time(wrong)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-02-29", "20260131", "2026-1-1", "2026-01-31T00:00:00Z", 1,
        "1899-12-31", "3000-01-01",
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(raw: Any) -> None:
    """29 February of 2024 exists, of 2026 does not."""
    assert write_date(parse_date("2024-02-29")) == "2024-02-29"
    with pytest.raises(GraphQLError):
        parse_date(raw)


def test_instants_and_days_are_not_confused() -> None:
    """Writing one as the other is our bug, and so is an instant without an offset."""
    with pytest.raises(TypeError):
        write_date(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(TypeError):
        write_date_time(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(TypeError):
        write_date_time("2026-01-01T00:00:00Z")


@pytest.mark.parametrize("raw", ["eur", "EURO", "XXXX", "", 978, None])
def test_a_currency_is_an_iso_code(raw: Any) -> None:
    """Upper case, and one that exists."""
    assert parse_currency_code("EUR") == "EUR"
    with pytest.raises(GraphQLError):
        parse_currency_code(raw)


async def test_scalars_travel_as_texts(client: GraphQLClient) -> None:
    """Literals and variables alike; integers are taken as numbers too."""
    answer = await client.ask(
        """query($d: Decimal!, $t: DateTime!) {
          a: amount(value: $d) b: amount(value: 5) c: amount(value: 0.12345678901234567e5)
          e: amount(value: "12.50") instant(value: $t) day(value: "2024-02-29")
          currency(value: "EUR") }""",
        {"d": "0.000000000001", "t": "2026-01-31T12:00:00+02:00"},
    )
    assert answer["data"] == {
        "a": "0.000000000001",
        "b": "5",
        "c": "12345.678901234567",
        "e": "12.50",
        "instant": "2026-01-31T12:00:00+02:00",
        "day": "2024-02-29",
        "currency": "EUR",
    }


@pytest.mark.parametrize(
    "query",
    [
        "{ amount(value: true) }",
        "{ amount(value: [1]) }",
        "{ amount(value: NaN) }",
        "{ amount(value: null) }",
        "{ amount(value: 1e400) }",
        "{ day(value: 20240229) }",
        "{ instant(value: 1) }",
        "{ currency(value: EUR) }",
    ],
)
async def test_a_literal_of_another_kind_fails_validation(
    client: GraphQLClient, query: str
) -> None:
    """A 400 with a code, before anything runs."""
    response = await client.post(query)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("locale", "text"),
    [("en", "€1,234.50"), ("de", "1.234,50\xa0€"), ("fr-BE", "1\u202f234,50\xa0€")],
)
async def test_money_is_formatted_for_people(
    client: GraphQLClient, locale: str, text: str
) -> None:
    """The same amount as three languages write it."""
    query = """query($l: String!) {
      account { balance { amount currencyCode formatted(locale: $l) } } }"""
    answer = await client.ask(query, {"l": locale})
    assert answer["data"]["account"]["balance"] == {
        "amount": "1234.50",
        "currencyCode": "EUR",
        "formatted": text,
    }


@pytest.mark.parametrize("locale", ["", "xx", "en/../..", "e" * 1000, "en_US_POSIX_x_y_z"])
async def test_an_unknown_language_is_refused(client: GraphQLClient, locale: str) -> None:
    """With a code; nothing is looked up by a name of another shape."""
    query = "query($l: String!) { account { balance { formatted(locale: $l) } } }"
    answer = await client.ask(query, {"l": locale})
    assert answer["errors"][0]["extensions"]["code"] == "UNKNOWN_LOCALE"
