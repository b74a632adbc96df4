"""Asks one place of the schema with many ids at once, and makes answers comparable."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from graphql import GraphQLSchema

from core.db import Database, Tx
from tests.graphql.api_clients import KeyClient
from tests.graphql.matrix.answers import Answer
from tests.graphql.matrix.documents import document
from tests.graphql.matrix.sellers import ABSENT
from tests.graphql.matrix.slots import Slot, filled

AT_ONCE: Final = {"Mutation": 4}
AT_MOST: Final = 5
"""How often a field is asked in one request: the guard admits four changes, and of more than
five errors the others are not told."""


class _Undone(Exception):
    """Nothing of a rehearsal stays."""


@pytest.fixture
def rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every transaction of the application run to its end and then take it back.

    So one seller's things serve for every question, whatever the answer.
    """
    original = Database.transaction

    @asynccontextmanager
    async def undone(self: Database, *args: Any, **given: Any) -> AsyncIterator[Tx]:
        try:
            async with original(self, *args, **given) as tx:
                yield tx
                await tx.execute("SET CONSTRAINTS ALL IMMEDIATE")
                raise _Undone  # noqa: TRY301 - the transaction ends by it
        except _Undone:
            pass

    monkeypatch.setattr(Database, "transaction", undone)


@dataclass
class Asker:
    """One caller's questions, by good arguments of the caller's own."""

    schema: GraphQLSchema
    client: KeyClient
    good: Mapping[str, Mapping[str, Any]]
    hints: Mapping[str, Any]
    below: Mapping[str, str]
    """Ids of objects of the caller's own, by the type that has fields with arguments."""
    count: Counter[str] = field(default_factory=Counter)

    def good_for(self, slot: Slot) -> Mapping[str, Any]:
        """Return what is given besides the place in question."""
        by_field = self.good.get(f"{slot.owner}.{slot.field}", {})
        return self.good.get(str(slot), by_field)

    def good_id(self, slot: Slot) -> list[str]:
        """Return the id that stands in the place when all is well, if one is known."""
        at: Any = self.good_for(slot)
        for step in slot.steps:
            while isinstance(at, list):
                at = at[0] if at else None
            at = (at or {}).get(step)
        while isinstance(at, list):
            at = at[0] if at else None
        return [at] if isinstance(at, str) and "_" in at else []

    async def answers(self, slot: Slot, values: Sequence[str]) -> list[str]:
        """Return the answer to each value, each as if it had been asked alone."""
        most = AT_ONCE.get(slot.owner, AT_MOST)
        found: list[str] = []
        for start in range(0, len(values), most):
            found += await self._asked(slot, values[start : start + most])
        return found

    async def _asked(self, slot: Slot, values: Sequence[str]) -> list[str]:
        answer = await self._answer(slot, values)
        if len(values) > 1 and answer.data is None:
            # One refusal took its neighbours' answers with it: one by one.
            return [(await self._asked(slot, [each]))[0] for each in values]
        below = ("node",) if slot.owner in self.below else ()
        return [
            answer.about(value, alias=f"a{place}", below=below)
            for place, value in enumerate(values)
        ]

    async def _answer(self, slot: Slot, values: Sequence[str]) -> Answer:
        good = self.good_for(slot)
        given = [filled(self.schema, slot, good, each, self._hint) for each in values]
        below = self.below.get(slot.owner, "")
        text, variables = document(self.schema, slot.owner, slot.field, given, below=below)
        response = await self.client.post(text, variables)
        self.count["requests"] += 1
        failed = "INTERNAL_SERVER_ERROR" in response.text or response.status_code >= 500
        assert not failed, (str(slot), values, response.text)
        answer = Answer.of(response)
        assert "QUERY_TOO_COMPLEX" not in answer.codes, (str(slot), response.text)
        return answer

    def _hint(self, name: str, kind: str) -> Any:
        return self.hints.get(name) if kind in {"ID", "String"} else self.hints.get(kind)


def absent_of(value: str) -> str:
    """Return an id of the same kind that nothing has."""
    return f"{value.partition('_')[0]}_{ABSENT}"


def one_of_each(ids: Sequence[str]) -> list[str]:
    """Return one id of every kind, the first of each."""
    found: dict[str, str] = {}
    for each in ids:
        found.setdefault(each.partition("_")[0], each)
    return list(found.values())
