"""`forfait scenario run`: 0 when all is as expected, 1 with a diff, 2 for a faulty file."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import build_app
from core.embedded import DatabaseUrls

SCENARIO = """\
scenario: three seats
clock: 2026-01-01
tenant: {name: Acme, currency: EUR, timezone: Europe/Paris, country: FR}
catalogue:
  products: {seats: {kind: licence, name: Seats}}
  price_plans: {simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}}}}
  billing_terms: {monthly: {name: Monthly, plans: [simple]}}
steps:
  - accountCreate: {name: Ada}
    as: ada
  - subscriptionCreate:
      {account: $ada, billingTerms: monthly, items: [{product: seats, quantity: "3"}]}
  - at: 2026-02-01
expect:
  invoices:
    - account: $ada
      net: "75.00"
      total: "90.00"
      lines: [{product: seats, quantity: "3", amount: "75.00"}]
"""


def run(database: DatabaseUrls, tmp_path: Path, text: str) -> Result:
    """Run a scenario of this text in the test's database."""
    file = tmp_path / "case.yaml"
    file.write_text(text)
    at = ("--database-url", database.app, "--owner-database-url", database.owner)
    return CliRunner().invoke(
        build_app(), ["scenario", "run", str(file), *at], env={"COLUMNS": "200"}
    )


def test_a_scenario_that_agrees_passes(database: DatabaseUrls, tmp_path: Path) -> None:
    """3 x 25.00 = 75.00, with 20 % 90.00; the command ends with 0."""
    result = run(database, tmp_path, SCENARIO)

    assert result.exit_code == 0, result.output
    assert "1 of 1 scenarios passed, 1 invoices compared." in result.output


def test_a_cent_of_difference_fails_with_a_diff(database: DatabaseUrls, tmp_path: Path) -> None:
    """The line that expects 75.01 is line 19; the others still run."""
    wrong = SCENARIO.replace('amount: "75.00"', 'amount: "75.01"')

    result = run(database, tmp_path, f"{wrong}---\n{SCENARIO}")

    assert result.exit_code == 1
    (told,) = [line.split() for line in result.output.splitlines() if "75.01" in line]
    assert told == ["19", "invoice", "of", "ada:", "seats.amount", "75.01", "75"]
    assert "1 of 2 scenarios passed" in result.output


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  - at: 2026-02-01\n", "", "invoice account ada, total 90.00 nothing"),
        ("      total:", "      tax: 1\n      total:", "tax 1 15"),
        (
            "as: ada\n",
            "as: ada\n    refuses: REF_TAKEN\n",
            "accountCreate refused: REF_TAKEN done",
        ),
        ('quantity: "3"}]}\n', 'quantity: "-3"}]}\n', "INVALID_QUANTITY"),
    ],
)
def test_what_is_not_as_expected_is_told(
    database: DatabaseUrls, tmp_path: Path, old: str, new: str, told: str
) -> None:
    """A missing invoice, another tax, a step that is not refused, one that is."""
    assert old in SCENARIO
    result = run(database, tmp_path, SCENARIO.replace(old, new, 1))

    assert result.exit_code == 1, result.output
    assert told in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("accountCreate", "accountMake", "case.yaml:9: there is no mutation 'accountMake'"),
        ("$ada, billing", "$eve, billing", "case.yaml:12: $eve is not bound"),
        ("{name: Ada}", "{nom: Ada}", "case.yaml:9: AccountCreateInput has no field 'nom'"),
        ("base: 25", "base: many", "case.yaml:6: catalogue: NOT_A_NUMBER"),
        ("at: 2026-02-01", "at: 2025-12-01", "case.yaml:13: at: 2025-12-01 lies before"),
        ("net: ", "netto: ", "case.yaml:17: 'netto' is unknown here"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(
    database: DatabaseUrls, tmp_path: Path, old: str, new: str, told: str
) -> None:
    """Refusals end the command with 2, as `main` does for every command."""
    assert old in SCENARIO
    result = run(database, tmp_path, SCENARIO.replace(old, new, 1))

    assert getattr(result.exception, "code", None) == "SCENARIO_INVALID", result.output
    assert told in str(result.exception)
