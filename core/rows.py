"""From rows to frozen records: one select list, one conversion.

A record is a frozen dataclass whose fields are named like the table's columns. What leaves
a repository is a record; the table classes stay inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Select, insert, select
from sqlmodel import SQLModel

from core.db import Tx

R = TypeVar("R")


def column_list(record_type: type, *, alias: str = "") -> str:
    """Return the select list of a record, for statements written out."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + field.name for field in fields(record_type))


def to_record(record_type: type[R], row: Mapping[str, Any]) -> R:
    """Make a record of a row; arrays become tuples."""
    values = {field.name: row[field.name] for field in fields(record_type)}  # type: ignore[arg-type]
    return record_type(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
    )


def selecting(table: type[SQLModel], record_type: type) -> Select[Any]:
    """Start a select of exactly the columns that a record has."""
    return select(*(getattr(table, field.name) for field in fields(record_type)))


async def first_record(tx: Tx, record_type: type[R], statement: Select[Any]) -> R | None:
    """Run a select and return its first row as a record, or None."""
    row = (await tx.session.execute(statement.limit(1))).mappings().first()
    return None if row is None else to_record(record_type, row)


async def all_records(tx: Tx, record_type: type[R], statement: Select[Any]) -> list[R]:
    """Run a select that has a bound and return its rows as records."""
    rows = (await tx.session.execute(statement)).mappings().all()
    return [to_record(record_type, row) for row in rows]


def values_of(record: object) -> dict[str, Any]:
    """Return what a record holds by the names of its columns, as `add_row` stores it."""
    return {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]


async def add_row(tx: Tx, table: type[SQLModel], **values: Any) -> None:
    """Insert one row of this transaction's tenant."""
    await tx.session.execute(insert(table).values(**values))
