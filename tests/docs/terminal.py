"""A reader's terminals: one shell that keeps its folder and variables, and others beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BLOCK_SECONDS: Final = 240
STOP_SECONDS: Final = 30
_BASH: Final = ("/bin/bash", "--noprofile", "--norc")
# The first command that fails ends its block, with its exit code; the shell lives on.
_STOPS_AT_A_FAILURE: Final = "trap 'return $?' ERR\n"


class TooSlow(Exception):
    """Something did not happen within its time; the message is what was printed so far."""


@dataclass
class Shell:
    """The first terminal."""

    folder: Path
    scratch: Path
    variables: dict[str, str]
    _bash: subprocess.Popen[str] = field(init=False, repr=False)
    _number: int = 0

    def __post_init__(self) -> None:
        self.scratch.mkdir(parents=True)
        self._bash = subprocess.Popen(
            _BASH,
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def run(self, commands: str) -> tuple[int, str]:
        """Run commands to their end; return the exit code, and what both outputs printed.

        Raises:
            TooSlow: they did not end.
        """
        self._number += 1
        block, out, done = (
            self.scratch / f"{self._number}.{kind}" for kind in ("sh", "out", "done")
        )
        block.write_text(_STOPS_AT_A_FAILURE + commands, encoding="utf-8")
        assert self._bash.stdin is not None
        self._bash.stdin.write(
            f"source {block} > {out} 2>&1\n_code=$?\ntrap - ERR\n"
            f"echo $_code > {done}.made; mv {done}.made {done}\n"
        )
        self._bash.stdin.flush()
        ended = wait_for(
            lambda: done.exists() or self._bash.poll() is not None, seconds=BLOCK_SECONDS
        )
        printed = out.read_text("utf-8", errors="replace") if out.exists() else ""
        if not ended:
            raise TooSlow(printed)
        return int(done.read_text()) if done.exists() else -1, printed

    def value(self, expression: str) -> str:
        """Return what an expression of the shell is, such as `$PWD`."""
        return self.run(f'printf %s "{expression}"\n')[1]

    def close(self) -> None:
        """End the shell with whatever it left running."""
        _end(self._bash, signal.SIGTERM)
        assert self._bash.stdin is not None
        with suppress(BrokenPipeError):
            self._bash.stdin.close()


@dataclass
class Beside:
    """A terminal beside the first one, in which one block runs until it is interrupted."""

    block: Path
    out: Path
    _bash: subprocess.Popen[bytes] | None = None

    def start(self, commands: str, *, folder: Path, variables: dict[str, str]) -> None:
        """Run commands in a folder; they may go on for as long as the page does."""
        self.block.write_text(f"set -e\n{commands}", encoding="utf-8")
        with self.out.open("wb") as written:
            self._bash = subprocess.Popen(
                [*_BASH, str(self.block)],
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        """What it printed so far."""
        return self.out.read_text("utf-8", errors="replace")

    @property
    def has_ended(self) -> bool:
        """Tell whether its commands are over."""
        return self._bash is None or self._bash.poll() is not None

    def stop(self) -> None:
        """Press Ctrl-C, and wait until everything in it has ended."""
        if self._bash is not None:
            _end(self._bash, signal.SIGINT)


def wait_for(holds: Callable[[], bool], *, seconds: float) -> bool:
    """Look again and again until something holds; return whether it did in time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Signal the group of a process that is ours, and kill it when it does not end."""
    if process.poll() is None:
        os.killpg(process.pid, how)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
