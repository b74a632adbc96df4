"""The migrations: one line of history, up, down and up again, and what they make is known."""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from core import migrations
from core.database_address import driver_url
from core.embedded import DatabaseUrls
from core.schema_drift import is_mirrored, types_differ

from .catalogues import SNAPSHOT, schema_lines

# Written by COPY alone; their classes come with the code that lists events.
NOT_MIRRORED_YET = {"usage_event", "usage_batch"}
OUTSIDE_ROW_LEVEL_SECURITY = {
    "tenant_due", "api_key_prefix", "platform_key", "customer_token_prefix",
    "identity_audience",
}  # fmt: skip


def snapshot() -> list[str]:
    """The checked-in schema."""
    return SNAPSHOT.read_text(encoding="utf-8").splitlines()


def facts(lines: list[str], kind: str) -> dict[str, str]:
    """The facts of one kind by table; of policies those that keep sellers apart."""
    name = " tenant_isolation" if kind == "policy" else ""
    found = (re.fullmatch(rf"{kind} (\w+){name} (.+)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def test_the_history_has_one_head() -> None:
    """Two heads would leave it to chance which one a database gets."""
    assert len(migrations.heads()) == 1


def test_an_empty_database_comes_up_to_the_head(database: DatabaseUrls) -> None:
    """The template of all tests was migrated from nothing."""
    assert migrations.current(database.owner) == migrations.heads()


async def test_what_the_migrations_make_is_the_checked_in_schema(
    database: DatabaseUrls,
) -> None:
    """Constraints, domains, indexes, policies, grants: read the difference, then refresh."""
    made = await schema_lines(database.owner)
    difference = difflib.unified_diff(
        snapshot(), made, "snapshot", "migrated", lineterm="", n=0
    )
    assert "\n".join(difference) == ""


async def test_going_down_leaves_nothing_and_going_up_again_makes_the_same(
    empty_database: DatabaseUrls,
) -> None:
    """Each downgrade undoes its upgrade, so that the next upgrade finds no remains."""
    migrations.upgrade(empty_database.owner)
    migrations.downgrade(empty_database.owner, "base")
    assert await schema_lines(empty_database.owner) == []
    assert migrations.current(empty_database.owner) == ()
    migrations.upgrade(empty_database.owner)
    assert await schema_lines(empty_database.owner) == snapshot()


async def test_every_step_goes_down_and_up(empty_database: DatabaseUrls) -> None:
    """A release may have to go back by one."""
    migrations.upgrade(empty_database.owner)
    for step in range(int(migrations.heads()[0]) - 1, 0, -1):
        migrations.downgrade(empty_database.owner, f"{step:04d}")
        migrations.upgrade(empty_database.owner, f"{step + 1:04d}")
        migrations.downgrade(empty_database.owner, f"{step:04d}")
    assert migrations.current(empty_database.owner) == ("0001",)


async def test_links_of_before_sellers_shared_audiences_have_their_sellers_names(
    empty_database: DatabaseUrls,
) -> None:
    """By an owner that policies hold, too: two sellers, each link the name of its own."""
    migrations.upgrade(empty_database.owner, "0025")
    owner = await asyncpg.connect(empty_database.owner)
    for slug in ("one", "other"):
        tenant_id = uuid4()
        await owner.execute("SELECT set_config('app.tenant', $1, false)", str(tenant_id))
        await owner.execute(
            "INSERT INTO tenant (id, slug, name, currency, timezone, country, created_at)"
            " VALUES ($1, $2, $2, 'EUR', 'UTC', 'FR', now())",
            tenant_id,
            slug,
        )
        await owner.execute(
            "INSERT INTO identity_audience VALUES ('https://login', $1, $2)",
            f"app-of-{slug}",
            tenant_id,
        )
    migrations.upgrade(empty_database.owner)
    found = await owner.fetch("SELECT audience, slug FROM identity_audience ORDER BY place")
    await owner.close()
    assert {each["audience"]: each["slug"] for each in found} == {
        "app-of-one": "one",
        "app-of-other": "other",
    }


async def test_every_tenant_table_has_a_policy_and_forces_it() -> None:
    """A table with tenant data and no policy would show every seller to every other."""
    lines = snapshot()
    security, policies = facts(lines, "security"), facts(lines, "policy")
    protected = set(security) - OUTSIDE_ROW_LEVEL_SECURITY
    assert {table for table in protected if security[table] != "forced"} == set()
    assert protected - set(policies) == set()
    assert {table for table in OUTSIDE_ROW_LEVEL_SECURITY if security[table] != "none"} == set()


async def test_every_policy_compares_the_tenant_once_for_a_statement() -> None:
    """The sub-select is evaluated once; reads and writes obey the same rule."""
    rule = (
        r"\((tenant_id|id) = \( SELECT \(NULLIF\(current_setting\('app\.tenant'::text, true\),"
    )
    for table, policy in facts(snapshot(), "policy").items():
        assert len(re.findall(rule, policy)) == 2, (table, policy)


async def test_every_key_of_tenant_data_begins_with_the_tenant() -> None:
    """The schema distributes by tenant: every kind of key, and every index."""
    own = OUTSIDE_ROW_LEVEL_SECURITY | {"tenant"}
    for line in snapshot():
        if match := re.match(
            r"constraint (\w+) (PRIMARY KEY|UNIQUE|FOREIGN KEY) \((\w+)", line
        ):
            assert match[1] in own or match[3] == "tenant_id", line
        if match := re.match(r"constraint (\w+) EXCLUDE USING gist \((\w+)", line):
            assert match[2] == "tenant_id", line
        if match := re.match(r"index CREATE .*INDEX \w+ ON (\w+) USING \w+ \((\w+)", line):
            assert match[1] in own or match[2] == "tenant_id", line


async def test_there_is_no_trigger() -> None:
    """Immutability is a missing privilege; triggers are refused on distributed tables."""
    assert not [line for line in snapshot() if line.startswith("trigger")]


async def test_the_owner_of_the_schema_is_not_the_application(database: DatabaseUrls) -> None:
    """An owner, a superuser or BYPASSRLS would switch the policies off without a word."""
    connection = await asyncpg.connect(database.app)
    role = await connection.fetchrow(
        "SELECT rolsuper, rolbypassrls, "
        "(SELECT count(*) FROM pg_class WHERE relowner = r.oid) AS owned "
        "FROM pg_roles r WHERE rolname = current_user"
    )
    await connection.close()
    assert dict(role) == {"rolsuper": False, "rolbypassrls": False, "owned": 0}


async def test_the_table_classes_mirror_the_migrations(database: DatabaseUrls) -> None:
    """Tables, columns, types and nullability agree both ways, with every class imported."""
    await import_every_table(database)
    engine = create_async_engine(driver_url(database.owner))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert set(found) <= {f"remove_table {table}" for table in NOT_MIRRORED_YET}


async def test_drift_is_found_in_a_type_a_null_a_column_and_a_table(
    database: DatabaseUrls,
) -> None:
    """The comparison itself is tested: each planted difference is seen."""
    await import_every_table(database)
    owner = await asyncpg.connect(database.owner)
    for planted in (
        "ALTER TABLE outbox ALTER COLUMN attempts TYPE bigint",
        "ALTER TABLE outbox ALTER COLUMN error SET NOT NULL",
        "ALTER TABLE outbox ADD COLUMN stray text",
        "ALTER TABLE outbox DROP COLUMN subject_id",
        "CREATE TABLE stray (id uuid)",
    ):
        await owner.execute(planted)
    await owner.close()
    engine = create_async_engine(driver_url(database.owner))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert sorted(each for each in found if "usage_" not in each) == [
        "add_column outbox.subject_id",
        "modify_nullable outbox.error",
        "modify_type outbox.attempts",
        "remove_column outbox.stray",
        "remove_table stray",
    ]


async def import_every_table(database: DatabaseUrls) -> None:
    """Let alembic's environment import the table classes, as a migration would."""
    migrations.upgrade(database.owner)


def differences(connection: Connection) -> list[str]:
    """Compare the classes with the database, as readable facts."""
    context = MigrationContext.configure(
        connection, opts={"include_name": is_mirrored, "compare_type": types_differ}
    )
    found: list[str] = []
    for difference in compare_metadata(context, SQLModel.metadata):
        changes = difference if isinstance(difference, list) else [difference]
        found += [described(change) for change in changes]
    return [each for each in found if not each.startswith(IGNORED)]


# Keys, constraints and indexes are the snapshot's: the classes do not repeat them.
IGNORED = (
    "add_fk",
    "remove_fk",
    "add_constraint",
    "remove_constraint",
    "add_index",
    "remove_index",
)


def described(change: tuple[object, ...]) -> str:
    """Name a change and where it is."""
    kind = str(change[0])
    if kind.endswith("_table"):
        return f"{kind} {change[1].name}"  # type: ignore[attr-defined]
    if kind.endswith("_column"):
        return f"{kind} {change[2]}.{change[3].name}"  # type: ignore[attr-defined]
    if kind.startswith("modify_"):
        return f"{kind} {change[2]}.{change[3]}"
    return f"{kind}"


@pytest.mark.parametrize("planted", ["UPDATE", "DELETE"])
async def test_a_widened_grant_would_be_seen(database: DatabaseUrls, planted: str) -> None:
    """The snapshot test fails when the application may suddenly change an invoice."""
    owner = await asyncpg.connect(database.owner)
    await owner.execute(f"GRANT {planted} ON invoice TO forfait_app")
    await owner.close()
    assert await schema_lines(database.owner) != snapshot()


async def test_a_tenant_table_without_a_policy_would_be_seen(database: DatabaseUrls) -> None:
    """Dropping one policy changes the lines that the policy test reads."""
    owner = await asyncpg.connect(database.owner)
    await owner.execute("DROP POLICY tenant_isolation ON account")
    await owner.close()
    assert "account" not in facts(await schema_lines(database.owner), "policy")


def test_two_that_migrate_at_once_take_turns(empty_database: DatabaseUrls) -> None:
    """Several processes of one deployment may start together."""
    program = "import sys; from core import migrations; migrations.upgrade(sys.argv[1])"
    command = [sys.executable, "-c", program, empty_database.owner]
    started = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    assert migrations.current(empty_database.owner) == migrations.heads()


def test_the_named_role_gets_the_grants_or_nothing_is_made(
    empty_database: DatabaseUrls,
) -> None:
    """A role that does not exist is refused, and the whole migration with it."""
    with pytest.raises(ProgrammingError, match='role "nobody_there" does not exist'):
        migrations.upgrade(empty_database.owner, app_role="nobody_there")
    assert migrations.current(empty_database.owner) == ()
