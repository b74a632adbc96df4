"""Arguments that name an object by its id or by the seller's own code.

A text in the form of an id is one; anything else is a code (a ref, of accounts and
subscriptions). So a code cannot look like an id of ours, which has 26 characters after
its prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, select

from api.graphql.ids import IdKind, IdMalformed, split_id
from api.refusals import NotFound
from core.db import Tx
from core.kernel.errors import Refusal

ValueT = TypeVar("ValueT")


class OneNameOnly(Refusal):
    """An object was asked for by none, or several, of its names."""

    code: ClassVar[str] = "ONE_NAME_ONLY"


def reference(kind: IdKind, text: str, *, path: tuple[str, ...]) -> UUID | str:
    """Return the key behind an id, or the code that the text is.

    Raises:
        IdOfOtherType: it is the id of something else.
    """
    try:
        split_id(text)
    except IdMalformed:
        return text
    return kind.parse(text, path=path)


def reference_if_given(
    kind: IdKind, text: str | None, *, path: tuple[str, ...]
) -> UUID | str | None:
    """Return `reference` of an optional argument; None where it was left out, or is null.

    Raises:
        IdOfOtherType: it is the id of something else.
    """
    wanted = given(text)
    return None if wanted is None else reference(kind, wanted, path=path)


async def key_of(
    tx: Tx, kind: IdKind, text: str, *, table: str, code: str = "code", path: tuple[str, ...]
) -> UUID | None:
    """Return the key that an id or a code leads to; None where a code leads nowhere.

    The key behind an id may not exist; the verb that uses it says so. `table` and `code`
    are the names of a table and of its unique column, from our own code.
    """
    named = reference(kind, text, path=path)
    if isinstance(named, UUID):
        return named
    found: UUID | None = await tx.fetchval(
        f"SELECT id FROM {table} WHERE tenant_id = $1 AND {code} = $2",  # noqa: S608 - ours
        tx.tenant_id,
        named,
    )
    return found


async def code_of(tx: Tx, kind: IdKind, text: str, *, table: str, path: tuple[str, ...]) -> str:
    """Return the code that a text is, or that of the row behind an id.

    Raises:
        IdOfOtherType: it is the id of something else.
        NotFound: the id leads nowhere.
    """
    named = reference(kind, text, path=path)
    if isinstance(named, str):
        return named
    found: str | None = await tx.fetchval(
        f"SELECT code FROM {table} WHERE tenant_id = $1 AND id = $2",  # noqa: S608 - ours
        tx.tenant_id,
        named,
    )
    if found is None:
        raise NotFound(f"there is nothing with the id {text!r}; look at the list", path=path)
    return found


def key_expression(
    kind: IdKind, text: str, *, table: Any, tenant_id: UUID | None, path: tuple[str, ...]
) -> Any:
    """Return the key behind an id, or the sub-select that finds it by the row's `ref`.

    For filters: what a ref does not lead to is equal to nothing, and the list is empty.
    """
    named = reference(kind, text, path=path)
    if isinstance(named, UUID):
        return named
    found = select(table.id).where(table.tenant_id == tenant_id, table.ref == named)
    return found.scalar_subquery()


Named: TypeAlias = tuple[IdKind, Any, Any]
"""What a field of a filter names: the kind of id, the table, the column that refers to it."""


def named_in(
    where: object, named: Mapping[str, Named], *, tenant_id: UUID | None
) -> list[ColumnElement[bool]]:
    """Return the conditions of those fields of a filter that name an object, by id or ref.

    Each is a `Maybe`, and its name a single word; one that is left out sets no condition.

    Raises:
        IdOfOtherType: one has the id of something else.
    """
    found: list[ColumnElement[bool]] = []
    for name, (kind, table, column) in named.items():
        wanted = getattr(where, name)
        if wanted is not None:
            path = ("where", name)
            key = key_expression(
                kind, wanted.value, table=table, tenant_id=tenant_id, path=path
            )
            found.append(column == key)
    return found


def given(value: ValueT | None) -> ValueT | None:
    """Return an optional argument's value; left out is None."""
    return None if value is strawberry.UNSET else value


def one_name(by_id: str | None, by_ref: str | None) -> tuple[str | None, str | None]:
    """Return the one argument of two by which an object is asked for.

    Raises:
        OneNameOnly: none of them is given, or both are.
    """
    found = (given(by_id), given(by_ref))
    if (found[0] is None) == (found[1] is None):
        raise OneNameOnly("Give either `id` or `ref`.", path=("id",))
    return found


def choice(member: Enum) -> Any:
    """Return the value behind a member of one of the schema's enums.

    Members are declared with descriptions, which is what type checkers see.
    """
    return member.value
