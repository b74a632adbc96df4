"""Grace: a wallet that falls short may do so for a while; then its subscription rests.

The rest has no end: the top-up that covers what is owed ends it. Its days are not owed,
whatever limits the terms set for rests that a subscriber asks for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.billing_cycles.due_work import WorkDone
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.kernel.ids import new_id
from core.subscriptions.repository import lock_subscription, phases_of
from core.subscriptions.rests import Rest, add_rest, rests_of
from core.subscriptions.trace import leave_trace
from core.tenant_due import LONGEST_REST, hold_due, move_due, note_due

WALLET_DUE: Final = "wallet"
"""The kind of due work that suspending for an empty wallet is."""
NOTE: Final = "the wallet is short"
PAGE: Final = 500
MOST_PAGES: Final = 200

# Wallets that are short of subscriptions that run, and of none that rests already.
_SHORT: Final = """
SELECT w.id, w.subscription_id, w.account_id, w.short_since, a.test_clock
FROM wallet w
JOIN account a ON a.tenant_id = w.tenant_id AND a.id = w.account_id
JOIN subscription s ON s.tenant_id = w.tenant_id AND s.id = w.subscription_id
WHERE w.tenant_id = $1 AND w.short_since IS NOT NULL AND {whose}
    AND s.state <> 'ended' AND (s.ends_at IS NULL OR s.ends_at > coalesce(a.test_clock, $2))
    AND NOT EXISTS (SELECT FROM subscription_rest r WHERE r.tenant_id = $1
        AND r.subscription_id = w.subscription_id
        AND (r.until_at IS NULL OR r.until_at > coalesce(a.test_clock, $2)))
ORDER BY w.id LIMIT $4
"""
_SHORT_LIVE: Final = _SHORT.format(whose="a.test_clock IS NULL AND w.id > $3")
_SHORT_OF_ACCOUNT: Final = _SHORT.format(whose="w.account_id = $3")
_FIRST: Final = UUID(int=0)


async def note_grace(tx: Tx, *, at: datetime) -> None:
    """Let the workers look when the grace of a wallet that falls short now has passed."""
    await note_due(tx, WALLET_DUE, at=at)


async def suspensions(tx: Tx, subscription_ids: Collection[UUID]) -> dict[UUID, Rest]:
    """Return the rests without an end that began because a wallet was short."""
    found = await rests_of(tx, list(subscription_ids))
    return {
        key: rest
        for key, rests in found.items()
        for rest in rests
        if rest.until_at is None and rest.note == NOTE
    }


async def suspend_short(tx: Tx) -> int:
    """Suspend every subscription of this tenant whose wallet was short for too long.

    Sets when to look again: when the next grace ends. Accounts on test clocks are left to
    their clocks. Returns how many were suspended.
    """
    await hold_due(tx, WALLET_DUE)
    suspended, after, wake_at = 0, _FIRST, tx.now + LONGEST_REST
    for _page in range(MOST_PAGES):
        rows = await tx.fetch(_SHORT_LIVE, tx.tenant_id, tx.now, after, PAGE)
        for row, ends_at in await _with_graces(tx, rows):
            if ends_at > tx.now:
                wake_at = min(wake_at, ends_at)
            elif await _suspend(tx, row, now=tx.now):
                suspended += 1
        if len(rows) < PAGE:
            break
        after = rows[-1]["id"]
    await move_due(tx, WALLET_DUE, to=wake_at)
    return suspended


class WalletWork:
    """The wallets of an account on a test clock: suspending when a grace has passed."""

    async def next_due(self, tx: Tx, account_id: UUID) -> datetime | None:
        """Return when the first grace of the account ends."""
        graces = await self._graces(tx, account_id)
        return min((ends_at for _row, ends_at in graces), default=None)

    async def run(self, tx: Tx, account_id: UUID, *, at: datetime) -> WorkDone:
        """Suspend what was short for too long."""
        for row, ends_at in await self._graces(tx, account_id):
            if ends_at <= at:
                await _suspend(tx, row, now=at)
        return WorkDone()

    async def _graces(self, tx: Tx, account_id: UUID) -> list[tuple[Any, datetime]]:
        rows = await tx.fetch(_SHORT_OF_ACCOUNT, tx.tenant_id, tx.now, account_id, PAGE)
        return await _with_graces(tx, [row for row in rows if row["test_clock"] is not None])


async def _with_graces(tx: Tx, rows: list[Any]) -> list[tuple[Any, datetime]]:
    """Return each row with the instant at which its grace ends, under its present terms."""
    if not rows:
        return []
    phases = await phases_of(tx, [row["subscription_id"] for row in rows])
    last = {key: of_one[-1].billing_terms_version_id for key, of_one in phases.items()}
    terms = await load_terms_versions(tx, set(last.values()))
    return [
        (row, row["short_since"] + terms[last[row["subscription_id"]]].grace)
        for row in rows
        if row["subscription_id"] in last
    ]


async def _suspend(tx: Tx, row: Any, *, now: datetime) -> bool:
    """Let a subscription rest from now on; False when it does, or will, for another reason."""
    subscription_id: UUID = row["subscription_id"]
    if await lock_subscription(tx, subscription_id) is None:
        return False
    rests = (await rests_of(tx, [subscription_id])).get(subscription_id, [])
    if any(rest.until_at is None or rest.until_at > now for rest in rests):
        return False
    await add_rest(
        tx,
        Rest(
            id=new_id(),
            subscription_id=subscription_id,
            from_at=now,
            until_at=None,
            is_billed=False,
            note=NOTE,
            created_at=tx.now,
        ),
    )
    await leave_trace(
        tx,
        action="subscription.suspended",
        subscription_id=subscription_id,
        account_id=row["account_id"],
        details={"from": now, "note": NOTE, "shortSince": row["short_since"]},
    )
    return True
