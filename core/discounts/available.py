"""The discounts that a caller may give to a target now, and what each needs filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.catalogue.entries import Entry, entries
from core.db import Tx
from core.discounts import repository
from core.discounts.offering import ground_of, objection
from core.discounts.records import Target, TargetKind
from core.discounts.refusals import DiscountDatesRefused, DiscountNotOffered
from core.discounts.rules import chosen_duration, counts_on_target, definition_of
from core.tenancy.visibility import hidden

_WINDOWS: Final = """
SELECT definition_id, uses FROM discount_window
WHERE tenant_id = $1 AND account_id = $2 AND starts_at <= $3 AND ends_at > $3
"""
_ON_TARGET: Final = """
SELECT definition_id, sum(CASE WHEN state = 'cancelled' THEN uses
    ELSE coalesce(uses_allowed, uses) END)::int AS uses
FROM discount_grant
WHERE tenant_id = $1 AND (subscription_id = $2 OR job_id = $2) GROUP BY definition_id
"""


@dataclass(frozen=True, slots=True)
class AvailableDiscount:
    """A discount that may be given; its definition says range, currency, unit of time.

    `times_left` is how often more, None without a limit.
    """

    entry: Entry
    effective_from: datetime
    expires_at: datetime | None
    times_left: int | None


async def available_discounts(
    tx: Tx, kind: TargetKind, target_id: UUID, *, unit_id: UUID | None
) -> list[AvailableDiscount]:
    """Return what staff of a unit may give to a subscription or a job now, by code.

    Raises:
        DiscountTargetNotFound
    """
    target = await repository.target(tx, kind, target_id)
    if not target.is_open:
        return []
    effective = await entries(tx, "discounts", states=("effective",))
    kept = [entry for entry in effective if _fits(entry, target)]
    secret = await hidden(tx, [entry.id for entry in kept], unit_id=unit_id)
    seen = [entry for entry in kept if entry.id not in secret]
    return await _offered(tx, seen, target) if seen else []


def _fits(entry: Entry, target: Target) -> bool:
    definition = definition_of(entry)
    return (
        definition.method == "ad_hoc"
        and definition.of == target.kind
        and definition.currency in ("", target.currency)
    )


async def _offered(tx: Tx, seen: Sequence[Entry], target: Target) -> list[AvailableDiscount]:
    ground = await ground_of(tx, target, map(definition_of, seen))
    windows = await tx.fetch(_WINDOWS, tx.tenant_id, target.account_id, target.now)
    here = await tx.fetch(_ON_TARGET, tx.tenant_id, target.id)
    used = {row["definition_id"]: row["uses"] for row in windows}
    used_here = {row["definition_id"]: row["uses"] for row in here}
    found: list[AvailableDiscount] = []
    for entry in seen:
        definition = definition_of(entry)
        if objection(definition, ground) is not None:
            continue
        count = used_here if counts_on_target(definition) else used
        left = None
        if definition.times is not None:
            left = definition.times - count.get(entry.id, 0)
            if left <= 0:
                continue
        try:
            start, end = chosen_duration(
                definition, target, effective_from=None, expires_at=None
            )
        except (DiscountNotOffered, DiscountDatesRefused):
            continue
        found.append(AvailableDiscount(entry, start, end, left))
    return found
