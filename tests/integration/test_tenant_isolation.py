"""One seller can neither see, count, change nor remove another one's rows, in any table.

The tables are PostgreSQL's own list, so that a new one is tested on the day it is made.
Each gets a row of a first seller; a second one then tries everything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from core.db import Database
from core.embedded import DatabaseUrls
from tests.migrations.catalogues import SNAPSHOT

from .conftest import NewTenant

OUTSIDE = {
    "tenant_due", "api_key_prefix", "platform_key", "customer_token_prefix",
    "identity_audience",
}  # fmt: skip
FACTS = SNAPSHOT.read_text(encoding="utf-8").splitlines()
GRANTS = {
    line.split(" ", 2)[1]: set(line.split(" ", 2)[2].split(", "))
    for line in FACTS
    if line.startswith("grant ")
}
TABLES = sorted(
    {line.split(" ")[1] for line in FACTS if line.startswith("security ")} - OUTSIDE
)
INSERT_ONLY = sorted(table for table in TABLES if GRANTS[table] == {"SELECT", "INSERT"})
EVENT_TOLD = ("occurred_at", "quantity", "sign", "amount", "rating", "payload", "product_id")
"""What an event tells and nobody may change, though its periods may be told anew."""


@pytest.fixture
async def full(module_database: DatabaseUrls, new_tenant: NewTenant) -> AsyncIterator[UUID]:
    """A seller with one row in every table, put there by a superuser past keys and checks."""
    seller = await new_tenant()
    owner = await asyncpg.connect(module_database.owner)
    for table in TABLES:
        await fill(owner, table, seller.tenant.id)
    yield seller.tenant.id
    await owner.close()


async def fill(owner: asyncpg.Connection, table: str, tenant_id: UUID) -> None:
    """Insert a row of only the tenant, all other demands lifted for this database."""
    if table == "tenant":
        return
    columns = await owner.fetch(
        "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = $1::regclass "
        "AND a.attnum > 0 AND a.attnotnull AND a.attname <> 'tenant_id' AND NOT EXISTS "
        "(SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'p' "
        "AND a.attnum = ANY (k.conkey))",
        table,
    )
    constraints = await owner.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass "
        "AND contype IN ('f', 'c', 'x')",
        table,
    )
    for row in constraints:
        await owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{row[0]}" CASCADE')
    for row in columns:
        await owner.execute(f'ALTER TABLE {table} ALTER COLUMN "{row[0]}" DROP NOT NULL')
    key = await owner.fetch(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM pg_constraint k "
        "JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) "
        "WHERE k.conrelid = $1::regclass AND k.contype = 'p' AND a.attname <> 'tenant_id'",
        table,
    )
    names = ", ".join(["tenant_id", *(row["attname"] for row in key)])
    values = ", ".join([f"'{tenant_id}'", *(SAMPLES[row["type"]] for row in key)])
    await owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    await owner.execute(f"INSERT INTO {table} ({names}) VALUES ({values})")
    await owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


SAMPLES = {
    "uuid": "gen_random_uuid()",
    "character(3)": "'EUR'",
    "text": "gen_random_uuid()::text",
    "smallint": "(random() * 1e4)::smallint",
    "integer": "(random() * 1e9)::int",
    "bigint": "(random() * 1e9)::bigint",
    "timestamp with time zone": "now()",
}


async def test_every_table_is_looked_at() -> None:
    """The list is not empty by accident: tenancy, catalogue, usage and billing are in it."""
    assert {"tenant", "account", "rate", "usage_event", "invoice", "audit_entry"} <= set(TABLES)
    assert {"invoice", "invoice_line", "invoice_number", "usage_event"} <= set(INSERT_ONLY)


async def test_another_seller_s_rows_do_not_exist(
    db: Database, full: UUID, new_tenant: NewTenant
) -> None:
    """Seen, counted, changed or removed: none of the first seller's rows, in any table."""
    other = await new_tenant()
    for table in TABLES:
        column = "id" if table == "tenant" else "tenant_id"
        theirs = f"{table} WHERE {column} = $1"
        async with db.transaction(full, actor="test") as tx:
            assert await tx.fetchval(f"SELECT count(*) FROM {theirs}", full) > 0, table
        async with db.transaction(other.tenant.id, actor="test") as tx:
            assert await tx.fetchval(f"SELECT count(*) FROM {theirs}", full) == 0, table
            foreign = f"SELECT count(*) FROM {table} WHERE {column} <> $1"
            assert await tx.fetchval(foreign, other.tenant.id) == 0, table
            if "UPDATE" in GRANTS[table]:
                change = (
                    f"UPDATE {table} SET {column} = {column} WHERE {column} = $1 RETURNING 1"
                )
                assert await tx.fetch(change, full) == [], table
            if "DELETE" in GRANTS[table]:
                assert await tx.fetch(f"DELETE FROM {theirs} RETURNING 1", full) == [], table


async def test_nobody_s_rows_exist_without_a_tenant(db: Database, full: UUID) -> None:
    """A transaction that forgot its tenant sees nothing at all."""
    async with db.transaction(None, actor="test") as tx:
        for table in TABLES:
            assert await tx.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_a_row_cannot_be_put_into_another_seller_s_tables(
    db: Database, full: UUID, new_tenant: NewTenant
) -> None:
    """The policy's WITH CHECK refuses the insert, whatever else the row lacks."""
    other = await new_tenant()
    for table in TABLES:
        column = "id" if table == "tenant" else "tenant_id"
        value = uuid4() if table == "tenant" else full
        async with db.transaction(other.tenant.id, actor="test") as tx:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with tx.savepoint():
                    await tx.execute(f"INSERT INTO {table} ({column}) VALUES ($1)", value)


@pytest.mark.parametrize("table", INSERT_ONLY)
async def test_what_is_final_cannot_be_changed_removed_or_locked(
    db: Database, full: UUID, table: str
) -> None:
    """The application lacks the privilege, so no statement of its can.

    Of an event, its two periods may be told anew, and so its row may be locked.
    """
    statements = [
        f"UPDATE {table} SET tenant_id = tenant_id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ]
    if table == "usage_event":
        statements += [f"UPDATE usage_event SET {column} = {column}" for column in EVENT_TOLD]
    else:
        statements.append(f"SELECT * FROM {table} FOR UPDATE")
    async with db.transaction(full, actor="test") as tx:
        for statement in statements:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with tx.savepoint():
                    await tx.execute(statement)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e13", "-1e13"])
async def test_no_amount_is_infinite_or_unbounded(db: Database, number: str) -> None:
    """The domains refuse what a plain comparison lets through: NaN sorts above all numbers."""
    async with db.transaction(None, actor="test") as tx:
        for domain in ("money_amount", "unit_price", "quantity"):
            with pytest.raises((asyncpg.CheckViolationError, asyncpg.DataError)):
                async with tx.savepoint():
                    await tx.fetchval(f"SELECT '{number}'::numeric::{domain}")


@pytest.mark.parametrize("prev", ["NULL", "1", "2"])
async def test_a_number_with_a_gap_before_it_cannot_be_stored(
    database: DatabaseUrls, prev: str
) -> None:
    """Number 3 must follow 2, and 2 must exist."""
    opened = Database(database.app, role="api")
    tenant_id = uuid4()
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.ForeignKeyViolationError)):
        async with opened.transaction(tenant_id, actor="test") as tx:
            await tx.execute(
                f"INSERT INTO audit_seal VALUES ($1, 3, {prev}, now(), 1, '{{}}', 'x')",
                tenant_id,
            )
    await opened.close()
