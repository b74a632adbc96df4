"""Run migrations online, as the owner of the schema, in one transaction.

The address is `sqlalchemy.url` of the configuration, else OWNER_DATABASE_URL. The
application's role, which gets the grants, is `config.attributes["app_role"]`.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from pathlib import Path

from alembic import context
from sqlalchemy import pool, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

import core
from core.database_address import driver_url
from core.schema_drift import is_mirrored, types_differ

MIGRATION_LOCK = 4_901_357_162  # any number, the same in every release


def import_tables() -> None:
    """Import `core/tables.py` and every `core/<feature>/tables.py`: their classes register."""
    importlib.import_module("core.tables")
    for file in sorted(Path(core.__path__[0]).glob("*/tables.py")):
        importlib.import_module(f"core.{file.parent.name}.tables")


def migrate(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        include_name=is_mirrored,
        compare_type=types_differ,
        compare_server_default=False,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        # Two that start at once take turns; the second finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


async def migrate_online() -> None:
    """Connect as the owner and migrate."""
    engine = create_async_engine(driver_url(address()), poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def address() -> str:
    """Return where to connect; without an address nothing is migrated."""
    given = context.config.get_main_option("sqlalchemy.url")
    found = given or os.environ.get("OWNER_DATABASE_URL")
    if not found:
        raise SystemExit("Set OWNER_DATABASE_URL to the database, as the owner of its schema.")
    return found


import_tables()
asyncio.run(migrate_online())
