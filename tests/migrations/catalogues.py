"""What PostgreSQL's catalogues say about the schema, as sorted lines of text.

`alembic check` sees neither EXCLUDE, CHECK, policies nor grants; these lines do. Refresh
the checked-in snapshot after a migration, and read the difference:

    python -m tests.migrations.catalogues > tests/migrations/schema.snapshot.txt
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

import asyncpg

SNAPSHOT: Final = Path(__file__).parent / "schema.snapshot.txt"

_IN_PUBLIC: Final = "n.nspname = 'public' AND c.relname <> 'alembic_version'"

_COLUMNS: Final = f"""
SELECT format('column %I.%I %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
    coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE {_IN_PUBLIC} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
# NOT NULL is a constraint of its own from PostgreSQL 18 on; the columns say it already.
_CONSTRAINTS: Final = f"""
SELECT format('constraint %I %s', c.relname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_IN_PUBLIC} AND k.contype IN ('p', 'u', 'f', 'c', 'x')
"""
_DOMAINS: Final = """
SELECT format('domain %I %s %s', t.typname, format_type(t.typbasetype, t.typtypmod),
    pg_get_constraintdef(k.oid))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_constraint k ON k.contypid = t.oid
WHERE n.nspname = 'public' AND t.typtype = 'd' AND k.contype = 'c'
"""
_INDEXES: Final = """
SELECT replace('index ' || indexdef, 'public.', '') FROM pg_indexes
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_SECURITY: Final = f"""
SELECT format('security %I %s', c.relname, CASE WHEN c.relrowsecurity AND c.relforcerowsecurity
    THEN 'forced' WHEN c.relrowsecurity THEN 'enabled' ELSE 'none' END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_IN_PUBLIC} AND c.relkind IN ('r', 'p')
"""
_POLICIES: Final = """
SELECT format('policy %I %s %s %s USING %s CHECK %s', tablename, policyname, permissive, cmd,
    regexp_replace(qual, '\\s+', ' ', 'g'), regexp_replace(with_check, '\\s+', ' ', 'g'))
FROM pg_policies WHERE schemaname = 'public'
"""
_GRANTS: Final = """
SELECT format('grant %I %s', table_name,
    string_agg(privilege_type, ', ' ORDER BY privilege_type))
FROM information_schema.role_table_grants
WHERE table_schema = 'public' AND grantee = 'forfait_app'
GROUP BY table_name
"""
_TRIGGERS: Final = f"""
SELECT format('trigger %I %I', c.relname, t.tgname) FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_IN_PUBLIC} AND NOT t.tgisinternal
"""
# Functions of extensions are theirs.
_FUNCTIONS: Final = """
SELECT format('function %s', regexp_replace(pg_get_functiondef(p.oid), '\\s+', ' ', 'g'))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
_EVERYTHING: Final = (
    _COLUMNS,
    _CONSTRAINTS,
    _DOMAINS,
    _INDEXES,
    _SECURITY,
    _POLICIES,
    _GRANTS,
    _TRIGGERS,
    _FUNCTIONS,
)


async def schema_lines(owner_url: str) -> list[str]:
    """Return the schema of a migrated database, one fact a line."""
    connection = await asyncpg.connect(owner_url)
    try:
        found = [await connection.fetch(query) for query in _EVERYTHING]
    finally:
        await connection.close()
    # Newer servers name what a sub-select returns; older ones do not.
    lines = (str(row[0]).replace(' AS "nullif"', "") for rows in found for row in rows)
    return sorted(lines)


def print_snapshot() -> None:
    """Migrate an empty database of an embedded server and print its schema."""
    from core import migrations
    from core.embedded import EmbeddedServices

    with tempfile.TemporaryDirectory(prefix="forfait-snapshot-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with EmbeddedServices(home, durable=False, environment={}) as services:
            urls = services.create_database("snapshot")
            migrations.upgrade(urls.owner)
            lines = asyncio.run(schema_lines(urls.owner))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    print_snapshot()
