"""What members may open, read for others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from core.access import repository
from core.access.records import Access, Profile, Team
from core.db import Tx
from core.rows import column_list, to_record

_NOW: Final = f"""
SELECT {column_list(Access, alias="x")} FROM member_access x
JOIN account a ON a.tenant_id = x.tenant_id AND a.id = x.account_id
WHERE x.tenant_id = $1 AND x.member_id = ANY ($2::uuid[])
  AND x.from_at <= coalesce(a.test_clock, $3)
  AND (x.until_at IS NULL OR x.until_at > coalesce(a.test_clock, $3))
ORDER BY x.member_id, x.from_at, x.product_id, x.company_id NULLS FIRST, x.profile_id
"""  # noqa: S608 - our own words


async def access_now(tx: Tx, member_ids: Sequence[UUID]) -> dict[UUID, list[Access]]:
    """Return what members may open in their accounts' present; one statement."""
    found: dict[UUID, list[Access]] = defaultdict(list)
    for row in await tx.fetch(_NOW, tx.tenant_id, list(member_ids), tx.now):
        found[row["member_id"]].append(to_record(Access, row))
    return found


async def team_of(tx: Tx, team_id: UUID) -> Team | None:
    """Return a team, removed ones too."""
    return (await repository.teams_by_ids(tx, [team_id])).get(team_id)


async def profile_of(tx: Tx, profile_id: UUID) -> Profile | None:
    """Return a profile, removed ones too."""
    return (await repository.profiles_by_ids(tx, [profile_id])).get(profile_id)
