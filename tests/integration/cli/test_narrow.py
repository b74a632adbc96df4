"""At 80 columns, as a pipe has, no command cuts a figure, a currency, a name or advice."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from api.demo.show import show_documents
from tests.integration.cli.conftest import Invoke
from tests.integration.cli.test_simulate import acme

__all__ = ["acme"]
CUT = "…"
"""How a terminal's table marks what it left out."""


def words(text: str) -> list[str]:
    """Return what stands between blanks and the edges of tables."""
    return text.replace("│", " ").split()


def test_totals_of_a_simulation_are_whole(invoke: Invoke, acme: str) -> None:
    """6 seats at 3,000,000.00 in place of 25.00: nine columns of figures, and the currency."""
    told = invoke(
        "simulate", "-t", acme, "--month", "2026-01", "--plan", "dearer", COLUMNS="80"
    )

    assert told.exit_code == 0, told.output
    assert CUT not in told.output
    currencies = [word for word in words(told.output) if word == "EUR"]
    assert len(currencies) == 4  # totals, one range of changes, Bob and Ada
    assert {"150.00", "180.00", "+30.00", "100.00", "120.00", "+20.00"} <= set(
        words(told.output)
    )


def test_a_month_of_nobody_is_said_in_words(invoke: Invoke, acme: str) -> None:
    """In place of two empty tables."""
    told = invoke("simulate", "-t", acme, "--month", "2019-01", "--plan", "dearer")

    assert told.exit_code == 0, told.output
    assert told.output.splitlines()[-1] == "Nobody was billed in 2019-01."
    assert "currency" not in told.output


def test_failures_of_a_simulation_are_whole(invoke: Invoke, acme: str) -> None:
    """The code can be copied, and the reason is there to its last word."""
    told = invoke("simulate", "-t", acme, "--month", "2026-01", "--plan", "empty", COLUMNS="80")

    assert told.exit_code == 1
    assert CUT not in told.output
    assert words(told.output).count("RATE_MISSING") == 2


def test_sellers_keys_and_the_diff_of_a_catalogue_are_whole(
    invoke: Invoke, acme: str, tmp_path: Path
) -> None:
    """A long slug, a key's prefix with its times, and a price of 15 digits."""
    slug = "a-seller-with-a-long-name-of-many-words-in-it"
    made = invoke(
        "tenants", "create", slug, "--name", "Acme Works", "--currency", "EUR",
        "--timezone", "America/Argentina/Buenos_Aires", "--country", "AR",
    )  # fmt: skip
    edited = tmp_path / "edited.yaml"
    edited.write_text(
        "products: {seats: {kind: licence, name: Seats}}\nprice_plans:\n"
        "  simple: {name: Simple, currency: EUR, rates: {seats: {base: 123456789012.34}}}\n"
    )
    prefix = made.output.partition(".")[0]

    sellers = invoke("tenants", "list", COLUMNS="80").output
    keys = invoke("keys", "list", slug, COLUMNS="80").output
    diff = invoke("catalogue", "diff", str(edited), "-t", acme, COLUMNS="80").output

    assert CUT not in sellers + keys + diff
    assert {slug, "America/Argentina/Buenos_Aires", "AR"} <= set(words(sellers))
    assert prefix in words(keys)
    assert "123456789012.34" in diff


@pytest.mark.parametrize("columns", ["80", "40"])
def test_the_doctor_and_the_list_of_plugins_are_whole(invoke: Invoke, columns: str) -> None:
    """What they say at 80 columns and at 40 is what they say at 400, word for word."""
    for command in (("doctor",), ("plugin", "list")):
        narrow = invoke(*command, COLUMNS=columns).output
        wide = invoke(*command, COLUMNS="400").output
        assert CUT not in narrow.replace("ALTER TABLE …", "")
        unsteady = {word for word in words(wide) if word.endswith("0") or word[0].isdigit()}
        assert set(words(wide)) - unsteady <= set(words(narrow))


@pytest.mark.parametrize("columns", [80, 40])
def test_figures_of_the_demo_are_whole(columns: int) -> None:
    """A quantity and an amount of 13 signs each, beside a long description and working."""
    line = {
        "description": "Messages to a country with a long name",
        "quantity": "12345678.125",
        "explanation": "12,345,678.125 x 0.0125 of the price list of the year before",
        "amount": {"formatted": "€1,154,320.98"},
    }
    document = {
        "number": "INV-1", "issueDate": "2026-10-31", "lines": [line], "timezone": "UTC",
        "taxes": [], "net": {"formatted": "€1,154,320.98"}, "tax": {"formatted": "€0.00"},
        "total": {"formatted": "€1,154,320.98"}, "corrects": {"number": "INV-0"},
        "reason": "too much",
    }  # fmt: skip
    console = Console(file=io.StringIO(), width=columns)
    show_documents(console, [document], of="Acme")
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()

    assert CUT not in shown
    assert "12,345,678.125" in words(shown)
    assert words(shown).count("-€1,154,320.98") >= 2  # of the line, and the total
