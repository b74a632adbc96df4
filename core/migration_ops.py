"""What migrations say often: tenant tables with forced row-level security, and grants.

Every row of tenant data carries ``tenant_id``; the policy lets a transaction see the one
tenant that it set in ``app.tenant`` and nothing when none is set. The sub-select makes
PostgreSQL evaluate the setting once per statement and not once per row. The
application's role gets exactly the privileges named here: a table without ``UPDATE`` is
insert-only, in the database itself.
"""

from __future__ import annotations

from typing import Final, Literal

from alembic import context, op

from core.migrations import DEFAULT_APP_ROLE

Privilege = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]

TENANT_IS_MINE: Final = (
    "{column} = (SELECT nullif(current_setting('app.tenant', true), '')::uuid)"
)
SEES_ALL: Final = "(SELECT coalesce(current_setting('app.units', true), '') = '')"
"""True where the transaction's view is not limited to units (`core.viewing`)."""

INSERT_ONLY: Final[tuple[Privilege, ...]] = ("SELECT", "INSERT")
UPDATABLE: Final[tuple[Privilege, ...]] = ("SELECT", "INSERT", "UPDATE")
REMOVABLE: Final[tuple[Privilege, ...]] = ("SELECT", "INSERT", "UPDATE", "DELETE")


def app_role() -> str:
    """Name the role that the application connects as; it owns nothing."""
    role = context.config.attributes.get("app_role", DEFAULT_APP_ROLE)
    return '"' + str(role).replace('"', '""') + '"'


def execute_all(script: str) -> None:
    """Run statements that each end with a semicolon at the end of a line, one by one.

    The driver prepares what it runs, and PostgreSQL prepares one statement at a time.
    """
    for statement in script.split(";\n"):
        if statement.strip():
            op.execute(statement)


def protect(
    table: str, privileges: tuple[Privilege, ...], *, column: str = "tenant_id"
) -> None:
    """Force row-level security on a tenant table and grant the application its rights."""
    rule = TENANT_IS_MINE.format(column=column)
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant_isolation ON {table} USING ({rule}) WITH CHECK ({rule})")
    share(table, privileges)


def view_with(
    table: str, parent: Literal["account", "subscription", "job", "invoice", "wallet"]
) -> None:
    """Hide a table's rows from views limited to units, unless their parent is seen (0015).

    Every table whose rows hang on an account needs it; the column is the parent's name with
    `_id`. Reads are limited, and with them what UPDATE and DELETE find; a row that is
    inserted is given by its parent, which had to be seen.
    """
    limit_view(table, "SELECT", f"sees_{parent}(tenant_id, {parent}_id)")


def limit_view(table: str, command: Literal["ALL", "SELECT"], sees: str) -> None:
    """Let views limited to units see those rows of a table that fulfil a condition."""
    op.execute(
        f"CREATE POLICY viewing ON {table} AS RESTRICTIVE FOR {command}"
        f" USING ({SEES_ALL} OR {sees})"
    )


def share(table: str, privileges: tuple[Privilege, ...]) -> None:
    """Grant the application rights on a table that stands outside row-level security."""
    op.execute(f"GRANT {', '.join(privileges)} ON {table} TO {app_role()}")


def drop_tables(*tables: str) -> None:
    """Drop tables in the order given, for downgrades."""
    for table in tables:
        op.execute(f"DROP TABLE {table}")
