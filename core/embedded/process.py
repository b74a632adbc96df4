"""Starting a server so that it never outlives us, and finding out whether one lives."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from core.embedded.account import Account
from core.embedded.errors import ServicesUnavailable

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.01
LOOPBACK = "127.0.0.1"
READY_FD = "FORFAIT_READY_FD"
"""Names to a process the end of a pipe into which it tells whoever started it that it works."""
# Looked up before any fork: between fork and exec nothing may be imported or loaded.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path],
    *,
    account: Account | None,
    log: IO[bytes],
    signal_at_our_death: signal.Signals,
    stdin: bytes = b"",
    environment: dict[str, str],
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, sent `signal_at_our_death` should we die.

    The kernel ties that signal to the thread that forked, so only the main thread may spawn.
    It is asked for after the account was dropped, because a change of account clears it.

    Raises:
        ServicesUnavailable: called from a thread other than the main one.
    """
    if threading.current_thread() is not threading.main_thread():
        raise ServicesUnavailable("Start the embedded services from the main thread.")
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env=environment,
        cwd="/",
        start_new_session=True,
        preexec_fn=dying_with(os.getpid(), signal_at_our_death),  # noqa: PLW1509 - a bare system call
        **(account.popen_options() if account else {}),
    )
    assert process.stdin is not None
    try:
        process.stdin.write(stdin)
        process.stdin.close()
    except BrokenPipeError:
        pass  # it died at once; whoever waits for it to be ready reports its log
    return process


def tell_ready() -> None:
    """Tell whoever started this process that it works, where they named a pipe for that."""
    number = os.environ.pop(READY_FD, "")
    if number:
        with suppress(OSError), os.fdopen(int(number), "wb", buffering=0) as told:
            told.write(b"1")


def dying_with(parent: int, death: signal.Signals) -> Callable[[], None] | None:
    """Return what the child runs last before exec: tie its life to `parent`'s."""
    libc = _LIBC
    if libc is None:
        return None

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(death))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return tie


def free_port(preferred: int | None = None) -> int:
    """Return a free loopback port: the preferred one when free, so that addresses last."""
    for candidate in (preferred, 0) if preferred else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, candidate))
            except OSError:
                continue
            port: int = probe.getsockname()[1]
            return port
    raise ServicesUnavailable("No free port on the loopback interface.")


def is_running(pid: int, *, marker: str) -> bool:
    """Say whether process `pid` lives and its command line contains `marker`.

    The marker tells our server from a stranger that got the same pid after a reboot.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # alive, under another account
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return sys.platform != "linux"
    return marker.encode() in command  # a zombie's command line is empty


def wait_until(
    ready: Callable[[], bool], *, seconds: float, process: subprocess.Popen[bytes] | None = None
) -> bool:
    """Poll until `ready()`; False after `seconds` or as soon as `process` has ended."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            return False
        time.sleep(POLL_SECONDS)
    return True


def stop(
    process: subprocess.Popen[bytes], *signals: signal.Signals, seconds_each: float = 20
) -> None:
    """Stop a server: each signal in turn until it ends, SIGKILL in the end."""
    for number in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds_each)
        except subprocess.TimeoutExpired:
            continue


def last_lines(log: Path, count: int = 15) -> str:
    """Return the end of a server's log, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return "(no log)"
