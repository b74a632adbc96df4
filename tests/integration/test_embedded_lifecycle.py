"""The embedded servers start, are shared, die with their supervisor, and lose nothing."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis

from core.embedded import EmbeddedServices, ServicesUnavailable
from tests.integration.supervising import all_live, are_gone, launch, report, supervising


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder that the servers' account can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="forfait-home-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def remember(owner_url: str, redis_url: str) -> None:
    """Commit three rows and one key."""
    connection = await asyncpg.connect(owner_url)
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1), (2), (3)")
    await connection.close()
    with redis.Redis.from_url(redis_url) as client:
        client.set("kept", "yes")


async def what_is_kept(owner_url: str, redis_url: str) -> tuple[int, bytes | None]:
    """Return the sum of the rows and the value of the key."""
    connection = await asyncpg.connect(owner_url)
    total = await connection.fetchval("SELECT sum(n) FROM kept")
    await connection.close()
    with redis.Redis.from_url(redis_url) as client:
        value = client.get("kept")
    assert value is None or isinstance(value, bytes)
    return total, value


def test_a_second_process_attaches_to_the_servers_of_the_first(home: Path) -> None:
    """The second sees the same servers and addresses, owns none, leaves them when it goes."""
    with supervising(home) as first:
        with supervising(home) as second:
            assert second.pids == first.pids
            assert (second.app, second.redis) == (first.app, first.redis)
            assert (first.owns_servers, second.owns_servers) == (True, False)
        assert all_live(first.pids)
    assert are_gone(first.pids)


def test_two_processes_that_start_at_once_share_one_pair_of_servers(home: Path) -> None:
    """The lock lets one make the cluster; the other waits, then attaches."""
    children = [launch(home) for _ in range(2)]
    reports = [report(child) for child in children]
    assert reports[0].pids == reports[1].pids
    assert sorted(each.owns_servers for each in reports) == [False, True]
    for child in children:
        child.communicate()
    assert are_gone(reports[0].pids)


async def test_killing_the_supervisor_leaves_no_server_and_loses_nothing(home: Path) -> None:
    """After SIGKILL the kernel stops both servers; the next start finds rows and keys."""
    with supervising(home) as first:
        await remember(first.owner, first.redis)
        first.process.kill()
        first.process.wait()
        assert are_gone(first.pids)
    with supervising(home) as second:
        assert await what_is_kept(second.owner, second.redis) == (6, b"yes")  # 1 + 2 + 3
        assert (second.app, second.redis) == (first.app, first.redis)  # the same ports


async def test_killing_the_servers_themselves_loses_nothing(home: Path) -> None:
    """PostgreSQL recovers what was committed; Valkey replays its append-only file."""
    with supervising(home) as first:
        await remember(first.owner, first.redis)
        for pid in first.pids.values():
            os.kill(pid, signal.SIGKILL)
        assert are_gone(first.pids)
    with supervising(home) as second:
        assert await what_is_kept(second.owner, second.redis) == (6, b"yes")


def test_a_start_while_the_servers_are_leaving_waits_for_them(home: Path) -> None:
    """Their supervisor died a moment ago: the next start does not attach to what is leaving."""
    for _ in range(3):
        with supervising(home) as dying:
            dying.process.kill()
            dying.process.wait()
            with EmbeddedServices(home, environment={}) as next_one:
                assert are_gone(dying.pids)
                next_one.ensure()
                assert next_one.owns_servers
                assert all_live(next_one.pids())
                assert set(next_one.pids()) == {"postgres", "valkey"}


async def test_a_process_that_loses_the_servers_starts_them_again(home: Path) -> None:
    """It attached, its host was killed: `ensure` makes it the host, at the same addresses."""
    with supervising(home) as host:
        await remember(host.owner, host.redis)
        with EmbeddedServices(home, environment={}) as attached:
            assert not attached.owns_servers
            host.process.kill()
            host.process.wait()
            assert are_gone(host.pids)
            urls = attached.ensure()
            assert attached.owns_servers
            assert (urls.database_url, urls.redis_url) == (host.app, host.redis)
            assert await what_is_kept(urls.owner_database_url or "", urls.redis_url) == (
                6,
                b"yes",
            )
            assert not set(attached.pids().values()) & set(host.pids.values())


def test_the_services_command_stops_cleanly_on_sigterm(home: Path) -> None:
    """`forfait services` ends with 0, no server is left, and PostgreSQL was shut down."""
    environment = {**os.environ, "FORFAIT_HOME": str(home)}
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "services", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env=environment,
    )
    assert process.stdout is not None
    pids = json.loads(process.stdout.readline())["pids"]
    assert all_live(pids)
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.strip()) == (0, "Stopped.")
    assert are_gone(pids)
    assert "database system is shut down" in (home / "services/postgres.log").read_text()


def test_a_pid_that_a_stranger_got_does_not_stop_the_start(home: Path) -> None:
    """After a reboot the pid in a stale file may be anybody's; ours here, for one."""
    with supervising(home):
        pass
    stale = home / "services/pgdata/postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n0\n1\n\n127.0.0.1\n0 0\nready\n")
    with supervising(home) as again:
        assert again.owns_servers
        assert again.pids["postgres"] != os.getpid()


