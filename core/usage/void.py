"""Take an event back: a row with the sign -1, billed with the period that is open now."""

from __future__ import annotations

from core import audit
from core.db import Tx
from core.usage import repository
from core.usage.corrections import already_void, present_revision, voiding_row
from core.usage.gate import Gate
from core.usage.records import Named


async def usage_void(tx: Tx, *, account: Named, source: str, event_id: str, gate: Gate) -> None:
    """Void an event; what was billed of it comes back with the period that is open now.

    Its id stays taken. Of two that void it at the same time one wins.

    Raises:
        EventNotFound: the account has no such event.
        AlreadyVoid: it is void already, or was corrected at this moment.
    """
    event = await present_revision(tx, account=account, source=source, event_id=event_id)
    row = await voiding_row(tx, event)
    admitted = await gate.admit(tx, [row])
    new = await repository.insert_events(tx, [row])
    if not new:
        raise already_void(event)
    await admitted.stored(tx, new)
    await audit.record(
        tx,
        action="usage.voided",
        subject_type="usage_event",
        subject_id=event.identity,
        details={"account": event.account_id, "source": source, "id": event_id},
    )
