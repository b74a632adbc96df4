"""The folder that the servers live in, and the secrets kept there.

services/
  lock            held while somebody looks whether the servers run, or starts them
  secrets.json    passwords; mode 0600
  ports.json      the ports last used, so that addresses survive a restart
  pgdata/         PostgreSQL's cluster      postgres.log
  valkey/         Valkey's append-only file valkey.log
  programs/       copies of programs that the servers' account could not read
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.embedded.account import Account
from core.embedded.errors import ServicesUnavailable

PASSWORD_BYTES = 24
SHARED_PLACE = Path("/var/lib/forfait")
LOCK_SECONDS = 60
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Secrets:
    """The passwords of one place: random, made once, never shown."""

    superuser: str = field(repr=False)
    owner: str = field(repr=False)
    app: str = field(repr=False)
    valkey: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """One folder of services, and the account that the servers run under there."""

    folder: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "pgdata"

    @property
    def programs(self) -> Path:
        """Where copies of programs go."""
        return self.folder / "programs"

    def environment(self) -> dict[str, str]:
        """Return what the servers see of the environment: nothing that changes what they do."""
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}

    def give(self, path: Path) -> None:
        """Hand a file or folder to the servers' account."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def secrets(self) -> Secrets:
        """Return the passwords, making them the first time. Call it under the lock."""
        path = self.folder / "secrets.json"
        if not path.exists():
            fresh = Secrets(*(secrets.token_urlsafe(PASSWORD_BYTES) for _ in range(4)))
            write_private(path, json.dumps(asdict(fresh)))
        return Secrets(**json.loads(path.read_text()))

    def remembered_port(self, server: str) -> int | None:
        """Return the port that `server` listened on last."""
        port = self._ports().get(server)
        return int(port) if port else None

    def remember_port(self, server: str, port: int) -> None:
        """Keep a port for the next start. Call it under the lock."""
        write_private(self.folder / "ports.json", json.dumps({**self._ports(), server: port}))

    def _ports(self) -> dict[str, int]:
        try:
            ports: dict[str, int] = json.loads((self.folder / "ports.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return ports

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the place: one process at a time looks, attaches or starts.

        Raises:
            ServicesUnavailable: somebody else held it for a minute.
        """
        deadline = time.monotonic() + LOCK_SECONDS
        with (self.folder / "lock").open("a") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise ServicesUnavailable(
                            f"Another process has held {self.folder / 'lock'} for a minute."
                        ) from None
                    time.sleep(POLL_SECONDS)
            yield


def find_place(home: Path, *, account: Account | None) -> Place:
    """Return the place below `home`, made if absent.

    As root in a folder that the servers' account cannot enter (/root, say), the place is below
    /var/lib/forfait under a name derived from `home`, and `home/services` links to it: opening
    a private folder to others is not ours to do.
    """
    home = home.expanduser().absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    folder = home / "services"
    if account is not None and not account.can_enter(home.resolve()):
        name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
        elsewhere = SHARED_PLACE / name
        elsewhere.mkdir(parents=True, exist_ok=True, mode=0o711)
        if not folder.exists():
            folder.unlink(missing_ok=True)
            folder.symlink_to(elsewhere)
    folder.mkdir(exist_ok=True, mode=0o711)
    return Place(folder=folder.resolve(), account=account)


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
