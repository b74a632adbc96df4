"""A process of its own that starts the services and reports, for tests that end it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

GONE_SECONDS = 15
PROGRAM = """
import json, os, sys
from pathlib import Path
from core.embedded import EmbeddedServices

if len(sys.argv) > 2:  # after the imports: this Python may lie in root's private folder
    "127.0.0.1".encode("idna")  # the one module that connecting imports late
    account = int(sys.argv[2])
    os.setgroups([]); os.setgid(account); os.setuid(account)
with EmbeddedServices(Path(sys.argv[1]), environment={}) as services:
    urls = services.urls
    print(json.dumps({
        "app": urls.database_url, "owner": urls.owner_database_url, "redis": urls.redis_url,
        "pids": services.pids(), "owns_servers": services.owns_servers,
    }), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Supervisor:
    """A child that holds the services up until its stdin closes, and what it reported."""

    process: subprocess.Popen[str]
    app: str
    owner: str
    redis: str
    pids: dict[str, int]
    owns_servers: bool


@contextmanager
def supervising(home: Path, *, uid: int | None = None) -> Iterator[Supervisor]:
    """Run a child that starts or attaches to the services below `home`, as account `uid`."""
    process = launch(home, uid=uid)
    try:
        yield report(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def launch(home: Path, *, uid: int | None = None) -> subprocess.Popen[str]:
    """Start the child without waiting for its report."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(home), *([] if uid is None else [str(uid)])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def report(process: subprocess.Popen[str]) -> Supervisor:
    """Wait for the child's report: its servers answer."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the supervising process ended without a report"
    return Supervisor(process=process, **json.loads(line))


def are_gone(pids: dict[str, int]) -> bool:
    """Wait until none of these processes lives; False if one still does after a while."""
    deadline = time.monotonic() + GONE_SECONDS
    while any(_lives(pid) for pid in pids.values()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def all_live(pids: dict[str, int]) -> bool:
    """Say whether every one of these processes lives."""
    return all(_lives(pid) for pid in pids.values())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # Where nobody reaps orphans (a container without an init) a dead one stays as a zombie.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
