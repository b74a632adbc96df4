"""The usage that the criteria of discounts count, in the windows of their definitions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from core.catalogue.schema.discounts import DiscountDefinition
from core.db import Tx
from core.discounts.records import Target
from core.discounts.rules import counts_usage
from core.facts import Usage, UsageAsked, read_usage_windows

Pair = tuple[Target, DiscountDefinition]


async def counted_usage(
    tx: Tx, pairs: Sequence[Pair], *, at_hand: Collection[UUID] | None
) -> Iterator[Usage | None]:
    """Return for each target and definition, in order, what its criteria read as `usage`.

    None where they count none. `at_hand` are the periods that the bills at hand bill, None
    where there is no bill. One statement at most.
    """
    asked = [
        UsageAsked(
            target.account_id, target.id, target.zone, target.now, definition.usage_windows
        )
        for target, definition in pairs
        if counts_usage(definition)
    ]
    found = iter(await read_usage_windows(tx, asked, at_hand=at_hand))
    return (next(found) if counts_usage(definition) else None for _, definition in pairs)
