"""A crew knows when its workers work, also when some of them fail at their start."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from api.serving import children
from api.serving.children import WorkerCrew

SECOND_TRY = """
import os, pathlib, time
from core.embedded.process import tell_ready
seen = pathlib.Path(os.environ["SEEN"])
if not seen.exists():
    seen.touch()
    raise SystemExit(1)
tell_ready()
time.sleep(60)
"""


def crew_of(program: str, monkeypatch: pytest.MonkeyPatch, **more: str) -> WorkerCrew:
    """A crew of one whose worker is a program of the test's."""
    monkeypatch.setattr(children, "WORKER", (sys.executable, "-c", program))
    crew = WorkerCrew(1, {**os.environ, **more})
    crew.start()
    return crew


async def test_a_worker_that_fails_at_its_start_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its end is no answer: the one that takes its place half a second later tells."""
    crew = crew_of(SECOND_TRY, monkeypatch, SEEN=str(tmp_path / "seen"))
    (first,) = crew.pids()
    watching = asyncio.create_task(crew.keep_up())
    try:
        assert await crew.ready()
        assert crew.pids() != [first]
    finally:
        watching.cancel()
        await crew.stop()


async def test_a_worker_that_never_tells_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The API answers all the same; the log says that a worker is late."""
    monkeypatch.setattr(children, "READY_SECONDS", 0.3)
    crew = crew_of("import time; time.sleep(60)", monkeypatch)
    try:
        with capture_logs() as logs:
            assert not await crew.ready()
        assert [log["event"] for log in logs] == ["worker.late"]
    finally:
        await crew.stop()
