"""A short run of the fault harness; `make faults` is the long one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.price_model import Bill, Line, Used, bills

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHORT = ("--seed", "20", "--load-seconds", "6", "--short", "--forgetful")


def faults(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the harness in a process of its own: servers start from a main thread."""
    command = [sys.executable, "-m", "tests.faults", *SHORT, *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )


def test_nothing_is_lost_or_billed_twice_under_a_few_faults() -> None:
    """Killed workers and API, lost wake-ups, ended connections, unheard COMMITs."""
    done = faults()

    assert done.returncode in {0, 2}, done.stdout + done.stderr
    assert "mismatches 0" in done.stdout
    assert " billed 0," not in done.stdout
    assert "invoices   0 " not in done.stdout


def test_a_tenant_that_sees_another_is_found() -> None:
    """Row-level security switched off on one table of the running database."""
    done = faults("--mutant", "rls-off")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "a tenant sees another's rows" in done.stdout
    (kept,) = [line for line in done.stdout.splitlines() if line.startswith("kept")]
    shutil.rmtree(kept.split()[1], ignore_errors=True)


def test_the_second_opinion_on_a_month_and_its_late_usage() -> None:
    """2 seats at 25.00 and 1001 e-mails: 50.00 + 2 batches at 1.90 = 53.80, tax 10.76.

    Closing the next month: again 50.00, and 999 late e-mails still fit the second batch,
    so the first month's line has a quantity and no amount; one more makes a third.
    """
    used = [
        Used("c1", 0, 0, "email", "", 1001),
        Used("c1", 0, 1, "email", "", 999),
        Used("c1", 0, 2, "email", "", 1),
    ]

    found = bills("plain", 2, closed_months=3, used=used)

    fee = ("fee", "seats", "")
    email = ("usage", "email", "")
    assert found[0] == Bill([Line(0, fee, 2, 5000), Line(0, email, 1001, 380)], 5380, 1076)
    assert found[1] == Bill([Line(0, email, 999, 0), Line(1, fee, 2, 5000)], 5000, 1000)
    assert found[2] == Bill([Line(0, email, 1, 190), Line(2, fee, 2, 5000)], 5190, 1038)


def test_the_second_opinion_gives_back_a_minimum() -> None:
    """Minimum 40.00: 100 texts to France cost 6.13 and lack 33.87; 400 late ones cost 24.52.

    Together 500 x 0.0613 = 30.65, so 9.35 is lacking and 24.52 of the 33.87 come back.
    """
    used = [Used("c2", 0, 0, "sms", "FR", 100), Used("c2", 0, 1, "sms", "FR", 400)]

    found = bills("minimum", 1, closed_months=2, used=used)

    minimum, sms = ("commitment", "", ""), ("usage", "sms", "FR")
    assert Line(0, minimum, 1, 3387) in found[0].lines
    assert Line(0, minimum, 0, -2452) in found[1].lines
    assert Line(0, sms, 400, 2452) in found[1].lines
