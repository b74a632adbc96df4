"""Wall time and CPU time of a piece of work: ours, our children's and PostgreSQL's.

CPU seconds are read from /proc, in ticks of 10 ms, so a piece of work should take half a
second or more. A neighbour on the machine stretches the wall time, but hardly the CPU time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Sample:
    """One measurement, in seconds; `work` is how many rows, events or invoices it did."""

    work: int = 0
    wall: float = 0.0
    python: float = 0.0
    postgres: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        """CPU seconds of everything together."""
        return self.python + self.postgres

    @property
    def cpu_each(self) -> float:
        """Microseconds of CPU for each piece of the work."""
        return self.cpu / self.work * 1e6


class Meter:
    """Measures one PostgreSQL cluster, this process, and the processes named to it."""

    def __init__(self, postgres_pid: int) -> None:
        self._postgres_pid = postgres_pid
        self.others: set[int] = set()

    @contextmanager
    def measure(self, work: int, *, others: Collection[int] | None = None) -> Iterator[Sample]:
        """Measure the block; with `others`, those processes in place of our own."""
        sample = Sample(work)
        python, postgres = self._python(others), self._postgres()
        began = time.perf_counter()
        yield sample
        sample.wall = time.perf_counter() - began
        sample.python = self._python(others) - python
        sample.postgres = self._postgres() - postgres

    def _python(self, others: Collection[int] | None) -> float:
        if others is not None:
            return sum(_seconds(pid) for pid in others)
        own = os.times()
        return own.user + own.system + sum(_seconds(pid) for pid in self.others)

    def _postgres(self) -> float:
        """The postmaster with all its processes; those that ended count in its own row."""
        living = sum(_seconds(pid) for pid in _children(self._postgres_pid))
        return _seconds(self._postgres_pid, with_ended_children=True) + living


def _seconds(pid: int, *, with_ended_children: bool = False) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended, and its parent has its time
        return 0.0
    last = 15 if with_ended_children else 13
    return sum(map(int, fields[11:last])) / TICKS


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


Case = Callable[[], Awaitable[Sample]]


async def rounds(cases: Mapping[str, Case], *, count: int) -> dict[str, list[Sample]]:
    """Run every case once a round, one after the other, so that all meet the same weather."""
    found: dict[str, list[Sample]] = {name: [] for name in cases}
    for _round in range(count):
        for name, case in cases.items():
            found[name].append(await case())
    return found


def middle(samples: Sequence[Sample]) -> Sample:
    """Return the medians of each of the numbers."""
    return Sample(
        samples[0].work,
        *(median(getattr(s, name) for s in samples) for name in ("wall", "python", "postgres")),
        {name: median(s.parts[name] for s in samples) for name in samples[0].parts},
    )
