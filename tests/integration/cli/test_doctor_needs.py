"""`forfait doctor` names what catalogues need and no plugin has, and who needs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Invoke
from tests.plugins import pigeon

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
  desks: {kind: licence, name: Desks}
  loads: {kind: usage_service, name: Loads, meters: {channel: pigeon, unit: gram}}
price_plans:
  odd: {name: Odd, currency: EUR, rates: {seats: {model: every_second, base: 2}}}
  even: {name: Even, currency: EUR, rates: {desks: {base: 2}, seats: {base: 2}}}
billing_terms:
  monthly: {name: Monthly, plans: [odd], default_plan: odd}
"""


@pytest.fixture
def plugins(invoke: Invoke, tmp_path: Path) -> Path:
    """A folder with a plugin, and a seller whose catalogue uses its model and its channel."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    shutil.copy(Path(pigeon.__file__), folder)
    written = tmp_path / "catalogue.yaml"
    written.write_text(CATALOGUE)
    made = invoke(
        "tenants", "create", "acme", "--name", "Acme", "--currency", "EUR",
        "--timezone", "Europe/Paris", "--country", "FR",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    applied = invoke(
        "catalogue", "apply", str(written), "-t", "acme", "--plugins-dir", str(folder)
    )
    assert applied.exit_code == 0, applied.output
    return folder


def told(output: str) -> list[str]:
    """Return the lines that name something missing, with single blanks."""
    return [" ".join(line.split()) for line in output.splitlines() if "missing " in line]


def test_what_a_missing_plugin_had_is_named_with_who_needs_it(
    invoke: Invoke, plugins: Path
) -> None:
    """Its model is of one plan and product, its channel of one product; `even` is fine."""
    result = invoke("doctor", COLUMNS="400")

    assert result.exit_code == 1
    channel, model = sorted(told(result.output))
    assert channel.startswith(
        "wrong missing channel acme: no plugin has the channel pigeon that is metered by "
        "product loads Install or enable"
    )
    assert model.startswith(
        "wrong missing price model acme: no plugin has the price model every_second of price "
        "plan odd for product seats Install or enable"
    )


def test_with_the_plugin_nothing_is_missing(invoke: Invoke, plugins: Path) -> None:
    """As a one-file plugin it is at work; disabled it is missing again."""
    there = invoke("doctor", FORFAIT_PLUGINS_DIR=str(plugins), COLUMNS="400")
    assert told(there.output) == []
    assert "plugin pigeon" in there.output

    disabled = invoke(
        "doctor",
        FORFAIT_PLUGINS_DIR=str(plugins),
        FORFAIT_DISABLED_PLUGINS="pigeon",
        COLUMNS="400",
    )
    assert len(told(disabled.output)) == 2
    assert disabled.exit_code == 1
