"""The database: version, schema, settings, clock, and whether the application is bound."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import asyncpg

from api.doctor.finding import Finding, note, ok, wrong
from core import migrations
from core.kernel.clock import SystemClock

OLDEST_VERSION: Final = 15
MOST_SKEW_SECONDS: Final = 2
OUTSIDE: Final = (
    "tenant_due", "api_key_prefix", "platform_key", "customer_token_prefix",
    "identity_audience",
)  # fmt: skip
"""Tables of tenants' ids and digests that stand outside row-level security on purpose."""

Connection = Any
_ROLE: Final = """
SELECT rolname, rolsuper, rolbypassrls, rolcreaterole,
    (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
          AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owned
FROM pg_roles r WHERE rolname = current_user
"""
_OPEN_TABLES: Final = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity) AND c.relname <> ALL ($1::text[])
ORDER BY 1
"""
_MUTABLE: Final = """
SELECT name || '.' || privilege FROM unnest($1::text[]) AS name,
    unnest(ARRAY['UPDATE', 'DELETE']) AS privilege
WHERE to_regclass(name) IS NOT NULL AND has_table_privilege(current_user, name, privilege)
"""
_FINAL_TABLES: Final = [
    "invoice",
    "invoice_line",
    "invoice_number",
    "usage_event",
    "audit_entry",
]
_BACKUP: Final = """
SELECT rolname FROM pg_roles WHERE rolbypassrls AND rolcanlogin AND NOT rolsuper ORDER BY 1
"""


async def check_database(app: Connection, *, is_embedded: bool) -> list[Finding]:
    """Check what the application's own connection shows."""
    found = [
        await _version(app),
        await _schema(app, is_embedded=is_embedded),
        await _extension(app),
        await _role(app),
        *await _settings(app),
        await _clock(app),
        await _backup(app, is_embedded=is_embedded),
    ]
    if await app.fetchval("SELECT to_regclass('tenant') IS NOT NULL"):
        found += [await _tables(app), await _binding(app), await _final(app)]
    return found


async def _version(app: Connection) -> Finding:
    number = int(await app.fetchval("SHOW server_version_num"))
    seen = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number // 10000 < OLDEST_VERSION:
        return wrong("version", seen, f"Upgrade to PostgreSQL {OLDEST_VERSION} or newer.")
    return ok("version", seen)


async def _schema(app: Connection, *, is_embedded: bool) -> Finding:
    advice = "Run `forfait migrate`" + ("." if is_embedded else " with OWNER_DATABASE_URL set.")
    expected = set(migrations.heads())
    if await app.fetchval("SELECT to_regclass('alembic_version')") is None:
        if is_embedded:
            return note("schema", "there is none yet", "`forfait serve` makes it.")
        return wrong("schema", "there is none", advice)
    rows = await app.fetch("SELECT version_num FROM alembic_version")
    at = {row["version_num"] for row in rows}
    seen = f"at {', '.join(sorted(at)) or 'nothing'}, head is {', '.join(sorted(expected))}"
    return ok("schema", seen) if at == expected else wrong("schema", seen, advice)


async def _extension(app: Connection) -> Finding:
    if await app.fetchval("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'"):
        return ok("btree_gist", "installed")
    advice = "As a superuser: CREATE EXTENSION btree_gist; then `forfait migrate`."
    return wrong("btree_gist", "not installed", advice)


async def _role(app: Connection) -> Finding:
    row = await app.fetchrow(_ROLE)
    faults = [
        told
        for is_so, told in (
            (row["rolsuper"], "is a superuser"),
            (row["rolbypassrls"], "bypasses row-level security"),
            (row["rolcreaterole"], "may create roles"),
            (row["owned"], f"owns {row['owned']} tables, itself or through a role"),
        )
        if is_so
    ]
    if not faults:
        return ok("application's role", f"{row['rolname']} owns nothing and is bound")
    return wrong(
        "application's role",
        f"{row['rolname']} {', '.join(faults)}",
        "DATABASE_URL must name a role NOSUPERUSER NOBYPASSRLS NOCREATEROLE that owns "
        "nothing; the owner belongs into OWNER_DATABASE_URL, for migrations alone.",
    )


