"""What the embedded PostgreSQL and Valkey promise about access."""

from __future__ import annotations

from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest
import redis

from core.embedded import APP_ROLE, OWNER_ROLE, DatabaseUrls, EmbeddedServices

TENANTS = """
CREATE TABLE secret (tenant text NOT NULL, word text NOT NULL);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secret USING (tenant = current_setting('app.tenant', true));
GRANT SELECT, INSERT ON secret TO forfait_app;
SELECT set_config('app.tenant', 'a', false);
INSERT INTO secret VALUES ('a', 'alpha');
SELECT set_config('app.tenant', 'b', false);
INSERT INTO secret VALUES ('b', 'beta');
"""


async def test_the_application_sees_only_the_tenant_that_is_set(
    empty_database: DatabaseUrls,
) -> None:
    """Two rows are stored; without a tenant none shows, with one only its own."""
    owner = await asyncpg.connect(empty_database.owner)
    await owner.execute(TENANTS)
    await owner.close()
    app = await asyncpg.connect(empty_database.app)
    assert await app.fetch("SELECT word FROM secret") == []
    async with app.transaction():
        await app.execute("SELECT set_config('app.tenant', 'b', true)")
        assert [row["word"] for row in await app.fetch("SELECT word FROM secret")] == ["beta"]
        await app.execute("SET LOCAL row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with app.transaction():
                await app.fetch("SELECT word FROM secret")
    await app.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (n int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE secret DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own ON secret",
        f"SET ROLE {OWNER_ROLE}",
        f"ALTER ROLE {APP_ROLE} BYPASSRLS",
        "CREATE ROLE other",
        "CREATE DATABASE other",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/hostname')",
    ],
)
async def test_the_application_may_not(empty_database: DatabaseUrls, statement: str) -> None:
    """Each would be a way round row-level security or out of the database; each is refused."""
    owner = await asyncpg.connect(empty_database.owner)
    await owner.execute(TENANTS)
    await owner.close()
    app = await asyncpg.connect(empty_database.app)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute(statement)
    assert await app.fetch("SELECT word FROM secret") == []
    await app.close()


async def test_neither_role_has_a_privilege_over_the_cluster(
    empty_database: DatabaseUrls,
) -> None:
    """No superuser, no BYPASSRLS, no making of roles or databases, no membership."""
    owner = await asyncpg.connect(empty_database.owner)
    rows = await owner.fetch(
        """SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
                  OR rolreplication AS powerful
           FROM pg_roles WHERE rolname IN ($1, $2) ORDER BY rolname""",
        APP_ROLE,
        OWNER_ROLE,
    )
    memberships = await owner.fetchval(
        "SELECT count(*) FROM pg_auth_members WHERE member::regrole::text IN ($1, $2)",
        APP_ROLE,
        OWNER_ROLE,
    )
    await owner.close()
    assert [tuple(row) for row in rows] == [("forfait_app", False), ("forfait_owner", False)]
    assert memberships == 0


async def test_a_clone_has_the_privileges_of_its_template(services: EmbeddedServices) -> None:
    """The application connects, uses temporary tables and btree_gist, but owns nothing."""
    services.create_database("a_template")
    urls = services.create_database("a_clone", template="a_template")
    app = await asyncpg.connect(urls.app)
    await app.execute("CREATE TEMPORARY TABLE incoming (n int)")
    extensions = await app.fetchval(
        "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'"
    )
    acl = await app.fetchval("SELECT has_database_privilege('public', 'a_clone', 'CONNECT')")
    await app.close()
    services.drop_database("a_clone")
    services.drop_database("a_template")
    assert (extensions, acl) == (1, False)


async def test_the_cluster_checks_its_pages_and_sorts_by_code_point(
    empty_database: DatabaseUrls,
) -> None:
    """Checksums are on, passwords are SCRAM, the time zone is UTC, Z sorts before a."""
    owner = await asyncpg.connect(empty_database.owner)
    settings = {
        name: await owner.fetchval(f"SHOW {name}")
        for name in ("data_checksums", "password_encryption", "timezone", "max_connections")
    }
    in_order = await owner.fetchval("SELECT 'Z' < 'a' COLLATE \"default\"")
    await owner.close()
    assert settings == {
        "data_checksums": "on",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "max_connections": "100",
    }
    assert in_order is True


async def test_no_password_no_entry(services: EmbeddedServices) -> None:
    """Both servers refuse a client from this machine that does not know the password."""
    urls = services.urls
    wrong = urls.database_url.replace(urlsplit(urls.database_url).password or "", "wrong")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)
    at = urls.redis_url.rpartition("@")[2]
    with (
        redis.Redis.from_url(f"redis://{at}") as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_the_servers_listen_on_the_loopback_alone(services: EmbeddedServices) -> None:
    """One TCP socket each, on 127.0.0.1, and no password on a command line."""
    urls = services.urls
    passwords = {
        urlsplit(url).password or ""
        for url in (urls.database_url, urls.owner_database_url or "", urls.redis_url)
    }
    assert len(passwords) == 3
    for pid in services.pids().values():
        process = psutil.Process(pid)
        listening = [
            each.laddr.ip for each in process.net_connections() if each.status == "LISTEN"
        ]
        assert listening == ["127.0.0.1"]
        assert not any(word in argument for argument in process.cmdline() for word in passwords)
