"""A process killed where money goes back and forth: what follows is what would have been.

A change is one transaction: killed between its credit note and its invoice, nothing of it is
there, and the next try does all of it, with the next number. A worker killed in a closing
with credit, layers and windows, at a reminder or after a gateway's answer leaves what an
undisturbed one leaves.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from core.embedded import EmbeddedServices
from core.fault_points import BETWEEN_ASKING_AND_NOTING, OF_CHANGES, OF_CLAIMS
from tests.faults.killing import OBEYED, Case, Copy, Told, settled_after_kill
from tests.faults.living import load
from tests.faults.living_outcome import leases_end, still_waiting, told

pytestmark = pytest.mark.slow

CASE: Final = Case(name="faults_living", load=load, still_waiting=still_waiting, told=told)


def test_an_undisturbed_worker_bills_collects_and_reminds(undisturbed: Told) -> None:
    """This month: `changed` owes 4 seats, 4 x 30.00 x 1.2 = 144.00, out of its credit.

    `carded` pays each of its three invoices of 3 x 30.00 x 1.2 = 108.00 once; `late` is
    reminded twice of the first two. A sender's utility templates at 0:00, 1:00, 2:00 and
    3:00 cost 4 x 0.03 = 0.12; the customer wrote at 1:30, so that two of them are free.
    """
    settled = [row[1:3] for row in undisturbed["settlements"] if row[0] == "carded-0"]
    assert [f"{paid:.2f} of {total:.2f}" for total, paid in settled] == ["108.00 of 108.00"] * 3
    attempts = [(row[1], row[3], row[4]) for row in undisturbed["collections"]]
    assert attempts == [("succeeded", 1, 1)] * 9
    late = [row[2:] for row in undisturbed["reminders"] if row[0] == "late-0"]
    assert [row for row in late if row[1] == 2] == [("exhausted", 2, False, 2)] * 2
    notes = [
        (int(row[5]), f"{row[6]:.2f}")
        for row in undisturbed["documents"]
        if row[0] == "sender-0" and row[4].startswith("Notes")
    ]
    assert sorted(notes) == [(-2, "-0.06"), (4, "0.12"), (4, "0.12")]


@pytest.mark.parametrize(
    "point", ["after_lines", "new_settled", *OF_CLAIMS, *BETWEEN_ASKING_AND_NOTING]
)
def test_a_worker_killed_there_leaves_what_an_undisturbed_one_leaves(
    *, point: str, clone: Copy, undisturbed: Told, redis_url: str, tmp_path: Path
) -> None:
    """SIGKILL at the point; then two workers, and nothing is different or paid twice."""
    found, statuses = settled_after_kill(
        clone,
        point=point,
        meanwhile=lambda: asyncio.run(clone.apart(leases_end)),
        redis_url=redis_url,
        home=tmp_path,
    )

    assert statuses <= OBEYED
    assert found == undisturbed


@pytest.mark.parametrize(
    ("verb", "point"),
    [
        *(("reset", point) for point in ("before_numbers", *OF_CHANGES)),
        ("more", "before_numbers"),
        ("fewer", "credits_booked"),
    ],
)
def test_a_change_killed_there_leaves_nothing_and_is_done_by_the_next_try(
    *, verb: str, point: str, clone: Copy, loaded: UUID, services: EmbeddedServices
) -> None:
    """Nothing is given back without what is charged; the credit notes' numbers have no gap."""
    name = f"{CASE.name}_changed"
    calm = Copy(CASE, services.create_database(name, template=CASE.name).app, loaded)
    assert _change(calm, verb) == 0
    wanted = asyncio.run(calm.told())
    services.drop_database(name)
    before = asyncio.run(clone.told())

    assert _change(clone, verb, point=point) == -signal.SIGKILL
    assert asyncio.run(clone.told()) == before
    assert _change(clone, verb) == 0

    assert asyncio.run(clone.told()) == wanted != before


def _change(copy: Copy, verb: str, *, point: str = "") -> int:
    """Do one change in a process of its own; return its status."""
    program = (sys.executable, "-m", "tests.faults.living")
    command = (*program, copy.database_url, str(copy.tenant_id), verb)
    known = {**os.environ, "FORFAIT_FAULT_POINT": point}
    return subprocess.run(command, env=known, check=False, timeout=60).returncode
