"""A worker killed anywhere, Redis emptied: the next ones make what an undisturbed run makes."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
import redis

from core.db import Database
from core.fault_points import POINTS
from tests.building import canonical_dump
from tests.faults.killing import Case, Copy, settled_after_kill
from tests.faults.loaded import load, still_waiting

pytestmark = pytest.mark.slow


async def _dump(db: Database, tenant_id: UUID) -> list[str]:
    async with db.transaction(tenant_id, actor="test") as tx:
        return await canonical_dump(tx)


CASE: Final = Case(name="faults_loaded", load=load, still_waiting=still_waiting, told=_dump)


def test_an_undisturbed_run_bills_everybody_but_the_one_without_a_rate(
    undisturbed: list[str],
) -> None:
    """Ten invoices of the first month, nine of the second; one parked with its reason."""
    assert len([line for line in undisturbed if line.startswith("invoice: ")]) == 19
    (parked,) = [line for line in undisturbed if line.startswith("parked: ")]
    assert "RATE_MISSING" in parked


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_there_leaves_what_an_undisturbed_run_leaves(
    *, point: str, clone: Copy, undisturbed: list[str], redis_url: str, tmp_path: Path
) -> None:
    """SIGKILL at the point, FLUSHALL, then two workers: equal but for ids and numbers."""
    armed = point if point == "after_freeze" else f"{point}:2"

    def flush() -> None:
        with redis.Redis.from_url(redis_url) as client:
            client.flushdb()

    found, statuses = settled_after_kill(
        clone, point=armed, meanwhile=flush, redis_url=redis_url, home=tmp_path
    )

    assert statuses == {0}
    assert found == undisturbed
