"""`forfait doctor` finds what is wrong, says what to do, and ends with 1."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from core.embedded import DatabaseUrls, EmbeddedServices
from core.own_loop import in_own_loop
from tests.identity_provider import local_provider
from tests.integration.cli.conftest import Invoke, started


def verdicts(text: str) -> dict[str, str]:
    """The verdict of each line that has one, by what was looked at."""
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    found = {}
    for first, *rest in lines:
        if first in ("ok", "note", "wrong"):
            found[rest[0].split("  ")[0].strip()] = first
    return found


def as_owner(database: DatabaseUrls, sql: str) -> None:
    """Run a statement as the owner of the schema."""

    async def run() -> None:
        connection = await asyncpg.connect(database.owner)
        await connection.execute(sql)
        await connection.close()

    in_own_loop(run())


def superuser_url(services: EmbeddedServices, database: DatabaseUrls) -> str:
    """The address of a test's database for the superuser of the session's cluster."""
    cluster = services._own_cluster()
    at = database.app.rpartition("@")[2]
    return f"postgresql://forfait_supervisor:{cluster.superuser_password}@{at}"


def test_a_sound_installation_passes(invoke: Invoke) -> None:
    """Nothing is wrong but the two settings that the tests' server runs without."""
    found = verdicts(invoke("doctor", COLUMNS="200").output)

    wrong = {name for name, verdict in found.items() if verdict == "wrong"}
    assert wrong == {"fsync", "full_page_writes"}
    assert {"tenants apart", "Redis eviction", "application's role", "schema"} <= found.keys()


def test_a_fresh_folder_alarms_nobody(invoke: Invoke, home: Path) -> None:
    """The embedded server is backed up as a folder, and its schema comes with serving."""
    assert verdicts(invoke("doctor", COLUMNS="200").output)["backup role"] == "note"

    process = started("doctor", home=home)
    told, _ = process.communicate(timeout=60)

    found = verdicts(told)
    assert process.returncode == 0, told
    assert [name for name, verdict in found.items() if verdict != "ok"] == ["schema"]
    assert (found["schema"], found["backup role"]) == ("note", "ok")


def test_a_superuser_as_the_application_is_found(
    invoke: Invoke, services: EmbeddedServices, database: DatabaseUrls
) -> None:
    """Row-level security does not bind it, which is tried and not only read."""
    invoke(
        "tenants", "create", "acme", "--name", "Acme", "--currency", "EUR",
        "--timezone", "Europe/Paris", "--country", "FR",
    )  # fmt: skip

    result = invoke("doctor", DATABASE_URL=superuser_url(services, database), COLUMNS="200")

    found = verdicts(result.output)
    assert result.exit_code == 1
    assert found["application's role"] == "wrong"
    assert found["tenants apart"] == "wrong"
    assert found["final rows"] == "wrong"
    assert "is a superuser, bypasses row-level security" in result.output


def test_the_owner_as_the_application_is_found(invoke: Invoke, database: DatabaseUrls) -> None:
    """It owns the tables, so it could switch row-level security off."""
    result = invoke("doctor", DATABASE_URL=database.owner, COLUMNS="200")

    found = verdicts(result.output)
    assert result.exit_code == 1
    assert found["application's role"] == "wrong"
    assert found["final rows"] == "wrong"
    assert "OWNER_DATABASE_URL" in result.output


def test_a_table_without_row_level_security_is_named(
    invoke: Invoke, database: DatabaseUrls
) -> None:
    """One table is enough to show a seller another one's rows."""
    as_owner(database, "ALTER TABLE invoice_line NO FORCE ROW LEVEL SECURITY")

    result = invoke("doctor", COLUMNS="200")

    assert result.exit_code == 1
    assert verdicts(result.output)["row-level security"] == "wrong"
    assert "not forced on invoice_line" in result.output


def test_a_schema_that_is_behind_is_found(invoke: Invoke, database: DatabaseUrls) -> None:
    """With the command that mends it."""
    as_owner(database, "UPDATE alembic_version SET version_num = '0001'")

    result = invoke("doctor", COLUMNS="200")

    assert result.exit_code == 1
    assert verdicts(result.output)["schema"] == "wrong"
    assert "forfait migrate" in result.output


def test_servers_that_do_not_answer_and_a_short_pepper_are_all_told(invoke: Invoke) -> None:
    """One run tells of everything: port 1 is nobody's."""
    result = invoke(
        "doctor",
        DATABASE_URL="postgresql://forfait_app:x@127.0.0.1:1/forfait",
        REDIS_URL="redis://127.0.0.1:1",
        FORFAIT_PEPPER="short",
        COLUMNS="200",
    )

    found = verdicts(result.output)
    assert result.exit_code == 1
    assert found["database"] == found["Redis"] == found["pepper"] == "wrong"
    assert {found[f"plugin {name}"] for name in ("email", "sms", "postal")} == {"ok"}


def test_issuers_that_do_not_answer_and_keys_that_end_soon_are_found(
    invoke: Invoke, database: DatabaseUrls
) -> None:
    """Of keys those that somebody uses: whoever rotates them has a week."""
    invoke(
        "tenants", "create", "acme", "--name", "Acme", "--currency", "EUR",
        "--timezone", "Europe/Paris", "--country", "FR",
    )  # fmt: skip
    key = invoke("keys", "issue", "acme", "--days", "6", "--name", "Portal").output.strip()
    invoke("keys", "issue", "acme", "--days", "6", "--name", "Unused")
    used = "UPDATE api_key SET last_used_at = now() WHERE name = 'Portal';"
    forced = "ALTER TABLE api_key {} ROW LEVEL SECURITY;"
    as_owner(database, forced.format("NO FORCE") + used + forced.format("FORCE"))

    with local_provider() as provider:
        there = invoke("doctor", FORFAIT_OIDC_ISSUERS=provider.issuer, COLUMNS="200")
    gone = invoke("doctor", FORFAIT_OIDC_ISSUERS=provider.issuer, COLUMNS="200")
    unsafe = invoke("doctor", FORFAIT_OIDC_ISSUERS="http://x.example", COLUMNS="200")

    issuer = f"issuer {provider.issuer}"
    assert verdicts(there.output)[issuer] == "ok"
    assert verdicts(gone.output)[issuer] == "wrong"
    assert verdicts(unsafe.output)["issuer http://x.example"] == "wrong"
    assert verdicts(there.output)["keys"] == "note"
    assert f"forfait keys rotate {key.partition('.')[0]}" in there.output
    assert "Unused" not in there.output
