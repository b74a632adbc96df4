"""What the database holds that is none of a customer's, and whether it was told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

import orjson

from api.graphql.ids import split_id
from core.db import Tx
from tests.graphql.api_clients import Api
from tests.graphql.refusals.world import TENANT_TABLES

_ID: Final = re.compile(r"[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD: Final = re.compile(r"[a-z_.]*|[\d.:+TZ-]*")
"""A state, the name of a right, a number or a day: nobody's secret."""

AT_WORK: Final = frozenset({
    "alert_look", "close_chunk", "close_run", "outbox", "simulation", "usage_batch",
})  # fmt: skip
"""Tables of the whole seller's work, which name accounts and are not shown to customers."""
Row = tuple[str, str]
"""A table's name, and one of its rows as JSON."""


@dataclass(frozen=True)
class Secrets:
    """Keys of rows, and texts in them, that stand in no row that the customer may see."""

    keys: frozenset[UUID]
    texts: frozenset[str]

    @classmethod
    async def from_account(cls, api: Api, account_id: UUID) -> Self:
        """Return what an account of the first seller may not know, of both sellers."""
        everything: set[Row] = set()
        for client in (api.one, api.other):
            async with api.transaction(client) as tx:
                everything |= await _rows(tx)
        async with api.application.transaction(
            api.one.tenant_id, actor="test", account_id=account_id
        ) as tx:
            seen = {each for each in await _rows(tx) if each[0] not in AT_WORK}
        strangers = [each for each in seen if _account_of(each) not in {None, account_id}]
        assert strangers == [], "the database shows rows of other accounts"
        secret = _texts(everything - seen) - _texts(seen)
        about_it = {each for each in everything if _account_of(each) == account_id}
        keys = {UUID(each) for each in secret - _texts(about_it) if _UUID.fullmatch(each)}
        return cls(frozenset(keys), frozenset(each for each in secret if _is_said(each)))

    def told_in(self, texts: Iterable[str]) -> set[str]:
        """Return what of it stands in some texts."""
        told = "\n".join(texts)
        ids = {each: split_id(each)[1] for each in _ID.findall(told)}
        found = {each for each, key in ids.items() if key in self.keys}
        found |= {each for each in _UUID.findall(told) if UUID(each) in self.keys}
        return found | {each for each in self.texts if each in told}


async def _rows(tx: Tx) -> set[Row]:
    found: set[Row] = set()
    for (table,) in await tx.fetch(TENANT_TABLES):
        rows = await tx.fetch(f"SELECT to_jsonb(t)::text FROM {table} t")
        found |= {(table, row[0]) for row in rows}
    return found


def _account_of(row: Row) -> UUID | None:
    found = orjson.loads(row[1]).get("account_id")
    return UUID(found) if found else None


def _texts(rows: Iterable[Row]) -> set[str]:
    return {text for _table, row in rows for text in _leaves(orjson.loads(row))}


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)


def _is_said(text: str) -> bool:
    return len(text) > 3 and not _WORD.fullmatch(text) and not _UUID.fullmatch(text)
