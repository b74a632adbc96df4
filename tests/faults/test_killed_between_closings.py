"""A worker killed at interim invoices, jobs, orders or requests to providers.

The next ones make what an undisturbed worker makes: each order billed once at its kept
amount, each job on one invoice, each request in its provider's log once, no cap exceeded.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from core.fault_points import BETWEEN_CLOSINGS
from tests.faults.killing import OBEYED, Case, Copy, Told, settled_after_kill
from tests.faults.television import VIEWERS, leases_end, load, still_waiting, told

pytestmark = pytest.mark.slow

CASE: Final = Case(name="faults_television", load=load, still_waiting=still_waiting, told=told)


def test_an_undisturbed_worker_does_all_that_is_due(undisturbed: Told) -> None:
    """Of three customers each: Gold less a tenth, 3 e-mails, an antenna, Gold prepaid.

    Net: 25.00 - 2.50 = 22.50; 3 x 0.50 = 1.50; 8.00; 25.00. The wallet of 50.00 pays 30.00
    with tax, and has 20.00 then. The film of 3.00 waits for this month's end.
    """
    lines = [
        (row[1], row[2], f"{row[4]:.2f}") for row in undisturbed["billed"] if "-0" in row[0]
    ]
    assert sorted(lines) == [
        ("discount", "A tenth: Gold", "-2.50"),
        ("fee", "Gold", "25.00"),
        ("fee", "Gold", "25.00"),
        ("one_off", "Antenna", "8.00"),
        ("usage", "E-mails", "1.50"),
    ]
    films = [(row[1], row[3], row[5], row[7], row[8]) for row in undisturbed["orders"]]
    assert films == [("posted", 3, "done", "nagra_media_live", "F1")] * VIEWERS
    assert [f"{row[1]:.2f}" for row in undisturbed["wallets"]] == ["20.00"] * VIEWERS * 2
    assert [row[2:] for row in undisturbed["discounts"]] == [(1, 1, 1)] * VIEWERS


@pytest.mark.parametrize("point", BETWEEN_CLOSINGS)
def test_a_worker_killed_there_leaves_what_an_undisturbed_one_leaves(
    *, point: str, clone: Copy, undisturbed: Told, redis_url: str, tmp_path: Path
) -> None:
    """SIGKILL at the point, before its commit; then two workers, and nothing is different."""
    found, statuses = settled_after_kill(
        clone,
        point=point,
        meanwhile=lambda: asyncio.run(clone.apart(leases_end)),
        redis_url=redis_url,
        home=tmp_path,
    )

    assert statuses <= OBEYED
    assert found == undisturbed
