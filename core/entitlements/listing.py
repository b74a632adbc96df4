"""Everything that an account may use: by what, how much of it is left, and until when."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core.db import Tx
from core.entitlements.reading import load_standings
from core.entitlements.records import Source


class Listed(NamedTuple):
    """A source, and what there is of what its feature counts (None: consumption)."""

    source: Source
    counted: Decimal | None


async def entitlements(tx: Tx, account_ids: Collection[UUID]) -> dict[UUID, list[Listed]]:
    """Return what accounts have, by feature; open and closed alike, the closed with reason."""
    standings = await load_standings(tx, account_ids)
    return {
        key: [
            Listed(source, standing.counted.get(source.feature))
            for source in sorted(standing.sources, key=_place)
        ]
        for key, standing in standings.items()
    }


def _place(source: Source) -> tuple[str, str, str]:
    return source.feature, str(source.item_id), source.from_at.isoformat()
