"""`forfait demo`: the same three invoices each time, and nothing doubles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.conftest import started

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 240
ATELIER = (
    *("€246.00", "€225.00", "€29.00", "€24.70", "€7.20", "€6.40", "€6.00"),
    *("€544.30", "€108.86", "€653.16"),
)
LUMIERE = (
    *("€500.00", "€140.00", "€360.00", "€228.00", "€120.00", "€40.00", "€22.00"),
    *("€1,410.00", "€282.00", "€1,692.00"),
)
HORIZON = (
    *("€4,480.00", "€720.00", "€4,560.00", "€300.00", "€240.00", "€90.00"),
    *("€1,004.00", "€687.50"),
    *("€12,081.50", "€2,416.30", "€14,497.80"),
)


def shown(home: Path) -> str:
    """What the demonstration prints when it stops after the invoices."""
    process = started("demo", "--once", "--port", "0", home=home)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output
    return output


def amounts(output: str) -> list[str]:
    """Every amount, in the order printed."""
    return [word for line in output.splitlines() for word in line.split() if word[:1] == "€"]


def test_three_invoices_agree_with_the_hand_computation_and_a_second_run_with_the_first(
    home: Path,
) -> None:
    """Level 2: 246.00 + 225.00 + 29.00 and 44.30 of purchases; level 3: 640.00 + 360.00 +
    410.00; level 5: 5200.00 without top-up, and 6881.50 of purchases. VAT is 20 %.
    """
    first = shown(home)

    assert "22558 events are new, 0 were known." in first
    assert sorted(amounts(first)) == sorted([*ATELIER, *LUMIERE, *HORIZON])

    second = shown(home)

    assert "0 events are new, 22558 were known." in second
    assert amounts(second) == amounts(first)
    assert [line for line in second.splitlines() if "INV-" in line] == [
        line for line in first.splitlines() if "INV-" in line
    ]