def test_only_the_main_thread_may_start_servers(home: Path) -> None:
    """The kernel would end them with the thread that forked; nothing is left half started."""
    caught: list[Exception] = []

    def attempt() -> None:
        try:
            EmbeddedServices(home, environment={}).start()
        except ServicesUnavailable as refusal:
            caught.append(refusal)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert [str(each) for each in caught] == [
        "Start the embedded services from the main thread."
    ]
    assert not (home / "services/pgdata/postmaster.pid").exists()


def test_addresses_that_are_given_win_and_start_nothing(home: Path) -> None:
    """With both set, no folder is made; the owner's address may stay unknown."""
    given = {"DATABASE_URL": "postgresql://app@db/x", "REDIS_URL": "redis://cache/0"}
    with EmbeddedServices(home / "unused", environment=given) as services:
        assert services.urls.database_url == "postgresql://app@db/x"
        assert services.urls.owner_database_url is None
        assert services.urls.redis_url == "redis://cache/0"
        assert services.pids() == {}
        with pytest.raises(ServicesUnavailable, match="unset DATABASE_URL"):
            services.create_database("extra")
    assert not (home / "unused").exists()


def test_one_given_address_replaces_only_its_own_server(home: Path) -> None:
    """With REDIS_URL set, PostgreSQL is still ours."""
    with EmbeddedServices(home, environment={"REDIS_URL": "redis://cache/0"}) as services:
        assert list(services.pids()) == ["postgres"]
        assert services.urls.redis_url == "redis://cache/0"


@pytest.mark.skipif(os.geteuid() != 0, reason="a plain user runs every test as a plain user")
def test_a_plain_user_starts_the_services(home: Path) -> None:
    """The account `nobody`, from start to kill: the servers are its own, and end with it."""
    account = pwd.getpwnam("nobody")
    os.chown(home, account.pw_uid, account.pw_gid)
    with supervising(home, uid=account.pw_uid) as child:
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in child.pids.values()}
        assert owners == {account.pw_uid}
        child.process.kill()
        child.process.wait()
        assert are_gone(child.pids)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_in_a_private_folder_keeps_the_services_elsewhere(home: Path) -> None:
    """A home closed to the servers' account stays closed; a link shows where they live."""
    private = home / "private"
    private.mkdir(mode=0o700)
    with EmbeddedServices(private / "forfait", environment={}) as services:
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in services.pids().values()}
        assert 0 not in owners
        place = (private / "forfait/services").resolve()
    shutil.rmtree(place)
    assert place.parent == Path("/var/lib/forfait")
    assert private.stat().st_mode & 0o777 == 0o700
