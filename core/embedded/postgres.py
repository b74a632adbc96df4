"""One PostgreSQL cluster as our child: made once, started, watched, stopped."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

from core.embedded.database import SUPERUSER, Cluster
from core.embedded.errors import ServicesUnavailable
from core.embedded.place import Place, Secrets, write_private
from core.embedded.process import (
    LOOPBACK,
    free_port,
    is_running,
    last_lines,
    spawn,
    stop,
    wait_until,
)
from core.embedded.programs import PostgresPrograms, find_postgres

START_SECONDS = 60
STOP_SECONDS = 30
INITDB_SECONDS = 120
ATTACH_ATTEMPTS = 20
ATTACH_PAUSE_SECONDS = 0.1
OLDEST_WITH_BUILTIN_LOCALE = 17
PID_FILE = "postmaster.pid"
PID_LINE, PORT_LINE, STATUS_LINE = 0, 3, 7  # of postmaster.pid, counted from 0
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "192MB",
    "max_wal_size": "2GB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # compiling costs more than our short statements take
    "cluster_name": "forfait",
}
# For tests alone: a crash of the machine loses what was acknowledged.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """PostgreSQL in one place. Every method but `stop` is called under the place's lock."""

    def __init__(self, place: Place, *, durable: bool) -> None:
        self._place = place
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The server's log."""
        return self._place.folder / "postgres.log"

    @property
    def is_ours(self) -> bool:
        """Whether this process started the server, and so takes it along when it ends."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The running server's process id, whoever started it."""
        lines = self._pid_file()
        if not lines or not is_running(int(lines[PID_LINE]), marker=str(self._place.cluster)):
            return None
        return int(lines[PID_LINE])

    def is_ready(self) -> bool:
        """Say whether a server of this place lives and accepts connections."""
        lines = self._pid_file()
        ready = len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
        return ready and self.pid is not None

    def ensure(self, database: str) -> Cluster:
        """Return the running cluster: attach to it, or make and start it.

        Raises:
            ServicesUnavailable: it does not start; the message has the end of its log.
        """
        secrets = self._place.secrets()
        for _attempt in range(ATTACH_ATTEMPTS):
            self._let_the_leaving_leave()
            if not self.is_ready():
                self._start(secrets)
                cluster = self._cluster(secrets)
                cluster.prepare(database)
                return cluster
            cluster = self._cluster(secrets)
            # It may have begun to stop, with its supervisor, since we looked: look again.
            if cluster.serves(self._place.cluster):
                return cluster
            time.sleep(ATTACH_PAUSE_SECONDS)
        raise ServicesUnavailable(
            f"PostgreSQL seems to run in {self._place.cluster}, but does not accept its own "
            f"password:\n{last_lines(self.log)}"
        )

    def stop(self) -> None:
        """Stop the server if it is ours: at once but cleanly, open transactions rolled back."""
        if self._process is not None:
            # SIGQUIT leaves recovery to the next start, still better than SIGKILL.
            stop(self._process, signal.SIGINT, signal.SIGQUIT)
            self._process = None

    def _cluster(self, secrets: Secrets) -> Cluster:
        return Cluster(
            port=int(self._pid_file()[PORT_LINE]),
            superuser_password=secrets.superuser,
            owner_password=secrets.owner,
            app_password=secrets.app,
        )

    def _pid_file(self) -> list[str]:
        try:
            lines = (self._place.cluster / PID_FILE).read_text().splitlines()
        except OSError:
            return []
        return lines if lines and lines[PID_LINE].strip().isdigit() else []

    def _let_the_leaving_leave(self) -> None:
        """Wait for a server that is starting or stopping; drop the trace of one that is gone.

        The one that is gone matters when its pid was given to another process meanwhile:
        PostgreSQL would take that for a running server and refuse to start.
        """
        settled = wait_until(lambda: self.pid is None or self.is_ready(), seconds=STOP_SECONDS)
        if not settled:
            raise ServicesUnavailable(f"PostgreSQL (pid {self.pid}) neither starts nor stops.")
        if self.pid is None:
            (self._place.cluster / PID_FILE).unlink(missing_ok=True)

    def _start(self, secrets: Secrets) -> None:
        programs = find_postgres(copies=self._place.programs, account=self._place.account)
        if not (self._place.cluster / "PG_VERSION").exists():
            self._make_cluster(programs, secrets)
        self._check_version(programs)
        port = free_port(self._place.remembered_port("postgres"))
        settings = {**SETTINGS, "port": str(port), **({} if self._durable else FORGETFUL)}
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        with self.log.open("ab") as log:
            self._process = spawn(
                [programs.folder / "postgres", "-D", self._place.cluster, *arguments],
                account=self._place.account,
                log=log,
                signal_at_our_death=signal.SIGINT,
                environment=self._place.environment(),
            )
        if not wait_until(self.is_ready, seconds=START_SECONDS, process=self._process):
            self.stop()
            raise ServicesUnavailable(f"PostgreSQL did not start:\n{last_lines(self.log)}")
        self._place.remember_port("postgres", port)

    def _check_version(self, programs: PostgresPrograms) -> None:
        made_by = (self._place.cluster / "PG_VERSION").read_text().strip()
        if made_by != str(programs.major):
            raise ServicesUnavailable(
                f"The data in {self._place.cluster} are PostgreSQL {made_by}'s, and "
                f"version {programs.major} is what runs. Install the wheel which made them, "
                "or dump and restore with pg_dump."
            )

    def _make_cluster(self, programs: PostgresPrograms, secrets: Secrets) -> None:
        """Run initdb beside the final folder, then rename: half a cluster is never used."""
        account = self._place.account
        fresh = self._place.folder / "pgdata.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._place.give(fresh)
        password = self._place.folder / ".initdb"
        write_private(password, secrets.superuser)
        self._place.give(password)  # initdb reads it under the dropped account
        command: list[str | Path] = [
            programs.folder / "initdb",
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--data-checksums",
            *_locale(programs.major),
            *([] if self._durable else ["--no-sync"]),
        ]
        try:
            subprocess.run(
                command,
                check=True,
                capture_output=True,
                cwd="/",
                timeout=INITDB_SECONDS,
                env=self._place.environment(),
                **(account.popen_options() if account else {}),
            )
        except subprocess.CalledProcessError as failure:
            said = failure.stderr.decode(errors="replace")
            raise ServicesUnavailable(f"PostgreSQL's initdb failed:\n{said}") from failure
        finally:
            password.unlink()
        fresh.rename(self._place.cluster)


def _locale(major: int) -> list[str]:
    """Sort by code point, on every machine alike; the builtin provider needs no locale."""
    if major >= OLDEST_WITH_BUILTIN_LOCALE:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]
