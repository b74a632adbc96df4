"""Worker processes as children: kept up, started again when they end, never left behind."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.config import Settings
from core.embedded import ServiceUrls
from core.embedded.process import READY_FD, dying_with
from core.logging import get_logger

WORKER: Final = (sys.executable, "-m", "api.cli", "worker")
WATCH_SECONDS: Final = 0.2
READY_SECONDS: Final = 60
STOP_SECONDS: Final = 30
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 30.0
"""A child that ran this long has not failed at its start; the pauses begin anew."""

_log = get_logger(__name__)


@dataclass(slots=True)
class _Place:
    """One of the crew: the process in it now, and when the next may start."""

    process: subprocess.Popen[bytes] | None = None
    tells: int | None = None
    """Our end of the pipe of a worker that was started and has not said that it works."""
    has_said: bool = False
    started_at: float = 0.0
    failures: int = 0
    not_before: float = 0.0

    def works(self) -> bool:
        """Tell whether the process in it has said that it works."""
        if self.tells is not None and select.select([self.tells], [], [], 0)[0]:
            said = os.read(self.tells, 1)
            self.forget_pipe()
            self.has_said = bool(said)
        return self.has_said

    def forget_pipe(self) -> None:
        """Close our end, if it is open."""
        if self.tells is not None:
            os.close(self.tells)
            self.tells = None


@dataclass(slots=True)
class WorkerCrew:
    """A fixed number of worker processes of this installation.

    Use it from the main thread: the kernel ends a child when the thread that started it
    ends. That is SIGKILL, so that nothing survives us; what was half done is rolled back,
    and done again by the next worker.
    """

    count: int
    environment: Mapping[str, str] = field(repr=False)
    _places: list[_Place] = field(init=False, default_factory=list)

    def start(self) -> None:
        """Start every worker."""
        self._places = [_Place() for _number in range(self.count)]
        for place in self._places:
            self._fill(place)

    async def ready(self) -> bool:
        """Wait until every worker works; False when one does not within a minute."""
        until = time.monotonic() + READY_SECONDS
        while not all(place.works() for place in self._places):
            if time.monotonic() > until:
                _log.warning("worker.late", workers=self.count, waited=READY_SECONDS)
                return False
            await asyncio.sleep(WATCH_SECONDS / 4)
        return True

    def pids(self) -> list[int]:
        """Return the process ids of the workers that run."""
        return [one.pid for one in self._running()]

    async def keep_up(self) -> None:
        """Start again what ended, with growing pauses, until cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for place in self._places:
                self._look_after(place)

    async def stop(self) -> None:
        """Ask the workers to finish what they do; end those that take too long."""
        running = self._running()
        for one in running:
            one.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for one in running:
            try:
                await asyncio.to_thread(one.wait, max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.kill()
                await asyncio.to_thread(one.wait)
        for place in self._places:
            place.forget_pipe()
        self._places = []

    def _running(self) -> list[subprocess.Popen[bytes]]:
        processes = [place.process for place in self._places]
        return [one for one in processes if one is not None and one.poll() is None]

    def _look_after(self, place: _Place) -> None:
        now = time.monotonic()
        if place.process is None:
            if now >= place.not_before:
                self._fill(place)
            return
        status = place.process.poll()
        if status is None:
            return
        steady = now - place.started_at >= STEADY_SECONDS
        place.failures = 1 if steady else place.failures + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (place.failures - 1), LONGEST_PAUSE_SECONDS)
        _log.warning("worker.ended", pid=place.process.pid, status=status, again_in=pause)
        place.process, place.not_before = None, now + pause

    def _fill(self, place: _Place) -> None:
        place.forget_pipe()
        place.has_said = False
        place.tells, said_to = os.pipe()
        try:
            place.process = self._started(said_to)
        finally:
            os.close(said_to)
        place.started_at = time.monotonic()

    def _started(self, said_to: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            WORKER,
            stdin=subprocess.DEVNULL,
            env={**self.environment, READY_FD: str(said_to)},
            pass_fds=(said_to,),
            start_new_session=True,  # Ctrl-C is ours to hand on, once
            preexec_fn=dying_with(os.getpid(), signal.SIGKILL),  # noqa: PLW1509 - a bare system call
        )


def worker_environment(
    settings: Settings, urls: ServiceUrls, *, more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what a worker's environment holds: ours, and where the services are.

    Without the owner's address: a worker has no business with it.
    """
    known = {name: text for name, text in os.environ.items() if name != "OWNER_DATABASE_URL"}
    return known | {
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "FORFAIT_HOME": str(settings.home.absolute()),
        "FORFAIT_PEPPER": settings.key_pepper().decode(),
        "FORFAIT_PLUGINS_DIR": str(settings.plugins_dir or ""),
        "FORFAIT_DISABLED_PLUGINS": ",".join(settings.disabled_plugins),
        **(more or {}),
    }
