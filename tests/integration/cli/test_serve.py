"""`forfait serve`: one command starts everything, and nothing outlives it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.integration.cli.conftest import started
from tests.integration.supervising import all_live, are_gone

pytestmark = pytest.mark.slow
ANNOUNCED = re.compile(r"Forfait serves (http://127\.0\.0\.1:\d+)/graphql with 2 worker")
PATIENCE_SECONDS = 30


@contextmanager
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve with two workers on a free port until the block ends; give process and address."""
    process = started("serve", "--workers", "2", "--port", "0", home=home)
    try:
        assert process.stdout is not None
        found = ANNOUNCED.search(process.stdout.readline())
        assert found, "it does not serve"
        yield process, found[1]
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def descendants(process: subprocess.Popen[str]) -> dict[str, int]:
    """Every process below it, by name and number."""
    below = psutil.Process(process.pid).children(recursive=True)
    return {f"{each.name()} {each.pid}": each.pid for each in below}


def workers_of(process: subprocess.Popen[str]) -> set[int]:
    """The process ids of its workers that live."""
    below = psutil.Process(process.pid).children()
    living = [each for each in below if each.status() != psutil.STATUS_ZOMBIE]
    return {each.pid for each in living if "worker" in each.cmdline()}


def answer(address: str) -> int:
    """The status with which the address answers."""
    with urllib.request.urlopen(address, timeout=5) as response:
        return int(response.status)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_answers_and_leaves_no_process_behind(home: Path, number: signal.Signals) -> None:
    """API, two workers, PostgreSQL and Valkey; after SIGTERM it ends with status 0."""
    with serving(home) as (process, address):
        assert answer(f"{address}/live") == 200
        assert answer(f"{address}/ready") == 200
        below = descendants(process)
        names = {name.split()[0] for name in below}
        assert {"postgres", "valkey-server"} <= names
        assert len(workers_of(process)) == 2

        process.send_signal(number)
        status = process.wait(PATIENCE_SECONDS)

        assert status == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        assert are_gone(below)


def test_whoever_collects_its_output_meets_json_alone(home: Path) -> None:
    """Not at a terminal each line of both streams is one object, from first to last."""
    process = started("serve", "--port", "0", home=home, errors=subprocess.STDOUT)
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while "Forfait serves" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], lines
    announced = json.loads(lines[-1])
    assert announced["event"] == (
        f"Forfait serves {announced['address']} with 1 worker(s); data in {home}."
    )
    assert (announced["workers"], announced["home"]) == (1, str(home))
    assert "worker_started" in {json.loads(line)["event"] for line in lines[:-1]}
    assert answer(announced["address"].replace("/graphql", "/live")) == 200

    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=PATIENCE_SECONDS)

    lines += rest.splitlines()
    assert {"event", "level", "timestamp"} <= set.intersection(
        *(set(json.loads(line)) for line in lines)
    )
    assert json.loads(lines[-1])["event"] == "Stopped."


def test_a_worker_that_dies_is_replaced(home: Path) -> None:
    """One of the two is killed; soon there are two again, and the other one is the same."""
    with serving(home) as (process, _address):
        before = workers_of(process)
        victim = min(before)

        os.kill(victim, signal.SIGKILL)

        until = time.monotonic() + PATIENCE_SECONDS
        while len(now := workers_of(process)) < 2 or victim in now:
            assert time.monotonic() < until, now
            time.sleep(0.05)
        assert before - {victim} < now
        assert all_live({str(pid): pid for pid in now})


def test_an_address_that_is_taken_is_refused_with_what_to_do(home: Path) -> None:
    """Exit code 2, one line, and no server is left."""
    with serving(home) as (_process, address):
        port = address.rpartition(":")[2]
        second = subprocess.run(
            [*_command("serve", "--port", port)],
            env={**os.environ, "FORFAIT_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

        assert second.returncode == 2
        assert f"Cannot listen on 127.0.0.1 port {port}" in second.stderr
        assert "--port" in second.stderr
        assert answer(f"{address}/ready") == 200


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "api.cli", *arguments]
