"""Contacts held against what is bought: recording, a complete list, and letting in.

The limit is what the account has bought, also while it may not be used (an unpaid invoice, a
rest, a trial that is over): then everything is kept, and nothing is sent. An account whose
catalogue grants no contacts has any number of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from core import outbox
from core.accounts.update_account import AccountNotFound
from core.contacts import repository as contacts
from core.contacts.receive import Received, Snapshot, check_number, receive
from core.contacts.records import ContactEvent
from core.db import Tx
from core.entitlements.engine import Standing
from core.entitlements.reading import load_standings
from core.entitlements.repository import times

COUNTED: Final = "contacts"
"""What a feature counts that limits contacts."""


async def record_contacts(tx: Tx, account_id: UUID, events: Sequence[ContactEvent]) -> Received:
    """Take reports about contacts; each has a verdict, and what is beyond is held.

    Raises:
        AccountNotFound, TooManyContacts
    """
    return await _received(tx, account_id, events)


async def contacts_snapshot(
    tx: Tx, account_id: UUID, events: Sequence[ContactEvent], *, snapshot: Snapshot
) -> Received:
    """Take a complete list, in one batch or several: what it leaves out is deleted.

    Raises:
        AccountNotFound, TooManyContacts, SnapshotRefused
    """
    return await _received(tx, account_id, events, snapshot=snapshot)


async def release_held(tx: Tx, account_id: UUID) -> int:
    """Let in who waits, as far as there is room now; return how many.

    Call it when what an account has bought has changed.
    """
    count = (await contacts.counts_of(tx, [account_id])).get(account_id)
    if count is None or not count.held:
        return 0
    return (await _received(tx, account_id, ())).released


async def _received(
    tx: Tx,
    account_id: UUID,
    events: Sequence[ContactEvent],
    *,
    snapshot: Snapshot | None = None,
) -> Received:
    check_number(events, path=("events" if snapshot is None else "contacts",))
    if account_id not in await times(tx, [account_id]):
        raise AccountNotFound("there is no such account; check its id", path=("account",))
    await contacts.lock_count(tx, account_id)
    standing = (await load_standings(tx, [account_id]))[account_id]
    received = await receive(
        tx, account_id, events, limit=limit_of(standing), now=standing.at,
        snapshot=snapshot,
    )  # fmt: skip
    if received.released:
        await outbox.append(
            tx,
            topic="contacts.released",
            subject_id=account_id,
            payload={"account": account_id, "released": received.released},
        )
    return received


def limit_of(standing: Standing) -> int | None:
    """Return how many contacts may be active; None: any number."""
    features = {
        code for code, each in standing.features.items()
        if each.counts == COUNTED and each.state == "active"
    }  # fmt: skip
    if not features:
        return None
    granting = [each for each in standing.sources if each.feature in features]
    if any(each.granted is None for each in granting):
        return None
    return int(sum((each.granted or 0) for each in granting))
