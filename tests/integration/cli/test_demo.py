"""`forfait demo`: the same invoices of five sellers each time, and nothing doubles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.conftest import started

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 240
"""Amounts of lines, then net, VAT and total; the sums stand in the README."""
CRM360 = (
    *("€246.00", "€225.00", "€29.00", "€24.70", "€7.20", "€6.40", "€6.00"),
    *("€544.30", "€108.86", "€653.16"),
    *("€500.00", "€140.00", "€360.00", "€228.00", "€120.00", "€40.00", "€22.00"),
    *("€1,410.00", "€282.00", "€1,692.00"),
    *("€4,480.00", "€720.00", "€4,560.00", "€300.00", "€240.00", "€90.00"),
    *("€1,004.00", "€687.50"),
    *("€12,081.50", "€2,416.30", "€14,497.80"),
)
CRM_COM = (
    *("€25.00", "€8.00", "€14.00", "€0.00", "€15.00", "€2.00"),  # 5 films x 3.00, 1 x 2.00
    *("€53.78", "€10.22", "€64.00"),  # 64.00 x 19 / 119
    *("€25.00", "€5.00", "€0.00", "€3.00", "€2.00", "-€15.00"),
    *("€16.81", "€3.19", "€20.00"),
)
DAILYBIZ = (
    *("€59.00", "€27.00", "€5.00", "€91.00", "€18.20", "€109.20"),
    *("€29.00", "€29.00", "€5.80", "€34.80", "€34.80"),  # the last one is what was paid
    *("€29.00", "€36.00", "€65.00", "€13.00", "€78.00", "€78.00"),  # 3 x 12.00
    *("€18.00", "€18.00", "€3.60", "€21.60", "€21.60"),  # 2 x 9.00
    *("€29.00", "€18.00", "€12.00", "€59.00", "€11.80", "€70.80", "€70.80"),
)
FLEXMAIL = (
    *("€63.00", "€10.00", "€21.60", "€94.60", "€19.87", "€114.47"),  # 24 x 0.90
    *("€30.00", "€30.00", "€6.30", "€36.30", "€36.30"),
    *("-€20.00", "-€20.00", "-€4.20", "-€24.20"),  # the credit: 30.00 x 20 / 30
    *("€60.00", "€60.00", "€12.60", "€72.60", "€24.20", "€48.40"),  # by credit, by card
    *("€60.00", "€60.00", "€12.60", "€72.60", "€72.60"),
)
AIRCALL = (
    *("€280.00", "€40.00", "€42.70", "€5.96", "€0.72", "€369.38", "€73.88", "€443.26"),
    *("€30.00", "€30.00", "€6.00", "€36.00", "€36.00"),
    *("€13.33", "€13.33", "€2.67", "€16.00", "€16.00"),  # 2 x 10.00 x 20 / 30
    *("€50.00", "€0.09", "€0.03", "€50.12", "€10.02", "€60.14", "€60.14"),
)
EXPECTED = (*CRM360, *CRM_COM, *DAILYBIZ, *FLEXMAIL, *AIRCALL)
ANSWERS = (
    "May one more user have rights? Yes, by consumption.",
    "May e-mails be sent? Yes.",
    "May a contact be added? Yes, 3,999 left.",  # 5,000 less 1,001
    "May Gilles send? Yes.",
    "May Hugo send? No:",
    "May Hugo read? Yes.",
)


def shown(home: Path) -> str:
    """What the demonstration prints when it stops after the invoices."""
    process = started("demo", "--once", "--port", "0", home=home)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output
    return output


def amounts(output: str) -> list[str]:
    """Every amount, in the order printed."""
    words = (word.rstrip(",") for line in output.splitlines() for word in line.split())
    return [word for word in words if word.lstrip("-")[:1] == "€"]


def documents(output: str) -> list[str]:
    """The rows that begin a document."""
    return [line for line in output.splitlines() if "INV-" in line or "TEST-" in line]


def test_five_sellers_agree_with_the_hand_computation_and_a_second_run_with_the_first(
    home: Path,
) -> None:
    """Seven invoices of the closing, and twelve documents of four test clocks.

    The second run tells no story again and takes no event twice: it prints the same numbers.
    """
    first = shown(home)

    assert "24317 events are new, 0 were known." in first
    assert sorted(amounts(first)) == sorted(EXPECTED)
    assert len(documents(first)) == 7 + 12
    assert [each for each in ANSWERS if each not in first] == []

    second = shown(home)

    assert "0 events are new, 24317 were known." in second
    assert amounts(second) == amounts(first)
    assert documents(second) == documents(first)
    assert [each for each in ANSWERS if each not in second] == []


def test_stopped_in_the_middle_of_a_story_it_goes_on_where_it_was(home: Path) -> None:
    """Stopped while DailyBiz's customer lives: afterwards each document is there, once."""
    process = started("demo", "--once", "--port", "0", home=home)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("On a test clock: Garage"):
            break
    process.terminate()
    process.communicate(timeout=PATIENCE_SECONDS)

    output = shown(home)

    assert sorted(amounts(output)) == sorted(EXPECTED)
    assert [each for each in ANSWERS if each not in output] == []
