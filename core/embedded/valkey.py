"""One Valkey server as our child: it keeps the wake-ups of background work in a file."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import redis

from core.embedded.errors import ServicesUnavailable
from core.embedded.place import Place
from core.embedded.process import (
    LOOPBACK,
    free_port,
    is_running,
    last_lines,
    spawn,
    stop,
    wait_until,
)
from core.embedded.programs import find_valkey

START_SECONDS = 30
STOP_SECONDS = 15
DATABASES = 64
PROBE_SECONDS = 1


class ValkeyServer:
    """Valkey in one place. Every method but `stop` is called under the place's lock."""

    def __init__(self, place: Place, *, durable: bool) -> None:
        self._place = place
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The server's log."""
        return self._place.folder / "valkey.log"

    @property
    def is_ours(self) -> bool:
        """Whether this process started the server, and so takes it along when it ends."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The running server's process id, whoever started it."""
        try:
            pid = int((self._folder / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if is_running(pid, marker=f"{LOOPBACK}:{self._port()}") else None

    def is_ready(self) -> bool:
        """Say whether a server of this place lives and answers to our password."""
        return self.pid is not None and self._answers()

    def ensure(self) -> str:
        """Return the running server's address: attach to it, or start it.

        Raises:
            ServicesUnavailable: it does not start; the message has the end of its log.
        """
        settled = wait_until(lambda: self.pid is None or self._answers(), seconds=STOP_SECONDS)
        if not settled:
            raise ServicesUnavailable(f"Valkey (pid {self.pid}) neither answers nor stops.")
        if self.pid is None:
            self._start()
        return self._url()

    def stop(self) -> None:
        """Stop the server if it is ours; what it was told is in its file by then."""
        if self._process is not None:
            stop(self._process, signal.SIGTERM)
            self._process = None

    @property
    def _folder(self) -> Path:
        return self._place.folder / "valkey"

    def _port(self) -> int | None:
        return self._place.remembered_port("valkey")

    def _url(self) -> str:
        return f"redis://:{self._place.secrets().valkey}@{LOOPBACK}:{self._port()}/0"

    def _answers(self) -> bool:
        client = redis.Redis.from_url(
            self._url(), socket_timeout=PROBE_SECONDS, socket_connect_timeout=PROBE_SECONDS
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _start(self) -> None:
        program = find_valkey(copies=self._place.programs, account=self._place.account)
        if not self._folder.exists():
            self._folder.mkdir(mode=0o700)
            self._place.give(self._folder)
        self._place.remember_port("valkey", free_port(self._port()))
        with self.log.open("ab") as log:
            self._process = spawn(
                [program, "-"],
                account=self._place.account,
                log=log,
                signal_at_our_death=signal.SIGTERM,
                stdin=self._configuration().encode(),
                environment=self._place.environment(),
            )
        if not wait_until(self.is_ready, seconds=START_SECONDS, process=self._process):
            self.stop()
            raise ServicesUnavailable(f"Valkey did not start:\n{last_lines(self.log)}")

    def _configuration(self) -> str:
        """Return the configuration, read from stdin: a password never on a command line."""
        return "\n".join(
            (
                f"bind {LOOPBACK}",
                f"port {self._port()}",
                f"databases {DATABASES}",
                f'dir "{self._folder}"',
                f'pidfile "{self._folder / "valkey.pid"}"',
                f"requirepass {self._place.secrets().valkey}",
                "appendonly yes",
                f"appendfsync {'everysec' if self._durable else 'no'}",
                'save ""',
                "maxmemory-policy noeviction",
                "",
            )
        )
