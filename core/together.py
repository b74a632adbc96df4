"""Several selects in one message to the database, each with rows of its own.

A round trip costs both sides as much as a small select does: who needs a dozen of them for a
few rows asks once. Rows come back as tuples, in the order of their columns, because rows
within rows have no names, and columns of a domain are cast to what it is made of: PostgreSQL's
driver knows the types of nothing else in them.

Planning a dozen selects takes longer than running them, and PostgreSQL keeps a plan only where
knowing the values would not make it seem cheaper: so they are hidden from the planner, in
selects of their own.

Rows of arrays take half as long again to be read as rows by themselves, and statements about
thousands of rows are planned better alone: who has many fetches them `apart`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from core.db import Tx

_PLACE: Final = re.compile(r"\$(\d+)")


def hidden(place: int, type_name: str) -> str:
    """Return a parameter that the planner does not look at.

    A plan that PostgreSQL keeps is then as good as one that is made anew for the values, and
    it stops planning after five executions: for statements about a few rows by their keys.
    """
    return f"(SELECT ${place}::{type_name})::{type_name}"


_TENANT: Final = hidden(1, "uuid")


class Asked(NamedTuple):
    """A select of a tenant, which is `$1`, and the names of its parameters from `$2` on."""

    sql: str
    names: tuple[str, ...] = ()


class Together:
    """Selects that are sent together; parameters of one name have one value."""

    def __init__(self, selects: Mapping[str, Asked], *, types: Mapping[str, str]) -> None:
        """Write the statement; `types` are those of the parameters."""
        self._selects: Final = dict(selects)
        names = (name for one in selects.values() for name in one.names)
        self._names: Final = tuple(dict.fromkeys(names))
        unseen = {
            name: hidden(place, types[name]) for place, name in enumerate(self._names, start=2)
        }
        self.statement: Final = "SELECT " + ", ".join(
            _as_array(_placed(one, unseen)) for one in selects.values()
        )

    async def fetch(self, tx: Tx, **values: Any) -> dict[str, Sequence[Any]]:
        """Return the rows of each select as tuples, all in one round trip."""
        row = await tx.fetchrow(
            self.statement, tx.tenant_id, *map(values.__getitem__, self._names)
        )
        assert row is not None  # a select without FROM has a row
        return {name: rows or () for name, rows in zip(self._selects, row, strict=True)}

    async def apart(self, tx: Tx, **values: Any) -> dict[str, Sequence[Any]]:
        """Return the rows of each select, fetched one after the other."""
        return {
            name: await tx.fetch(one.sql, tx.tenant_id, *map(values.__getitem__, one.names))
            for name, one in self._selects.items()
        }


def _placed(one: Asked, unseen: Mapping[str, str]) -> str:
    """Let a select take its parameters from where all of them have theirs."""

    def place(found: re.Match[str]) -> str:
        number = int(found[1])
        return _TENANT if number == 1 else unseen[one.names[number - 2]]

    return _PLACE.sub(place, one.sql)


def _as_array(sql: str) -> str:
    return f"(SELECT array_agg(q) FROM ({sql}) AS q)"  # noqa: S608 - our own words
