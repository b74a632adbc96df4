"""Parking: what cannot be billed is left out, with a reason that a person can act on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Final, NamedTuple
from uuid import UUID

import structlog

from core.billing_cycles.due import wake
from core.billing_cycles.errors import NotParked, PluginPricingFailed
from core.db import Tx
from core.kernel.errors import Refusal

FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(days=1)
MAX_REASON: Final = 500
TRACED_FRAMES: Final = 8

_log = structlog.stdlib.get_logger(__name__)

_PARK: Final = """
INSERT INTO parked_subscription AS kept (tenant_id, subscription_id, due_at, account_id, run_id,
    code, reason, plugin, attempts, parked_at, retry_at)
SELECT $1, n.subscription_id, n.due_at, n.account_id, n.run_id, n.code, n.reason, n.plugin, 1,
    $9::timestamptz, $9::timestamptz + $10::interval
FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
    $8::text[]) AS n (subscription_id, due_at, account_id, run_id, code, reason, plugin)
ORDER BY 2, 3
ON CONFLICT (tenant_id, subscription_id, due_at) DO UPDATE SET code = excluded.code,
    reason = excluded.reason, plugin = excluded.plugin, attempts = kept.attempts + 1,
    parked_at = excluded.parked_at, healed_at = NULL,
    retry_at = excluded.parked_at
        + least($10::interval * power(2, least(kept.attempts, 20)), $11::interval)
"""
_MARK: Final = """
UPDATE billing_period SET state = 'parked'
WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND state IN ('frozen', 'parked')
"""
_HEALED: Final = """
UPDATE parked_subscription SET healed_at = $3, retry_at = NULL
WHERE tenant_id = $1 AND subscription_id = $2 AND healed_at IS NULL
"""
_RETRY_NOW: Final = """
UPDATE parked_subscription SET retry_at = $3
WHERE tenant_id = $1 AND subscription_id = $2 AND healed_at IS NULL RETURNING due_at
"""
_CLAIM: Final = """
SELECT subscription_id FROM parked_subscription
WHERE tenant_id = $1 AND healed_at IS NULL AND retry_at <= $2
ORDER BY retry_at, subscription_id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_LOCK: Final = """
SELECT subscription_id FROM parked_subscription
WHERE tenant_id = $1 AND subscription_id = $2 AND healed_at IS NULL FOR UPDATE
"""


class Parked(NamedTuple):
    """A subscription that was left out of a closing, and why.

    `plugin` is the name and version of the third-party plugin that failed, if one did.
    """

    subscription_id: UUID
    account_id: UUID
    due_at: datetime
    run_id: UUID | None
    code: str
    reason: str
    plugin: str | None


def parked_for(
    error: Exception,
    *,
    subscription_id: UUID,
    account_id: UUID,
    due_at: datetime,
    run_id: UUID | None,
) -> Parked:
    """Say in a person's words why a subscription could not be billed."""
    plugin = error.plugin or None if isinstance(error, PluginPricingFailed) else None
    if not isinstance(error, Refusal):
        _log.error("pricing_failed", subscription_id=str(subscription_id), trace=traced(error))
    code, reason = code_and_reason(error)
    return Parked(subscription_id, account_id, due_at, run_id, code, reason, plugin)


def code_and_reason(error: Exception) -> tuple[str, str]:
    """Return why something could not be priced, for programs and for people.

    What is no refusal is a bug or a plugin's failure: PRICING_FAILED.
    """
    if isinstance(error, Refusal):
        return error.code, error.message[:MAX_REASON]
    return "PRICING_FAILED", f"{type(error).__name__}: {error}"[:MAX_REASON]


def traced(error: Exception) -> str:
    """Return where an error came from, without the values at hand: a chunk's are huge."""
    return "".join(format_exception(error, limit=-TRACED_FRAMES))


async def park(tx: Tx, parked: Sequence[Parked], *, period_ids: Sequence[UUID]) -> None:
    """Store the reasons, mark the periods, and plan the next try: 5, 10, 20 … minutes."""
    if not parked:
        return
    columns = [list(column) for column in zip(*parked, strict=True)]
    subscription_ids, account_ids, due_ats, run_ids, codes, reasons, plugins = columns
    await tx.execute(
        _PARK, tx.tenant_id, subscription_ids, due_ats, account_ids, run_ids, codes, reasons,
        plugins, tx.now, FIRST_PAUSE, LONGEST_PAUSE,
    )  # fmt: skip
    await tx.execute(_MARK, tx.tenant_id, list(period_ids))


async def healed(tx: Tx, subscription_id: UUID) -> None:
    """Note that a parked subscription is billed; parking it again undoes that."""
    await tx.execute(_HEALED, tx.tenant_id, subscription_id, tx.now)


async def unpark(tx: Tx, subscription_id: UUID) -> None:
    """Let the next sweep try a parked subscription again.

    Raises:
        NotParked: it is not parked.
    """
    found = await tx.fetch(_RETRY_NOW, tx.tenant_id, subscription_id, tx.now)
    if not found:
        raise NotParked("the subscription is not parked", path=("subscription",))
    await wake(tx)


async def claim_parked(tx: Tx) -> UUID | None:
    """Lock a parked subscription whose time to be tried has come, or return None."""
    found: UUID | None = await tx.fetchval(_CLAIM, tx.tenant_id, tx.now)
    return found


async def lock_parked(tx: Tx, subscription_id: UUID) -> bool:
    """Lock what is parked of a subscription; False when nothing is."""
    return bool(await tx.fetch(_LOCK, tx.tenant_id, subscription_id))
