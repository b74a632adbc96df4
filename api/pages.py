"""Relay connections over the tables: one keyset statement a page, also below many parents.

A `Listing` says which rows are shown how; row-level security is not relied upon alone,
every statement names its tenant.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    true,
)
from sqlmodel import SQLModel

from api.context import ApiContext, Info
from api.graphql.connection import (
    Connection,
    PageRequest,
    connection_of,
    row_values,
)
from api.graphql.keyset import Shape, Sort, SortKey, parameters, shape_of
from core.db import Tx
from core.rows import Written, all_records, selecting, to_record

RecordT = TypeVar("RecordT")
NodeT = TypeVar("NodeT")

Where = Sequence[ColumnElement[bool]]
NestedKey: TypeAlias = tuple[UUID, PageRequest]
NestedLoad: TypeAlias = Callable[
    [ApiContext, list[NestedKey]], Awaitable[Sequence[Connection[NodeT]]]
]

_PARENT: Final = "parent_key"
_PARENTS: Final = "parent_keys"
_TENANT: Final = "of_tenant"

_whole_lists: Final[dict[tuple[Any, ...], Written]] = {}
"""The statements of lists without conditions."""
_MOST_LISTS: Final = 500
"""Far more than there are; were one made for each request, nothing would be kept long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[RecordT, NodeT]):
    """Rows of a table, as records, as objects of the schema."""

    table: type[SQLModel]
    record: type[RecordT]
    show: Callable[[RecordT], NodeT]

    @property
    def kind(self) -> tuple[Any, ...]:
        """Return what its statement depends on: all but how a record is shown."""
        chosen = (getattr(self, one.name) for one in fields(self) if one.name != "show")
        return type(self), *chosen

    def statement(self, tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
        """Select the tenant's rows that fulfil the conditions."""
        mine = getattr(self.table, "tenant_id") == tenant_id  # noqa: B009 - by SQLModel
        return selecting(self.table, self.record).where(mine, *where)


def key(column: Any, value_type: type, *, descending: bool = False) -> SortKey:
    """Sort by a column of a SQLModel table, which type checkers see as its value."""
    return SortKey(column, value_type, descending)


async def page_of(
    info: Info,
    listing: Listing[RecordT, NodeT],
    *,
    sort: Sort,
    page: PageRequest,
    where: Where = (),
) -> Connection[NodeT]:
    """Return a page of the caller's rows: one statement, one more when they are counted."""
    tenant_id = info.context.tenant_id
    if tenant_id is None:  # the operator has no tenant, and so no rows
        return _connection([], listing=listing, sort=sort, page=page)
    context = info.context.loaders.reading()
    async with context.transaction() as tx:
        rows = await _rows(tx, listing, sort=sort, page=page, where=where)
    records = [to_record(listing.record, row) for row in rows]

    async def count_up_to(most: int) -> int:
        statement = listing.statement(tenant_id, *where)
        bounded = statement.with_only_columns(literal(1)).limit(most).subquery()
        async with context.transaction() as counting:
            return await _scalar(counting, select(func.count()).select_from(bounded))

    connection = _connection(records, listing=listing, sort=sort, page=page)
    connection.count_up_to = count_up_to
    return connection


async def _rows(
    tx: Tx, listing: Listing[Any, Any], *, sort: Sort, page: PageRequest, where: Where
) -> Sequence[Any]:
    """Read a page and one row more; a list without conditions is written once for all."""
    if where:
        statement = sort.page(listing.statement(tx.tenant_id, *where), page)
        rows: Sequence[Any] = (await tx.connection.execute(statement)).mappings().all()
        return rows
    shape = (*listing.kind, sort, shape_of(page))
    if shape not in _whole_lists:
        if len(_whole_lists) == _MOST_LISTS:
            _whole_lists.clear()
        _whole_lists[shape] = Written(sort.page(listing.statement(_any_tenant()), page))
    return await _whole_lists[shape].fetch(tx, **parameters(page), **{_TENANT: tx.tenant_id})


async def records_by_key(
    context: ApiContext,
    table: type[SQLModel],
    record: type[RecordT],
    keys: Sequence[UUID],
    *,
    name: str = "id",
) -> Sequence[RecordT | None]:
    """Return the caller's record of each key, or None; one statement, for loaders."""
    async with context.transaction() as tx:
        column = getattr(table, name)
        mine = getattr(table, "tenant_id") == tx.tenant_id  # noqa: B009 - by SQLModel
        statement = selecting(table, record).where(mine, column.in_(list(keys)))
        found = {getattr(each, name): each for each in await all_records(tx, record, statement)}
    return [found.get(key) for key in keys]


def nested_pages(
    listing: Listing[RecordT, NodeT], *, parent: Any, sort: Sort
) -> NestedLoad[NodeT]:
    """Return what loads a page below each of many parents: one LATERAL statement for all.

    Keep it in a module: it is its loader's name. `parent` is the column that refers to
    the parent. Parents with different arguments are read in a statement each.
    """
    written: dict[Shape, Written] = {}

    async def load(context: ApiContext, keys: list[NestedKey]) -> Sequence[Connection[NodeT]]:
        by_page: dict[PageRequest, list[UUID]] = {}
        for parent_key, page in keys:
            by_page.setdefault(page, []).append(parent_key)
        found: dict[NestedKey, list[RecordT]] = {each: [] for each in keys}
        async with context.transaction() as tx:
            for page, parents in by_page.items():
                shape = shape_of(page)
                if shape not in written:
                    written[shape] = _below(listing, parent=parent, sort=sort, page=page)
                values = parameters(page) | {_TENANT: tx.tenant_id, _PARENTS: parents}
                for row in await written[shape].fetch(tx, **values):
                    found[row[_PARENT], page].append(to_record(listing.record, row))
        return [
            _connection(found[each], listing=listing, sort=sort, page=each[1]) for each in keys
        ]

    return load


def _below(
    listing: Listing[Any, Any], *, parent: Any, sort: Sort, page: PageRequest
) -> Written:
    unnested = func.unnest(bindparam(_PARENTS, type_=ARRAY(Uuid())))
    wanted = unnested.table_valued(_PARENT, name="wanted").render_derived()
    of_parent = listing.statement(_any_tenant(), parent == wanted.c[_PARENT])
    child = sort.page(of_parent, page).lateral("child")
    statement = select(wanted.c[_PARENT], *child.c).select_from(wanted.join(child, true()))
    order = [
        child.c[name].desc() if key.descending is not page.backwards else child.c[name].asc()
        for name, key in zip(_names(sort), sort.keys, strict=True)
    ]
    return Written(statement.order_by(*order), hides_values=True)


def _any_tenant() -> Any:
    """Return what stands for the tenant in a statement that is written once for all."""
    return bindparam(_TENANT, type_=Uuid())


def _connection(
    records: Sequence[RecordT],
    *,
    listing: Listing[RecordT, NodeT],
    sort: Sort,
    page: PageRequest,
) -> Connection[NodeT]:
    return connection_of(
        records,
        keys=sort.cursor_keys,
        page=page,
        values_of=row_values(_names(sort)),
        node_of=listing.show,
    )


def _names(sort: Sort) -> list[str]:
    return [str(key.column.key) for key in sort.keys]


async def _scalar(tx: Tx, statement: Select[Any]) -> int:
    return int((await tx.connection.execute(statement)).scalar_one())