async def _tables(app: Connection) -> Finding:
    rows = await app.fetch(_OPEN_TABLES, list(OUTSIDE))
    open_ones = ", ".join(row["relname"] for row in rows)
    if not open_ones:
        return ok("row-level security", "forced on every table of tenants")
    advice = "As the owner: ALTER TABLE … ENABLE and FORCE ROW LEVEL SECURITY on each."
    return wrong("row-level security", f"not forced on {open_ones}", advice)


async def _binding(app: Connection) -> Finding:
    """Try it: a stranger's tenant must see no row and write none."""
    seen = await _visible_to_a_stranger(app)
    if seen:
        told = f"a transaction of no tenant sees {seen} tenants"
    elif await _writes_for_others(app):
        told = "a transaction of one tenant writes rows of another"
    else:
        return ok("tenants apart", "tried: others' rows are neither seen nor written")
    return wrong(
        "tenants apart",
        told,
        "Row-level security does not bind this role: see the lines on the role and on "
        "row-level security; until then every seller reads every other's data.",
    )


async def _visible_to_a_stranger(app: Connection) -> int:
    async with app.transaction(readonly=True):
        await app.execute("SELECT set_config('app.tenant', $1, true)", str(uuid4()))
        seen: int = await app.fetchval("SELECT count(*) FROM tenant")
        return seen


async def _writes_for_others(app: Connection) -> bool:
    attempt = app.transaction()
    await attempt.start()
    try:
        await app.execute("SELECT set_config('app.tenant', $1, true)", str(uuid4()))
        await app.execute(
            "INSERT INTO audit_entry (tenant_id, id, at, actor, action, subject_type, details) "
            "VALUES ($1, $2, now(), 'doctor', 'doctor.tried', 'tenant', '{}')",
            uuid4(),
            uuid4(),
        )
    except asyncpg.InsufficientPrivilegeError:
        return False
    except asyncpg.IntegrityConstraintViolationError:
        return True  # only the foreign key stood in the way
    finally:
        await attempt.rollback()
    return True


async def _final(app: Connection) -> Finding:
    rows = await app.fetch(_MUTABLE, _FINAL_TABLES)
    rights = ", ".join(str(row[0]) for row in rows)
    if not rights:
        return ok("final rows", "the application can neither change nor delete them")
    advice = "As the owner: REVOKE these rights from the application's role."
    return wrong("final rows", f"the application may {rights}", advice)


async def _settings(app: Connection) -> list[Finding]:
    found = []
    for name, advice in (
        ("fsync", "Set fsync = on: a crash of the machine would corrupt the database."),
        ("full_page_writes", "Set full_page_writes = on."),
    ):
        value = str(await app.fetchval("SELECT current_setting($1)", name))
        found.append(ok(name, value) if value == "on" else wrong(name, value, advice))
    if await app.fetchval("SHOW data_checksums") != "on":
        advice = "Stop the server and run pg_checksums --enable: silent corruption shows then."
        found.append(note("checksums", "off", advice))
    return found


async def _clock(app: Connection) -> Finding:
    clock = SystemClock()
    before = clock.now()
    theirs = await app.fetchval("SELECT clock_timestamp()")
    after = clock.now()
    skew = abs((theirs - (before + (after - before) / 2)).total_seconds())
    seen = f"{skew:.3f} s between the database and this host"
    if skew > MOST_SKEW_SECONDS:
        return wrong(
            "clocks", seen, "Run NTP on both; the database's time decides what is due."
        )
    return ok("clocks", seen)


async def _backup(app: Connection, *, is_embedded: bool) -> Finding:
    """Say who could back up; the embedded server's files are one folder, to be copied."""
    rows = await app.fetch(_BACKUP)
    names = ", ".join(row["rolname"] for row in rows)
    if names:
        return ok("backup role", f"{names} can read past row-level security")
    if is_embedded:
        return ok("backup role", "none needed: stop Forfait and copy the folder of its data")
    return note(
        "backup role",
        "none: pg_dump by the owner fails under forced row-level security",
        "For backups: CREATE ROLE forfait_backup LOGIN BYPASSRLS; GRANT pg_read_all_data TO "
        "forfait_backup.",
    )
