"""Shortening fees periods that are billed: the time behind a reset belongs to a new one.

What was charged stays charged, slice by slice; giving back what of it is not used is the
caller's. The caller holds the freeze lock alone and the subscription's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from core.db import Tx
from core.periods.cuts import StreamCut
from core.periods.rows import StoredPeriod

_SHORTEN: Final = """
UPDATE billing_period SET ends_at = $3
WHERE tenant_id = $1 AND id = $2 AND state = 'billed' AND starts_at < $3
"""
_REMOVE: Final = """
DELETE FROM billing_period WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND state = 'open'
"""
_RESHAPE: Final = """
UPDATE billing_period SET ends_at = $3, whole_starts_at = $4, whole_ends_at = $5, ordinal = $6
WHERE tenant_id = $1 AND id = $2 AND state = 'billed'
"""


async def shorten_billed(
    tx: Tx, periods: Sequence[StoredPeriod], cut: StreamCut, *, at: datetime
) -> StreamCut:
    """Let billed fees periods end at an instant, and return the cut that is left to store.

    One that begins at that very instant becomes the first of the new periods: a period has
    some length.
    """
    added = cut.added
    for period in (one for one in periods if one.state == "billed" and one.ends_at > at):
        if period.starts_at < at:
            await tx.execute(_SHORTEN, tx.tenant_id, period.id, at)
            continue
        await tx.execute(_REMOVE, tx.tenant_id, [one.id for one in cut.removed])
        first, *rest = added
        await tx.execute(
            _RESHAPE, tx.tenant_id, period.id, first.part.end, first.whole.start,
            first.whole.end, first.ordinal,
        )  # fmt: skip
        added = tuple(rest)
    return replace(cut, added=added)
