"""Who may choose a plan or an entry of the catalogue: the units that it lists.

What lists no unit is for everyone. A listed unit's staff may choose it, and so may the
staff of units that collaborate with one of those listed. A caller without a unit is the
tenant itself and sees all. The query that offers and the verb that takes ask here alike.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from core.db import Tx

_HIDDEN: Final = """
SELECT DISTINCT v.subject_id FROM visible_to v
WHERE v.tenant_id = $1 AND v.subject_id = ANY ($2::uuid[])
  AND NOT EXISTS (
    SELECT FROM visible_to mine
    WHERE mine.tenant_id = $1 AND mine.subject_id = v.subject_id
      AND (mine.org_unit_id = $3 OR EXISTS (
        SELECT FROM org_unit_collaboration c
        WHERE c.tenant_id = $1 AND c.unit_id = mine.org_unit_id AND c.collaborator_id = $3)))
"""


class NotVisible(Exception):
    """The caller's unit may not choose this: answer exactly as if there were none."""


async def hidden(
    tx: Tx, subject_ids: Collection[UUID], *, unit_id: UUID | None
) -> frozenset[UUID]:
    """Return those of the subjects that staff of a unit may not choose; one statement.

    `unit_id` is None for the tenant itself, which nothing is hidden from.
    """
    if unit_id is None or not subject_ids:
        return frozenset()
    rows = await tx.fetch(_HIDDEN, tx.tenant_id, list(subject_ids), unit_id)
    return frozenset(row["subject_id"] for row in rows)


async def require_visible(tx: Tx, subject_id: UUID, *, unit_id: UUID | None) -> None:
    """Raise unless staff of the unit may choose the subject.

    Raises:
        NotVisible: turn it into the refusal that an unknown entry gets, word for word.
    """
    if await hidden(tx, [subject_id], unit_id=unit_id):
        raise NotVisible
