"""Making an unbilled fees period longer than the terms' frequency.

The caller holds the tenant's freeze lock, shared, and the subscription's row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.db import Tx
from core.kernel.periods import Period
from core.periods.rows import PeriodRow, StoredPeriod

_SELECTED: Final = ", ".join(PeriodRow._fields[1:])
_UNBILLED: Final = f"""
SELECT {_SELECTED} FROM billing_period
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[]) AND stream = 'fees'
  AND state <> 'billed'
ORDER BY subscription_id, starts_at
"""  # noqa: S608 - our own columns
_REMOVE_BEHIND: Final = """
DELETE FROM billing_period
WHERE tenant_id = $1 AND subscription_id = $2 AND stream = 'fees' AND state <> 'billed'
  AND starts_at > $3
"""
_LENGTHEN: Final = """
UPDATE billing_period SET ends_at = $3, whole_starts_at = starts_at, whole_ends_at = $3,
    due_at = $4, is_advance = true,
    run_id = CASE WHEN state = 'open' THEN $5 ELSE run_id END,
    state = CASE WHEN state = 'open' THEN 'frozen' ELSE state END
WHERE tenant_id = $1 AND id = $2
"""


async def unbilled_fees(
    tx: Tx, subscription_ids: Sequence[UUID]
) -> Mapping[UUID, list[StoredPeriod]]:
    """Return the fees periods of each subscription that are not billed, in their order."""
    found: dict[UUID, list[StoredPeriod]] = defaultdict(list)
    for row in await tx.fetch(_UNBILLED, tx.tenant_id, list(subscription_ids)):
        found[row["subscription_id"]].append(StoredPeriod._make(row))
    return found


def lengthened(period: StoredPeriod, part: Period, *, due_at: datetime) -> StoredPeriod:
    """Return the period as it is when it is longer: a whole of its own, owed when billed."""
    return period._replace(
        ends_at=part.end,
        whole_starts_at=part.start,
        whole_ends_at=part.end,
        due_at=due_at,
        state="frozen" if period.state == "open" else period.state,
        is_advance=True,
    )


async def lengthen(
    tx: Tx, period: StoredPeriod, part: Period, *, due_at: datetime, run_id: UUID | None
) -> StoredPeriod:
    """Store a period as longer, frozen for the billing at hand.

    The unbilled periods behind it go; the closing that bills it makes those that follow.
    """
    await tx.execute(_REMOVE_BEHIND, tx.tenant_id, period.subscription_id, period.starts_at)
    await tx.execute(_LENGTHEN, tx.tenant_id, period.id, part.end, due_at, run_id)
    return lengthened(period, part, due_at=due_at)._replace(
        run_id=run_id if period.state == "open" else period.run_id
    )
