"""From rows to frozen records: one select list, one conversion.

A record is a frozen dataclass whose fields are named like the table's columns. What leaves
a repository is a record; the table classes stay inside.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Final, TypeVar, cast

import asyncpg
from sqlalchemy import ARRAY, Dialect, Select, insert, select
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlmodel import SQLModel

from core.db import Tx

R = TypeVar("R")

_VALUE: Final = re.compile(
    r"\$\d+::((?:TIME(?:STAMP)? WITH(?:OUT)? TIME ZONE|\w+)(?:\([\d, ]+\))?(?:\[\])?)"
)
"""A parameter of a statement that SQLAlchemy wrote, with its type, whose name may have gaps."""

_NUMERIC: Final = 1700
"""The only type of columns that PostgreSQL's driver has decimals for."""
_DIALECT: Final[Dialect] = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


def column_list(record_type: type, *, alias: str = "") -> str:
    """Return the select list of a record, for statements written out."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + field.name for field in fields(record_type))


def to_record(record_type: type[R], row: Mapping[str, Any] | asyncpg.Record) -> R:
    """Make a record of a row; arrays become tuples."""
    names, is_positional = _shape(cast("Hashable", record_type))
    values = [
        tuple(value) if type(value) is list else value for value in map(row.__getitem__, names)
    ]
    if is_positional:
        return record_type(*values)
    return record_type(**dict(zip(names, values, strict=True)))


@cache
def _shape(record_type: Any) -> tuple[tuple[str, ...], bool]:
    """Return the names of a record's fields, and whether it takes them in their order."""
    known = fields(record_type)
    return tuple(field.name for field in known), not any(field.kw_only for field in known)


class Written:
    """A select that is written as text once, and sent with other values each time.

    Building one anew takes ten times as long as sending it. All that changes in it is a
    `bindparam` with a name; what PostgreSQL's driver returns is what the columns hold.
    """

    def __init__(self, statement: Select[Any], *, hides_values: bool = False) -> None:
        """Write it; `hides_values` from the planner, as `core.together.hidden` does."""
        written = statement.compile(dialect=_DIALECT)
        text = str(written)
        self._text: Final = _VALUE.sub(r"(SELECT \g<0>)::\1", text) if hides_values else text
        self._names: Final = tuple(written.positiontup or ())
        self._fixed: Final = written.params
        for column in statement.selected_columns:
            kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
            if kind.dialect_impl(_DIALECT).result_processor(_DIALECT, _NUMERIC):
                raise TypeError(f"{column} is not what the driver returns")

    async def fetch(self, tx: Tx, **values: Any) -> Sequence[asyncpg.Record]:
        """Run it with these values by name, and return its rows."""
        given = {**self._fixed, **values}
        return await tx.fetch(self._text, *map(given.__getitem__, self._names))


def selecting(table: type[SQLModel], record_type: type) -> Select[Any]:
    """Start a select of exactly the columns that a record has."""
    return select(*(getattr(table, field.name) for field in fields(record_type)))


async def fetch_record(tx: Tx, record_type: type[R], statement: str, *values: Any) -> R | None:
    """Run a statement that is written out and return its first row as a record, or None."""
    row = await tx.fetchrow(statement, *values)
    return None if row is None else to_record(record_type, row)


async def first_record(tx: Tx, record_type: type[R], statement: Select[Any]) -> R | None:
    """Run a select and return its first row as a record, or None."""
    row = (await tx.connection.execute(statement.limit(1))).mappings().first()
    return None if row is None else to_record(record_type, row)


async def all_records(tx: Tx, record_type: type[R], statement: Select[Any]) -> list[R]:
    """Run a select that has a bound and return its rows as records."""
    rows = (await tx.connection.execute(statement)).mappings().all()
    return [to_record(record_type, row) for row in rows]


def values_of(record: object) -> dict[str, Any]:
    """Return what a record holds by the names of its columns, as `add_row` stores it."""
    return {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]


async def add_row(tx: Tx, table: type[SQLModel], **values: Any) -> None:
    """Insert one row of this transaction's tenant."""
    await tx.connection.execute(insert(table).values(**values))
