"""What counts as drift between the table classes and the migrated database.

The classes mirror tables, columns, types and nullability. Keys, constraints, indexes,
defaults, policies and grants are the migrations' alone; a checked-in snapshot of the
catalogues guards those, because autogeneration cannot see most of them.
"""

from __future__ import annotations

from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column
from sqlalchemy.types import TypeEngine

_MIRRORED = frozenset({"schema", "table", "column"})


def is_mirrored(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out what the classes do not repeat, and alembic's own table."""
    return kind in _MIRRORED and name != "alembic_version"


def types_differ(
    context: MigrationContext,
    _inspected: Column[Any],
    _mirror: Column[Any],
    inspected_type: TypeEngine[Any],
    mirror_type: TypeEngine[Any],
) -> bool:
    """Compare two types by the DDL that PostgreSQL would be given, domains by their name."""
    return _ddl(context, inspected_type) != _ddl(context, mirror_type)


def _ddl(context: MigrationContext, column_type: TypeEngine[Any]) -> str:
    written = column_type.compile(dialect=context.dialect).upper()
    # To PostgreSQL an unbounded VARCHAR is TEXT in all but name.
    return "TEXT" if written == "VARCHAR" else written
