"""Loaders of entitlements: so many statements, for however many accounts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from core.entitlements.can import Answer, Asked, can_many
from core.entitlements.listing import Listed, entitlements

CheckKey = tuple[UUID, tuple[Asked, ...]]
"""An account, and what is asked about it."""


async def load_answers(
    context: ApiContext, keys: list[CheckKey]
) -> Sequence[list[Answer] | None]:
    """Answer questions about accounts; None for one that is not there."""
    asked: dict[UUID, list[Asked]] = {}
    for account, questions in keys:
        asked.setdefault(account, []).extend(questions)
    wanted = {key: tuple(dict.fromkeys(found)) for key, found in asked.items()}
    async with context.transaction() as tx:
        answers = await can_many(tx, wanted, host=context.application.host)
    found: list[list[Answer] | None] = []
    for account, questions in keys:
        told = answers[account]
        by_question = None if told is None else dict(zip(wanted[account], told, strict=True))
        found.append(None if by_question is None else [by_question[each] for each in questions])
    return found


async def load_entitlements(context: ApiContext, keys: list[UUID]) -> Sequence[list[Listed]]:
    """Load what accounts have."""
    async with context.transaction() as tx:
        found = await entitlements(tx, keys)
    return [found.get(key, []) for key in keys]
