"""A client's own book: what it is about to send, on disk before it is sent, and the answers.

One JSON document a line. `{"batch": n, "events": [...]}` is written and synced before the
request; `{"batch": n, "answers": [...]}` after it, null where no answer came.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Key = tuple[str, str]
"""Account and event id; each client is a source of its own."""
TAKEN = ("ACCEPTED", "DUPLICATE")


class Ledger:
    """The book of one client."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._batches = 0

    def sending(self, events: Sequence[dict[str, Any]]) -> int:
        """Write what is about to be sent; on disk when this returns."""
        self._batches += 1
        self._write({"batch": self._batches, "events": list(events)})
        os.fsync(self._file.fileno())
        return self._batches

    def answered(self, batch: int, answers: Sequence[str | None]) -> None:
        """Write the verdict of each event; None where there was none."""
        self._write({"batch": batch, "answers": list(answers)})

    def close(self) -> None:
        """Close the book."""
        self._file.close()

    def _write(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()


@dataclass(slots=True)
class Told:
    """All that one client knows of one event id: the contents sent, and their answers."""

    answers: dict[str, list[str | None]] = field(default_factory=lambda: defaultdict(list))

    def bodies(self, *verdicts: str) -> list[dict[str, Any]]:
        """Return the contents that got one of these verdicts at least once."""
        return [
            json.loads(body)
            for body, got in self.answers.items()
            if any(verdict in got for verdict in verdicts)
        ]

    @property
    def is_acknowledged(self) -> bool:
        """Whether some content of it was said to be stored."""
        return any(verdict in TAKEN for got in self.answers.values() for verdict in got)

    @property
    def is_refused(self) -> bool:
        """Whether every sending of it was answered, and refused."""
        return all(verdict == "REJECTED" for got in self.answers.values() for verdict in got)


def read_ledger(path: Path) -> dict[Key, Told]:
    """Read a book back; a batch without an answer entry has no answers."""
    sent: dict[int, list[dict[str, Any]]] = {}
    told: dict[Key, Told] = defaultdict(Told)
    with path.open(encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            if "events" in entry:
                sent[entry["batch"]] = entry["events"]
            else:
                events = sent.pop(entry["batch"])
                _note(told, zip(events, entry["answers"], strict=True))
    for events in sent.values():
        _note(told, ((event, None) for event in events))
    return dict(told)


def _note(told: dict[Key, Told], answers: Iterable[tuple[dict[str, Any], str | None]]) -> None:
    for event, answer in answers:
        body = json.dumps(event, sort_keys=True)
        told[event["account"], event["id"]].answers[body].append(answer)
